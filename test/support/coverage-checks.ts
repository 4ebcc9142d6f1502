import { type Column, type Excuse, readExcuses, type Sql } from './coverage.ts';

/** Types of what is measured, and never of a key or a text. */
const QUANTITIES = ['bigint', 'numeric', 'real', 'double precision', 'timestamp with time zone', 'interval', 'pg_lsn'];

/** What is wrong with the coverage of a server's columns, a line each; the reasons for columns it has not among it. */
export function coverageProblems(columns: readonly Column[], major: number): readonly string[] {
  return [...columnProblems(columns), ...staleExcuses(columns, major)];
}

/** Columns that nobody accounts for, and reasons that cannot be true. */
export function columnProblems(columns: readonly Column[]): readonly string[] {
  return [
    ...columns.filter(({ collectors, excuse }) => collectors.length === 0 && excuse === undefined).map(unaccounted),
    ...columns.flatMap(wrongExcuse),
    ...columns.flatMap((column) => wrongSameness(column, columns)),
  ];
}

function unaccounted({ view, column }: Column): string {
  return `${view}.${column} is read by no collector and has no reason`;
}

/** An excuse for a column that is read, or that the reason cannot be true of. */
function wrongExcuse({ view, column, type, collectors, excuse }: Column): readonly string[] {
  if (excuse === undefined) return [];
  if (collectors.length > 0) return [`${view}.${column} has a reason, but ${collectors.join(', ')} read it`];
  const { reason } = excuse;
  if (reason === 'key' && QUANTITIES.includes(type) && !column.endsWith('_pid'))
    return [`${view}.${column} is a ${type} and no key or text`];
  if (reason === 'planner' && !/^pg_stats(_|$)/.test(view)) return [`${view} has no statistics of the planner`];
  if (reason === 'transaction' && !view.startsWith('pg_stat_xact_')) return [`${view} is not of one transaction`];
  return [];
}

/** The columns that tell the same must be read, or be told of by a family, on the same server. */
function wrongSameness({ view, column, excuse }: Column, columns: readonly Column[]): readonly string[] {
  if (excuse?.reason !== 'same') return [];
  if (excuse.details.length === 0) return [`${view}.${column} is the same as nothing`];
  return excuse.details
    .filter((name) => {
      const other = columns.find((candidate) => `${candidate.view}.${candidate.column}` === name);
      return other === undefined || !isTold(other, columns);
    })
    .map((name) => `${view}.${column} is said to be the same as ${name}, which is not told on this server`);
}

function isTold(column: Column, columns: readonly Column[]): boolean {
  const { collectors, excuse } = column;
  return (
    collectors.length > 0 ||
    excuse?.reason === 'family' ||
    (excuse?.reason === 'same' && wrongSameness(column, columns).length === 0)
  );
}

/** Excuses for columns that this major does not have. */
function staleExcuses(columns: readonly Column[], major: number): readonly string[] {
  return excusesOf(major)
    .filter(
      ({ view, column }) => !columns.some((one) => one.view === view && (column === '*' || one.column === column)),
    )
    .map(({ view, column }) => `${view}.${column} has a reason, but ${major} does not have it`);
}

function excusesOf(major: number): readonly Excuse[] {
  return readExcuses().filter(({ firstMajor, lastMajor }) => firstMajor <= major && major <= lastMajor);
}

/** Views that are said to be more than pg_monitor may read, and that this role can read. */
export async function readableInSpite(asMonitor: Sql, major: number): Promise<readonly string[]> {
  const views = new Set(excusesOf(major).flatMap(({ view, reason }) => (reason === 'rights' ? [view] : [])));
  const readable: string[] = [];
  for (const view of views) {
    const refused = await asMonitor(`SELECT * FROM ${view} LIMIT 1`).then(
      () => false,
      (error: unknown) => error instanceof Error && 'code' in error && error.code === '42501',
    );
    if (!refused) readable.push(view);
  }
  return readable;
}
