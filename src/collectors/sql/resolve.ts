import type { Column } from '../../core/collector.ts';
import { WalguardError } from '../../core/error.ts';
import type { Branch, BranchColumn } from './branch.ts';
import { isSnapshot } from './columns.ts';
import { HISTOGRAM_PARTS } from './histograms.ts';
import { inVersionRange } from './version.ts';

/** Where a branch's columns are in a result. */
export interface Resolved {
  /** Of each column that is there: its own index, and for a histogram those of its parts. */
  readonly found: ReadonlyMap<BranchColumn, readonly number[]>;
  /** Columns, or parts of histograms, that the block declares and the result has not. */
  readonly missing: readonly string[];
  /** Columns of the result that the block does not declare, by their index. */
  readonly undeclared: ReadonlyMap<number, string>;
  /** Columns of the result that another one follows of the same name: that one counts. */
  readonly repeated: readonly string[];
}

/**
 * Finds a branch's columns in a result that has all it needs.
 *
 * @throws QUERY_BAD_RESULT if nothing that may be a metric is there, or a column is missing from a block of walguard's own dialect
 */
export function resolveColumns(branch: Branch, version: number, columns: readonly Column[]): Resolved {
  const resolved = findColumns(branch, version, columns);
  if (lacksColumns(branch, resolved)) throw badResult(branch, resolved.missing, columns);
  return mayLack(branch) ? { ...resolved, missing: [] } : resolved;
}

/** True if a result is not enough to make samples of. */
export function lacksColumns(branch: Branch, { found, missing, undeclared }: Resolved): boolean {
  const mayGive = branch.dialect === 'postgres_exporter' && undeclared.size > 0;
  const hasMetric = mayGive || [...found.keys()].some(({ families }) => families.length > 0);
  return missing.length > 0 && ((branch.dialect === 'walguard' && !mayLack(branch)) || !hasMetric);
}

/** What a release of PgBouncer lacks is no mistake in the query: SHOW names no columns. */
function mayLack({ dialect, conditions }: Branch): boolean {
  return dialect === 'walguard' && conditions.isForConsole;
}

/**
 * Finds a branch's columns in a result: by the name as it is declared, else by the same letters, for PostgreSQL makes
 * small letters of what is not quoted.
 */
export function findColumns(branch: Branch, version: number, columns: readonly Column[]): Resolved {
  const indexOf = indexer(columns);
  const expected = branch.columns.filter(
    ({ spec }) => spec.pg_version === undefined || inVersionRange(version, spec.pg_version),
  );
  const wanted = expected.filter(({ spec }) => spec.usage !== 'DISCARD');
  const found = new Map<BranchColumn, readonly number[]>();
  const missing: string[] = [];
  for (const column of wanted) {
    const sources = sourcesOf(column);
    const indexes = sources.map(indexOf);
    const absent = sources.filter((_, index) => indexes[index] === -1);
    if (absent.length === 0) found.set(column, indexes);
    else missing.push(...absent);
  }
  const declared = new Set(branch.columns.flatMap(sourcesOf).map(indexOf));
  const isLast = ({ name }: Column, index: number): boolean => indexOf(name) === index;
  const undeclared = columns.flatMap((column, index) =>
    declared.has(index) || !isLast(column, index) ? [] : [[index, column.name] as const],
  );
  const repeated = columns.filter((column, index) => !isLast(column, index)).map(({ name }) => name);
  return { found, missing, undeclared: new Map(undeclared), repeated };
}

/** The columns of the result that a column is made of. */
export function sourcesOf({ source, spec }: BranchColumn): readonly string[] {
  const isCounted = spec.usage === 'HISTOGRAM' && !isSnapshot(spec);
  return isCounted ? [source, ...HISTOGRAM_PARTS.map((part) => source + part)] : [source];
}

/** The place of a column by its name; -1 if there is none, or if several differ in capitals only. */
function indexer(columns: readonly Column[]): (name: string) => number {
  const exact = new Map(columns.map(({ name }, index) => [name, index]));
  const folded = new Map<string, number>();
  for (const [index, { name }] of columns.entries()) {
    const lower = name.toLowerCase();
    folded.set(lower, folded.has(lower) ? -1 : index);
  }
  return (name) => exact.get(name) ?? folded.get(name.toLowerCase()) ?? -1;
}

function badResult({ key }: Branch, missing: readonly string[], columns: readonly Column[]): WalguardError {
  const names = columns.map(({ name }) => name).join(', ');
  return new WalguardError(
    'QUERY_BAD_RESULT',
    `the query of ${key} returns no column ${missing.join(', ')}, but ${names}`,
    {
      hint: 'Name the columns in the query as they are declared under metrics.',
    },
  );
}
