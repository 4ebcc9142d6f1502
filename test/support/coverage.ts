import { readFileSync } from 'node:fs';
import type { TextRows } from '../../servers/index.ts';
import { buildCollectors } from '../../src/app/collectors.ts';
import { OPTIONAL_PACKS } from '../../src/app/shipped-packs.ts';
import type { Collector } from '../../src/core/collector.ts';
import type { TargetFacts } from '../../src/core/facts.ts';
import { createHistory } from '../../src/core/history.ts';
import { projectDirectory } from './project-directory.ts';

/** Runs one or more statements as superuser on a connection of their own: the rows of the last one. */
export type Sql = (text: string) => Promise<TextRows>;

/** Why a column is not read by a collector: a closed list, explained in docs/coverage.md. */
export const REASONS = ['key', 'same', 'family', 'planner', 'transaction', 'rights', 'unbounded'] as const;
export type Reason = (typeof REASONS)[number];

/** A line of coverage-reasons.tsv: a column, or `*` for all columns of a view. */
export interface Excuse {
  readonly view: string;
  readonly column: string;
  readonly firstMajor: number;
  readonly lastMajor: number;
  readonly reason: Reason;
  /** Of `same` the columns, of `family` the family that tell the fact. */
  readonly details: readonly string[];
}

/** A column of a server's view, the collectors that read it, and why none does. */
export interface Column {
  readonly view: string;
  readonly column: string;
  /** As PostgreSQL spells it. */
  readonly type: string;
  readonly collectors: readonly string[];
  readonly excuse: Excuse | undefined;
}

/** Views of statistics that are not named pg_stat. */
const OTHER_VIEWS = [
  'pg_aios',
  'pg_backend_memory_contexts',
  'pg_file_settings',
  'pg_hba_file_rules',
  'pg_ident_file_mappings',
  'pg_locks',
  'pg_prepared_xacts',
  'pg_publication_tables',
  'pg_replication_origin_status',
  'pg_replication_slots',
  'pg_settings',
  'pg_shmem_allocations',
  'pg_shmem_allocations_numa',
  'pg_wait_events',
];

/** Every collector of every shipped pack, the optional ones too. */
export function everyCollector(): readonly Collector[] {
  const queryPaths = OPTIONAL_PACKS.map((file) => `${projectDirectory}/${file}`);
  const settings = { queryPaths, switches: new Map(), stalledAfterMs: 1, walCapacityBytes: undefined };
  const off = ['shmem_allocations_numa', 'stat_statements_text'];
  const switches = new Map(off.map((name) => [name, { on: true, said: name, where: {} }]));
  return buildCollectors({ ...settings, switches }, createHistory());
}

export function readExcuses(): readonly Excuse[] {
  const text = readFileSync(new URL('coverage-reasons.tsv', import.meta.url), 'utf8');
  const [, ...lines] = text.trimEnd().split('\n');
  return lines.map((line) => {
    const [view = '', column = '', majors = '', reason = '', detail = ''] = line.split('\t');
    const [first = Number.NaN, last = first] = majors.split('-').map(Number);
    const known = REASONS.find((one) => one === reason);
    if (known === undefined) throw new TypeError(`${view}.${column}: ${reason} is no reason of the list`);
    const details = detail.split(', ').filter((one) => one !== '');
    return { view, column, firstMajor: first, lastMajor: last, reason: known, details };
  });
}

/** Every column of every view of statistics the server has, as the server says, with who reads it. */
export async function walkColumns(sql: Sql, major: number): Promise<readonly Column[]> {
  const readers = await readersOf(sql, major);
  const excuses = readExcuses().filter(({ firstMajor, lastMajor }) => firstMajor <= major && major <= lastMajor);
  const rows = await sql(`
    SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
      FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
     WHERE c.relkind = 'v' AND a.attnum > 0 AND NOT a.attisdropped
       AND (c.relname ~ '^pg_stat' OR c.relname = ANY ('{${OTHER_VIEWS.join()}}'))
     ORDER BY c.relname COLLATE "C", a.attname COLLATE "C"`);
  return rows.map(([view, column, type]) => ({
    view: view ?? '',
    column: column ?? '',
    type: type ?? '',
    collectors: readers.get(`${view}.${column}`) ?? [],
    excuse: excuses.find((one) => one.view === view && (one.column === column || one.column === '*')),
  }));
}

/**
 * The columns that collectors read, and which do: a view is made of each query, and PostgreSQL notes the columns that it
 * depends on. All in one transaction on one connection, after which the views are gone.
 */
async function readersOf(sql: Sql, major: number): Promise<ReadonlyMap<string, readonly string[]>> {
  const queries = everyCollector().flatMap(({ name, choose }) =>
    [...new Set([false, true].flatMap((inRecovery) => queryOf(choose, major, inRecovery)))].map((query, branch) => ({
      name,
      view: `walk_${name}_${branch}`,
      query,
    })),
  );
  const views = queries.map(({ view, query }) => `CREATE TEMP VIEW ${view} AS ${withView(query)};`);
  const rows = await sql(`SET search_path = pg_catalog, public, pg_temp; ${views.join('\n')} ${DEPENDENCIES}`);
  const nameOf = new Map(queries.map(({ view, name }) => [view, name]));
  const readers = new Map<string, string[]>();
  for (const [walk, view, column] of rows) {
    const name = nameOf.get(walk ?? '') ?? '';
    const known = readers.get(`${view}.${column}`) ?? [];
    if (!known.includes(name)) readers.set(`${view}.${column}`, [...known, name].toSorted());
  }
  return readers;
}

const DEPENDENCIES = `
  SELECT DISTINCT walk.relname, c.relname, a.attname
    FROM pg_class AS walk
    JOIN pg_rewrite AS r ON r.ev_class = walk.oid
    JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    JOIN pg_class AS c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid AND c.relkind = 'v'
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
   WHERE walk.relnamespace = pg_my_temp_schema() AND c.oid <> walk.oid`;

function queryOf(choose: Collector['choose'], major: number, inRecovery: boolean): readonly string[] {
  const step = choose(factsOf(major, inRecovery));
  return typeof step !== 'string' && step.kind === 'query' ? [step.sql] : [];
}

function factsOf(major: number, inRecovery: boolean): TargetFacts {
  return {
    version: major * 10_000,
    versionText: `PostgreSQL ${major}`,
    inRecovery,
    readOnlyByDefault: inRecovery,
    database: 'postgres',
    user: 'walguard',
    systemIdentifier: '1',
    startTimeSeconds: 1,
    timeline: 1,
    readsAllStats: true,
    listsArchiveStatus: true,
    walSegmentBytes: 1_048_576,
  };
}

/** The view in place of the function that it is made of: it adds nothing to it, and has columns to depend on. */
function withView(query: string): string {
  return query.replaceAll('pg_stat_statements(false)', 'pg_stat_statements');
}

/** The columns of a server as a golden file holds them. */
export function columnsText(columns: readonly Column[]): string {
  return columns
    .map(({ view, column, collectors, excuse }) =>
      [view, column, collectors.join(' '), excuse?.reason ?? '', excuse?.details.join(' ') ?? ''].join('\t').trimEnd(),
    )
    .join('\n')
    .concat('\n');
}
