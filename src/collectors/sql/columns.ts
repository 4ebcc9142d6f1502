import type { Family, FamilyType } from '../../core/family.ts';
import type { Dialect } from './dialect.ts';
import type { Block, ColumnSpec, Usage } from './schema.ts';
import { rangesMeet } from './version.ts';

/** A column as a block declares it. */
export interface DeclaredColumn {
  /** Its path inside the block. */
  readonly path: readonly PropertyKey[];
  /** The column of the result. */
  readonly source: string;
  /** What its label or metric is called, without the prefix. */
  readonly alias: string;
  readonly spec: ColumnSpec;
}

/** The columns of a block, in the order they are declared. */
export function declaredColumns(block: Block, dialect: Dialect): readonly DeclaredColumn[] {
  const columns = block.metrics.flatMap((entry, index) =>
    Object.entries(entry).map(([key, spec]) => {
      const path = ['metrics', index, key];
      // pg_exporter names the column of the result, CloudNativePG the metric, but never a label.
      const source = dialect === 'pg_exporter' ? (spec.name ?? key) : key;
      const alias = dialect === 'pg_exporter' || spec.usage === 'LABEL' ? source : (spec.name ?? key);
      return { path, source: unquoted(source), alias: unquoted(spec.rename ?? alias), spec };
    }),
  );
  return LAST_COUNTS.has(dialect) ? columns.filter((column, index) => !isRepeated(column, columns, index)) : columns;
}

/** Where a column may be declared again, and only the last time counts. */
const LAST_COUNTS: ReadonlySet<Dialect> = new Set(['postgres_exporter', 'cloudnative_pg']);

function isRepeated({ source, spec }: DeclaredColumn, columns: readonly DeclaredColumn[], index: number): boolean {
  return columns
    .slice(index + 1)
    .some((later) => later.source === source && rangesMeet(later.spec.pg_version, spec.pg_version));
}

/** A column may be written as in SQL, in double quotes. */
function unquoted(name: string): string {
  return /^".*"$/s.test(name) ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/** The labels of a block's metrics; a label whose column is there on some versions only is empty on the others. */
export function labelNamesOf(columns: readonly DeclaredColumn[]): readonly string[] {
  return columns.flatMap(({ spec, alias }) => (spec.usage === 'LABEL' ? [alias] : []));
}

/** True for a histogram that walguard makes of the rows, false for one that the server counted. */
export function isSnapshot({ usage, bucket }: ColumnSpec): boolean {
  return usage === 'HISTOGRAM' && bucket !== undefined;
}

/**
 * The families a column gives, none for a label: usually one. A histogram of rows is three gauges, for its counts go
 * down as well as up.
 */
export function familiesOf(
  { alias, spec }: DeclaredColumn,
  {
    prefix,
    key,
    labelNames,
  }: { readonly prefix: string; readonly key: string; readonly labelNames: readonly string[] },
): readonly Family[] {
  const type = familyType(spec.usage);
  if (type === undefined) return [];
  const name = `${prefix}_${alias}${spec.usage === 'DURATION' ? '_milliseconds' : ''}`;
  const help = spec.description ?? `Column ${alias} of the query ${key}.`;
  if (!isSnapshot(spec)) return [{ name, type, help, labelNames }];
  return [
    { name: `${name}_bucket`, type: 'gauge', help, labelNames: [...labelNames, 'le'] },
    { name: `${name}_sum`, type: 'gauge', help, labelNames },
    { name: `${name}_count`, type: 'gauge', help, labelNames },
  ];
}

function familyType(usage: Usage): FamilyType | undefined {
  switch (usage) {
    case 'COUNTER':
      return 'counter';
    case 'INFO':
      return 'info';
    case 'HISTOGRAM':
      return 'histogram';
    case 'GAUGE':
    case 'MAPPEDMETRIC':
    case 'DURATION':
      return 'gauge';
    case 'LABEL':
    case 'DISCARD':
      return undefined;
  }
}
