import type { DatabasePlace, LabelBytes, ResultHandler, SampleSink } from '../../core/collector.ts';
import type { DropReason } from '../../core/reasons.ts';
import type { Row } from '../../core/row.ts';
import { labelText } from '../../exposition/label-bytes.ts';
import { type Account, openAccount } from './account.ts';
import type { Branch } from './branch.ts';
import { createSnapshot, type Snapshot } from './histograms.ts';
import type { createLayouts, Layout, Metric, Out, Read } from './layout.ts';
import { createRowLabels } from './row-labels.ts';
import { isPlainNumber } from './values.ts';

/** Where a result comes from. */
export interface ResultOrigin {
  readonly version: number;
  /** Undefined for a query that runs once a server. */
  readonly place: DatabasePlace | undefined;
}

/** A branch, and what is remembered of its results. */
export interface LaidOut {
  readonly branch: Branch;
  readonly layouts: ReturnType<typeof createLayouts>;
  /** Sets of labels that its last result had. */
  places: number;
}

/**
 * Turns the rows of a branch's result into samples. A row whose labels came before gives only what is new in it, and
 * one that tells of another database where the query runs too gives nothing.
 */
export function readRows(laidOut: LaidOut, { version, place }: ResultOrigin, sink: SampleSink): ResultHandler {
  const { branch, layouts } = laidOut;
  const rowLabels = createRowLabels(branch, place);
  let layout: Layout = { labels: [], metrics: [], observed: [], remarks: [] };
  let snapshots: readonly Snapshot[] = [];
  let account: Account | undefined;
  let addSamples: AddSamples = addNothing;
  const close = (): void => {
    if (account !== undefined) laidOut.places = account.close();
    account = undefined;
    addSamples = addNothing;
  };
  return {
    columns(columns) {
      layout = layouts(version, columns);
      for (const { kind, column } of layout.remarks) sink.remark(kind, column);
      snapshots = layout.observed.map(({ bounds, families }) => createSnapshot(bounds, families));
      close();
      account = openAccount(layout.metrics.length, laidOut.places);
      addSamples = createAdder(layout.metrics, account, sink);
    },
    row(given) {
      const row = branch.conditions.isForConsole ? emptyIsNull(given) : given;
      // A result without end must not grow the account of what came before either.
      const isFull = sink.isFull();
      if (isFull && snapshots.length === 0) return dropRow('series_limit', layout, row, sink);
      if (!rowLabels.belongs(layout, row)) return dropRow('duplicate', layout, row, sink);
      const labels = rowLabels.write(layout, row);
      if (snapshots.length > 0) observe(layout, snapshots, { row, labels }, sink);
      return isFull ? dropRow('series_limit', layout, row, sink) : addSamples(row, labels);
    },
    end() {
      for (const snapshot of snapshots) snapshot.write(sink);
      close();
    },
    failed: close,
  };
}

/** What is not set PgBouncer gives as NULL in one command and as an empty text in another. */
function emptyIsNull(row: Row): Row {
  for (let index = 0; index < row.length; index++) if (row.starts[index] === row.ends[index]) row.starts[index] = -1;
  return row;
}

type AddSamples = (row: Row, labels: LabelBytes) => void;

/** A result without columns has no rows, nor has one that has ended. */
function addNothing(): void {}

function createAdder(metrics: readonly Metric[], account: Account, sink: SampleSink): AddSamples {
  const outs = metrics.map(({ family }): Out => ({ sink, series: sink.series(family) }));
  return (row, labels) => {
    const place = account.place(labels);
    let repeated = 0;
    for (let index = 0; index < metrics.length; index++) {
      const [metric, out] = [metrics[index], outs[index]];
      if (metric === undefined || out === undefined) continue;
      if (account.has(place, index)) {
        if (metric.isGiven(row)) repeated++;
        continue;
      }
      const read = readMetric(metric, row, labels, out);
      if (read === 'sample') account.add(place, index);
      else if (read === 'not_a_number') refuse(metric.column, sink);
    }
    if (repeated > 0) sink.drop('duplicate', repeated);
  };
}

/** What nearly all cells are goes from the row to the page as the bytes it came in. */
function readMetric(metric: Metric, row: Row, labels: LabelBytes, out: Out): Read {
  const { plainIndex } = metric;
  const start = plainIndex < 0 ? -1 : (row.starts[plainIndex] ?? -1);
  const end = row.ends[plainIndex] ?? start;
  if (start < 0 || !isPlainNumber(row.bytes, start, end)) return metric.read(row, labels, out);
  out.series.copy(labels, row.bytes, start, end);
  return 'sample';
}

function dropRow(reason: DropReason, { metrics }: Layout, row: Row, sink: SampleSink): void {
  const left = metrics.filter((metric) => metric.isGiven(row)).length;
  if (left > 0) sink.drop(reason, left);
}

function observe(
  { observed }: Layout,
  snapshots: readonly Snapshot[],
  { row, labels }: { readonly row: Row; readonly labels: LabelBytes },
  sink: SampleSink,
): void {
  const key = labelText(labels);
  for (const [position, { column, index, toNumber }] of observed.entries()) {
    const cell = row.text(index);
    const value = toNumber(cell);
    if (value !== undefined && value !== 'NaN') {
      const isKept = snapshots[position]?.observe(key, Number(value.replace('Inf', 'Infinity'))) === true;
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
