import type { DrillCheckReport } from '../core/drill-report.ts';
import { messageOf } from '../core/error.ts';
import type { PrivateSession } from '../postgres/private-server.ts';
import { secondsSince } from './checks.ts';
import { type AskContext, withSession } from './sessions.ts';

const MAX_NAMED = 5;
const SKIPPED: DrillCheckReport = {
  name: 'amcheck',
  kind: 'amcheck',
  result: 'skipped',
  message: 'no database has the extension amcheck',
  seconds: 0,
};

/** B-tree indexes and, from PostgreSQL 14 on, tables of what is kept over a crash. */
const RELATIONS = `
  SELECT c.oid, c.oid::regclass::text, c.relkind FROM pg_class c
    LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_am a ON a.oid = c.relam
  WHERE c.relpersistence = 'p' AND
    ((c.relkind = 'i' AND a.amname = 'btree' AND i.indisvalid AND i.indisready)
      OR (c.relkind IN ('r', 'm', 't') AND a.amname = 'heap'))
  ORDER BY c.oid`;

/** Lets the extension amcheck, in each database that has it, look through indexes and tables, as pg_amcheck does. */
export async function checkByAmcheck(context: AskContext): Promise<readonly DrillCheckReport[]> {
  const session = await context.server.session();
  const names = await session?.query('SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname');
  const checks: DrillCheckReport[] = [];
  for (const [datname] of names ?? []) {
    const check = typeof datname === 'string' ? await checkDatabase(datname, context) : undefined;
    if (check !== undefined) checks.push(check);
  }
  return checks.length === 0 ? [SKIPPED] : checks;
}

/** Undefined if it does not have the extension, or cannot be entered, which another check says. */
async function checkDatabase(datname: string, context: AskContext): Promise<DrillCheckReport | undefined> {
  const started = performance.now();
  const check = { name: `amcheck ${datname}`, kind: 'amcheck' as const, datname };
  try {
    const found = await withSession(context, datname, (session) => lookThrough(session, context.signal));
    if (found === undefined) return undefined;
    const seconds = secondsSince(started);
    const message = found.problems.slice(0, MAX_NAMED).join('; ');
    if (message !== '') return { ...check, result: 'failed', found: found.text, message, seconds };
    return { ...check, result: 'passed', found: found.text, seconds };
  } catch (thrown) {
    context.signal.throwIfAborted();
    return { ...check, result: 'failed', message: messageOf(thrown), seconds: secondsSince(started) };
  }
}

interface Looked {
  readonly text: string;
  readonly problems: readonly string[];
}

async function lookThrough(session: PrivateSession, signal: AbortSignal): Promise<Looked | undefined> {
  const [extension] = await session.query(`
    SELECT quote_ident(n.nspname), to_regprocedure(quote_ident(n.nspname)
      || '.verify_heapam(regclass,boolean,boolean,text,bigint,bigint)') IS NOT NULL
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'amcheck'`);
  const [schema, readsTables] = extension ?? [];
  if (typeof schema !== 'string') return undefined;
  const relations = await session.query(RELATIONS);
  const problems: string[] = [];
  let looked = 0;
  for (const [oid, name, kind] of relations) {
    signal.throwIfAborted();
    if (kind !== 'i' && readsTables !== 't') continue;
    looked += 1;
    const problem = await problemOf(session, kind === 'i' ? indexQuery(schema, oid) : tableQuery(schema, oid));
    if (problem !== undefined) problems.push(`${name}: ${problem}`);
  }
  return { text: `${looked} relations, ${problems.length} damaged`, problems };
}

function indexQuery(schema: string, oid: string | null | undefined): string {
  return `SELECT NULL FROM (SELECT ${schema}.bt_index_check(${Number(oid)}::regclass)) AS looked`;
}

function tableQuery(schema: string, oid: string | null | undefined): string {
  return `SELECT msg FROM ${schema}.verify_heapam(${Number(oid)}::regclass) LIMIT 1`;
}

async function problemOf(session: PrivateSession, sql: string): Promise<string | undefined> {
  try {
    const [row] = await session.query(sql);
    return row?.[0] ?? undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}
