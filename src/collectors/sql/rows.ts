import type { Column, DatabasePlace, LabelSet, ResultHandler, SampleSink } from '../../core/collector.ts';
import { type Family, METRIC_NAME } from '../../core/family.ts';
import type { DropReason } from '../../core/reasons.ts';
import { type Branch, type BranchColumn, DATABASE_LABEL } from './branch.ts';
import { cellReader } from './cells.ts';
import { isSnapshot } from './columns.ts';
import { createSnapshot, histogramReader, type Snapshot } from './histograms.ts';
import { labelReader, type ToLabel } from './labels.ts';
import { type Resolved, resolveColumns } from './resolve.ts';
import { numberReader } from './values.ts';

type Cells = readonly (string | null)[];

/** What became of a metric in a row: a sample, nothing, or a value that is no number. */
type Read = 'sample' | 'nothing' | 'not_a_number';

/** A metric that has at most one sample for a set of labels. */
interface Metric {
  readonly column: string;
  /** The result says something of it in this row. */
  readonly isGiven: (cells: Cells) => boolean;
  readonly read: (cells: Cells, labels: LabelSet) => Read;
}

/** A column whose rows are counted into a histogram. */
interface Observed {
  readonly column: string;
  readonly index: number;
  readonly toNumber: (cell: string | null) => string | undefined;
  readonly snapshot: Snapshot;
}

interface Layout {
  readonly labels: readonly { readonly index: number; readonly toLabel: ToLabel }[];
  readonly metrics: readonly Metric[];
  readonly observed: readonly Observed[];
}

/** Where a result comes from. */
export interface ResultOrigin {
  readonly version: number;
  /** Undefined for a query that runs once a server. */
  readonly place: DatabasePlace | undefined;
}

/**
 * Turns the rows of a branch's result into samples. A row whose labels came before gives only what is new in it, and
 * one that tells of another database where the query runs too gives nothing.
 */
export function readRows(branch: Branch, { version, place }: ResultOrigin, sink: SampleSink): ResultHandler {
  let layout: Layout = { labels: [], metrics: [], observed: [] };
  const databaseIndex = branch.labelNames.indexOf(DATABASE_LABEL);
  /** By labels: the metrics that have no sample yet, undefined if each has one. */
  const lacking = new Map<LabelSet, Set<Metric> | undefined>();

  function addRow(cells: Cells, labels: LabelSet, wanted: Iterable<Metric>): void {
    const without = new Set<Metric>();
    for (const metric of wanted) {
      const read = metric.read(cells, labels);
      if (read !== 'sample') without.add(metric);
      if (read === 'not_a_number') refuse(metric.column, sink);
    }
    lacking.set(labels, without.size === 0 ? undefined : without);
  }

  return {
    columns(columns) {
      const resolved = resolveColumns(branch, version, columns);
      remarkOn(branch, resolved, sink);
      layout = layOut(branch, resolved, columns, sink);
    },
    row(given) {
      const cells = branch.conditions.isForConsole ? given.map(emptyIsNull) : given;
      // A result without end must not grow the account of what came before either.
      const isFull = sink.isFull();
      if (isFull && layout.observed.length === 0) return dropRow('series_limit', layout, cells, sink);
      const values = labelValues(layout, cells);
      if (branch.addsDatabase) values.push(place?.database ?? '');
      else if (place !== undefined && !belongs(values[databaseIndex], place))
        return dropRow('duplicate', layout, cells, sink);
      const labels = sink.labels(branch.labelNames, values);
      observe(layout.observed, cells, labels, sink);
      if (isFull || layout.metrics.length === 0) return dropRow('series_limit', layout, cells, sink);
      if (!lacking.has(labels)) return addRow(cells, labels, layout.metrics);
      const wanted = lacking.get(labels) ?? new Set();
      dropRow('duplicate', { metrics: layout.metrics.filter((metric) => !wanted.has(metric)) }, cells, sink);
      addRow(cells, labels, wanted);
    },
    end() {
      for (const { snapshot } of layout.observed) snapshot.write(sink);
    },
  };
}

/** What is not set PgBouncer gives as NULL in one command and as an empty text in another. */
function emptyIsNull(cell: string | null): string | null {
  return cell === '' ? null : cell;
}

function remarkOn({ key, columns }: Branch, { missing, repeated }: Resolved, sink: SampleSink): void {
  for (const name of missing) sink.remark('not_returned', name);
  for (const name of repeated) sink.remark('repeated', name);
  if (columns.every(({ families }) => families.length === 0)) sink.remark('no_metric', key);
}

function labelValues({ labels }: Layout, cells: Cells): string[] {
  return labels.map(({ index, toLabel }) => {
    const cell = cells[index] ?? null;
    return cell === null ? '' : toLabel(cell);
  });
}

/** @param database that the row tells of; undefined if it does not say, and all its runs are one */
function belongs(database: string | undefined, { database: here, databases, isHome }: DatabasePlace): boolean {
  if (database === undefined) return true;
  return database === here || (isHome && !databases.has(database));
}

function dropRow(reason: DropReason, { metrics }: Pick<Layout, 'metrics'>, cells: Cells, sink: SampleSink): void {
  const left = metrics.filter((metric) => metric.isGiven(cells)).length;
  if (left > 0) sink.drop(reason, left);
}

function observe(observed: readonly Observed[], cells: Cells, labels: LabelSet, sink: SampleSink): void {
  for (const { column, index, toNumber, snapshot } of observed) {
    const cell = cells[index] ?? null;
    const value = toNumber(cell);
    if (value !== undefined && value !== 'NaN') {
      const isKept = snapshot.observe(labels, Number(value.replace('Inf', 'Infinity')));
      if (!isKept) sink.drop('series_limit', 1);
    } else if (cell !== null) {
      refuse(column, sink);
    }
  }
}

function refuse(column: string, sink: SampleSink): void {
  sink.drop('not_a_number', 1);
  sink.remark('not_a_number', column);
}

function layOut(branch: Branch, resolved: Resolved, columns: readonly Column[], sink: SampleSink): Layout {
  const { found } = resolved;
  const typeOf = (index: number): number => columns[index]?.typeOid ?? 0;
  const present = [...found].filter(([{ families }]) => families.length > 0);
  const snapshots = present.filter(([{ spec }]) => isSnapshot(spec));
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
        .map(([column, indexes]) => toMetric(column, indexes, columns, sink)),
      ...undeclaredMetrics(branch, resolved, columns, sink),
    ],
    observed: snapshots.map(([{ source, spec, families }, [index = -1]]) => ({
      column: source,
      index,
      toNumber: cellReader(spec, typeOf(index)),
      snapshot: createSnapshot(spec.bucket ?? [], families),
    })),
  };
}

function toMetric(
  { source, spec, families }: BranchColumn,
  indexes: readonly number[],
  columns: readonly Column[],
  sink: SampleSink,
): Metric {
  const [index = -1] = indexes;
  const isGiven = (cells: Cells): boolean => (cells[index] ?? null) !== null;
  const [family] = families;
  if (spec.usage === 'HISTOGRAM') {
    const toHistogram = histogramReader(indexes, columns);
    return {
      column: source,
      isGiven,
      read(cells, labels) {
        const histogram = toHistogram(cells);
        if (histogram === null || family === undefined) return 'nothing';
        if (histogram === undefined) return 'not_a_number';
        sink.histogram(family, labels, histogram);
        return 'sample';
      },
    };
  }
  return {
    column: source,
    isGiven,
    read: valueReader(index, cellReader(spec, columns[index]?.typeOid ?? 0), family, sink),
  };
}

function valueReader(
  index: number,
  toNumber: (cell: string | null) => string | undefined,
  family: Family | undefined,
  sink: SampleSink,
): Metric['read'] {
  return (cells, labels) => {
    const cell = cells[index] ?? null;
    const value = toNumber(cell);
    if (value === undefined || family === undefined) return cell === null ? 'nothing' : 'not_a_number';
    sink.add(family, labels, value);
    return 'sample';
  };
}

/** As postgres_exporter has it, a column that is not declared is a metric of no known type; elsewhere it is nothing. */
function undeclaredMetrics(
  { dialect, key, prefix, labelNames, columns: declared }: Branch,
  { undeclared }: Resolved,
  columns: readonly Column[],
  sink: SampleSink,
): readonly Metric[] {
  if (dialect === 'walguard') return [];
  const taken = new Set(declared.flatMap(({ families }) => families.map(({ name }) => name)));
  return [...undeclared].flatMap(([index, column]) => {
    sink.remark('not_declared', column);
    const name = `${prefix}_${column}`;
    if (dialect !== 'postgres_exporter' || !METRIC_NAME.test(name) || taken.has(name)) return [];
    taken.add(name);
    const family: Family = { name, type: 'unknown', help: `Column ${column} of the query ${key}.`, labelNames };
    const toNumber = numberReader(columns[index]?.typeOid ?? 0);
    const read = valueReader(index, (cell) => (cell === null ? undefined : toNumber(cell)), family, sink);
    const isGiven = (cells: Cells): boolean => toNumber(cells[index] ?? '') !== undefined;
    return [{ column, isGiven, read: (cells, labels) => (isGiven(cells) ? read(cells, labels) : 'nothing') }];
  });
}
