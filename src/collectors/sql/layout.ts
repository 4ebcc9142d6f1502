import type { Column, LabelBytes, Remark, SampleSink, Series } from '../../core/collector.ts';
import { type Family, METRIC_NAME } from '../../core/family.ts';
import type { Row } from '../../core/row.ts';
import { labelText } from '../../exposition/label-bytes.ts';
import type { Branch, BranchColumn } from './branch.ts';
import { cellReader, passesThrough } from './cells.ts';
import { isSnapshot } from './columns.ts';
import { histogramReader } from './histograms.ts';
import { labelReader, type ToLabel } from './labels.ts';
import { type Resolved, resolveColumns } from './resolve.ts';
import { numberReader } from './values.ts';

/** What became of a metric in a row: a sample, nothing, or a value that is no number. */
export type Read = 'sample' | 'nothing' | 'not_a_number';

/** Where the samples of a metric go. */
export interface Out {
  readonly sink: SampleSink;
  readonly series: Series;
}

/** A metric that has at most one sample for a set of labels. */
export interface Metric {
  readonly column: string;
  readonly family: Family;
  /** The result says something of it in this row. */
  readonly isGiven: (row: Row) => boolean;
  readonly read: (row: Row, labels: LabelBytes, out: Out) => Read;
  /** The cell that, as a plain number, is the sample's value as it stands; -1 if there is none. */
  readonly plainIndex: number;
}

/** A column whose rows are counted into a histogram. */
export interface Observed {
  readonly column: string;
  readonly index: number;
  readonly toNumber: (cell: string | null) => string | undefined;
  readonly bounds: readonly number[];
  readonly families: readonly Family[];
}

/** What to do with each row of a result that has these columns. */
export interface Layout {
  readonly labels: readonly { readonly index: number; readonly toLabel: ToLabel | undefined }[];
  readonly metrics: readonly Metric[];
  readonly observed: readonly Observed[];
  readonly remarks: readonly Remark[];
}

/**
 * Lays out the results of a branch, for each version of the server once as long as their columns are the same: a query
 * returns what it returned at the last scrape.
 */
export function createLayouts(branch: Branch): (version: number, columns: readonly Column[]) => Layout {
  const byVersion = new Map<number, { readonly columns: readonly Column[]; readonly layout: Layout }>();
  return (version, columns) => {
    const known = byVersion.get(version);
    if (known !== undefined && areSame(known.columns, columns)) return known.layout;
    const layout = layOut(branch, version, columns);
    byVersion.set(version, { columns, layout });
    return layout;
  };
}

function areSame(before: readonly Column[], now: readonly Column[]): boolean {
  return (
    before.length === now.length &&
    before.every(({ name, typeOid }, index) => name === now[index]?.name && typeOid === now[index]?.typeOid)
  );
}

/** @throws QUERY_BAD_RESULT */
function layOut(branch: Branch, version: number, columns: readonly Column[]): Layout {
  const resolved = resolveColumns(branch, version, columns);
  const { found } = resolved;
  const typeOf = (index: number): number => columns[index]?.typeOid ?? 0;
  const present = [...found].filter(([{ families }]) => families.length > 0);
  const undeclared = undeclaredMetrics(branch, resolved, columns);
  return {
    labels: branch.columns
      .filter(({ spec }) => spec.usage === 'LABEL')
      .map((column) => {
        const [index = -1] = found.get(column) ?? [];
        return { index, toLabel: labelReader(typeOf(index), branch.dialect) };
      }),
    metrics: [
      ...present
        .filter(([{ spec }]) => !isSnapshot(spec))
        .flatMap(([column, indexes]) => toMetric(column, indexes, columns)),
      ...undeclared.metrics,
    ],
    observed: present
      .filter(([{ spec }]) => isSnapshot(spec))
      .map(([{ source, spec, families }, [index = -1]]) => ({
        column: source,
        index,
        toNumber: cellReader(spec, typeOf(index)),
        bounds: spec.bucket ?? [],
        families,
      })),
    remarks: [...remarksOn(branch, resolved), ...undeclared.remarks],
  };
}

function remarksOn({ key, columns }: Branch, { missing, repeated }: Resolved): readonly Remark[] {
  const hasNoMetric = columns.every(({ families }) => families.length === 0);
  return [
    ...missing.map((column) => ({ kind: 'not_returned', column }) as const),
    ...repeated.map((column) => ({ kind: 'repeated', column }) as const),
    ...(hasNoMetric ? [{ kind: 'no_metric', column: key } as const] : []),
  ];
}

function toMetric(
  { source, spec, families }: BranchColumn,
  indexes: readonly number[],
  columns: readonly Column[],
): readonly Metric[] {
  const [index = -1] = indexes;
  const [family] = families;
  if (family === undefined) return [];
  const isGiven = (row: Row): boolean => (row.starts[index] ?? -1) >= 0;
  const column = { column: source, family, isGiven, plainIndex: -1 };
  if (spec.usage === 'HISTOGRAM')
    return [{ ...column, read: countedReader(histogramReader(indexes, columns), family) }];
  const typeOid = columns[index]?.typeOid ?? 0;
  const read = valueReader(index, cellReader(spec, typeOid));
  return [{ ...column, read, plainIndex: passesThrough(spec, typeOid) ? index : -1 }];
}

function countedReader(toHistogram: ReturnType<typeof histogramReader>, family: Family): Metric['read'] {
  return (row, labels, { sink }) => {
    const histogram = toHistogram(row);
    if (histogram === null) return 'nothing';
    if (histogram === undefined) return 'not_a_number';
    sink.histogram(family, labelText(labels), histogram);
    return 'sample';
  };
}

function valueReader(index: number, toNumber: (cell: string | null) => string | undefined): Metric['read'] {
  return (row, labels, { series }) => {
    const cell = row.text(index);
    const value = toNumber(cell);
    if (value === undefined) return cell === null ? 'nothing' : 'not_a_number';
    series.add(labels, value);
    return 'sample';
  };
}

/** As postgres_exporter has it, a column that is not declared is a metric of no known type; elsewhere it is nothing. */
function undeclaredMetrics(
  { dialect, key, prefix, labelNames, columns: declared }: Branch,
  { undeclared }: Resolved,
  columns: readonly Column[],
): { readonly metrics: readonly Metric[]; readonly remarks: readonly Remark[] } {
  if (dialect === 'walguard') return { metrics: [], remarks: [] };
  const taken = new Set(declared.flatMap(({ families }) => families.map(({ name }) => name)));
  const metrics = [...undeclared].flatMap(([index, column]) => {
    const name = `${prefix}_${column}`;
    if (dialect !== 'postgres_exporter' || !METRIC_NAME.test(name) || taken.has(name)) return [];
    taken.add(name);
    const family: Family = { name, type: 'unknown', help: `Column ${column} of the query ${key}.`, labelNames };
    const toNumber = numberReader(columns[index]?.typeOid ?? 0);
    const read = valueReader(index, (cell) => (cell === null ? undefined : toNumber(cell)));
    const isGiven = (row: Row): boolean => toNumber(row.text(index) ?? '') !== undefined;
    const readGiven: Metric['read'] = (row, labels, out) => (isGiven(row) ? read(row, labels, out) : 'nothing');
    return [{ column, family, isGiven, read: readGiven, plainIndex: -1 }];
  });
  return { metrics, remarks: [...undeclared.values()].map((column) => ({ kind: 'not_declared', column })) };
}
