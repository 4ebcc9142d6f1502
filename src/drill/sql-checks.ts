import type { DrillChecks, Expectation, RowCount, SqlCheck } from '../config/drill-checks.ts';
import type { DrillCheckReport, DrillReport, DrillWanted } from '../core/drill-report.ts';
import { messageOf } from '../core/error.ts';
import { durationText } from '../core/words.ts';
import type { TextRows } from '../postgres/private-server.ts';
import { secondsSince } from './checks.ts';
import { type AskContext, ask } from './sessions.ts';

export interface Asked extends AskContext {
  /** The wanted moment; the beginning of the drill if no time was wanted. Unix seconds. */
  readonly momentSeconds: number;
  readonly wanted: DrillWanted;
  /** The database that is asked where none is named. */
  readonly usual: string;
  /** Of earlier drills, the newest first. */
  readonly history: readonly DrillReport[];
}

type Judgement = Pick<DrillCheckReport, 'result' | 'expected' | 'found' | 'message'>;

/** The operator's own questions, one after the other. */
export async function* checkBySql(checks: DrillChecks, asked: Asked): AsyncGenerator<DrillCheckReport> {
  for (const check of checks.sql) yield await timed(check, 'sql', () => judgeSql(check, asked));
  for (const count of checks.rows) yield await timed(count, 'rows', () => judgeRows(count, asked));

  async function timed(
    { name, datname = asked.usual }: Pick<SqlCheck, 'name' | 'datname'>,
    kind: 'sql' | 'rows',
    run: () => Promise<Judgement>,
  ): Promise<DrillCheckReport> {
    const started = performance.now();
    try {
      const judgement = await run();
      return { name, kind, datname, ...judgement, seconds: secondsSince(started) };
    } catch (thrown) {
      asked.signal.throwIfAborted();
      return { name, kind, datname, result: 'failed', message: messageOf(thrown), seconds: secondsSince(started) };
    }
  }
}

async function judgeSql({ datname, sql, expected }: SqlCheck, asked: Asked): Promise<Judgement> {
  const value = onlyValue(await ask(asked, datname ?? asked.usual, sql));
  if (typeof value === 'object') return { result: 'failed', expected: wording(expected), message: value.problem };
  const isRight = value !== undefined && holds(expected, value, asked.momentSeconds);
  return { result: isRight ? 'passed' : 'failed', expected: wording(expected), ...foundAs(value) };
}

function foundAs(value: string | undefined): Pick<DrillCheckReport, 'found' | 'message'> {
  return value === undefined ? { message: 'it is NULL' } : { found: value };
}

function onlyValue(rows: TextRows): string | undefined | { readonly problem: string } {
  const [row] = rows;
  if (rows.length !== 1 || row?.length !== 1)
    return { problem: `one row with one column is wanted, and ${rows.length} rows with ${row?.length ?? 0} came` };
  return row[0] ?? undefined;
}

const BOOLEANS: Readonly<Record<string, string>> = { true: 't', false: 'f' };

/** Whether a value, as PostgreSQL writes it, is as expected. */
function holds(expected: Expectation, value: string, momentSeconds: number): boolean {
  switch (expected.kind) {
    case 'equals':
      return value === expected.text || value === BOOLEANS[expected.text];
    case 'between': {
      const number = value.trim() === '' ? Number.NaN : Number(value);
      return number >= (expected.atLeast ?? -Infinity) && number <= (expected.atMost ?? Infinity);
    }
    case 'newer_than':
      return momentSeconds - timeOf(value) <= expected.seconds;
  }
}

/** Of a timestamp with or without a zone, which sessions of the drill write in UTC; NaN for anything else. */
function timeOf(value: string): number {
  const [, time = '', zone = '+00'] = /^(\d{4}-\d\d-\d\d[ T][\d:.]+)([+-]\d\d(?::\d\d)?)?$/.exec(value) ?? [];
  return Date.parse(`${time.replace(' ', 'T')}${zone.length === 3 ? `${zone}:00` : zone}`) / 1_000;
}

function wording(expected: Expectation): string {
  switch (expected.kind) {
    case 'equals':
      return expected.text;
    case 'between': {
      const { atLeast, atMost } = expected;
      const parts = [
        ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
        ...(atMost === undefined ? [] : [`at most ${atMost}`]),
      ];
      return parts.join(', ');
    }
    case 'newer_than':
      return `at most ${durationText(expected.seconds)} before the wanted moment`;
  }
}

async function judgeRows({ name, datname, table, tolerance }: RowCount, asked: Asked): Promise<Judgement> {
  const value = onlyValue(await ask(asked, datname ?? asked.usual, `SELECT count(*) FROM ${table}`));
  const count = Number(value);
  const before = baselineOf(name, asked);
  const found = String(count);
  if (before === undefined) return { result: 'passed', found, message: 'there is no earlier drill to compare with' };
  const least = Math.ceil(before.rows * (1 - tolerance));
  const expected = `at least ${least}, of ${before.rows} in ${before.id}`;
  return { result: count >= least ? 'passed' : 'failed', expected, found };
}

/** What the last drill counted that succeeded and wanted the like: one of an earlier moment may have had less. */
function baselineOf(
  name: string,
  { history, wanted }: Asked,
): { readonly id: string; readonly rows: number } | undefined {
  for (const { id, outcome, wanted: other, checks } of history) {
    if (outcome !== 'success' || other.kind !== wanted.kind || other.random !== wanted.random) continue;
    const found = checks.find((check) => check.kind === 'rows' && check.name === name)?.found;
    if (found !== undefined) return { id, rows: Number(found) };
  }
  return undefined;
}
