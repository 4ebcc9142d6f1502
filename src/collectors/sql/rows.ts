import type { Column, LabelSet, ResultHandler, SampleSink } from '../../core/collector.ts';
import { parseDuration } from '../../core/duration.ts';
import { WalguardError } from '../../core/error.ts';
import type { Family } from '../../core/family.ts';
import { encodeNumber } from '../../exposition/encode.ts';
import type { Branch, BranchColumn } from './branch.ts';
import { inVersionRange } from './version.ts';
import { numberReader, type ToNumber } from './values.ts';

/** A metric column, resolved to its place in the result. */
interface MetricCell {
  readonly index: number;
  readonly family: Family;
  /** The sample's value for NULL, which is neither converted nor scaled. */
  readonly whenNull: number | undefined;
  readonly toNumber: ToNumber;
}

/** Turns the rows of a branch's result into samples. A row whose labels came before gives only what is new in it. */
export function readRows(branch: Branch, version: number, sink: SampleSink): ResultHandler {
  let labelIndexes: readonly number[] = [];
  let metrics: readonly MetricCell[] = [];
  /** By labels: the metrics that have no sample yet, undefined if each has one. */
  const lacking = new Map<LabelSet, Set<MetricCell> | undefined>();

  function addRow(cells: readonly (string | null)[], labels: LabelSet, wanted: Iterable<MetricCell>): void {
    const without = new Set<MetricCell>();
    for (const metric of wanted) {
      const cell = cells[metric.index] ?? null;
      const value = cell === null ? metric.whenNull : metric.toNumber(cell);
      if (value !== undefined) sink.add(metric.family, labels, value);
      else without.add(metric);
      if (cell !== null && value === undefined) sink.drop('not_a_number', 1);
    }
    lacking.set(labels, without.size === 0 ? undefined : without);
  }

  return {
    columns(columns) {
      const expected = branch.columns.filter((column) => isExpected(column, version));
      const indexOf = resolveColumns(branch, columns, expected);
      labelIndexes = branch.columns
        .filter(({ usage }) => usage === 'LABEL')
        .map((column) => (expected.includes(column) ? indexOf(column) : -1));
      metrics = expected.flatMap((column) => toMetricCell(column, indexOf, columns));
    },
    row(cells) {
      const labels = sink.labels(
        branch.labelNames,
        labelIndexes.map((index) => cells[index] ?? ''),
      );
      if (!lacking.has(labels)) return addRow(cells, labels, metrics);
      const wanted = lacking.get(labels) ?? new Set();
      const repeated = metrics.filter((metric) => !wanted.has(metric) && (cells[metric.index] ?? null) !== null).length;
      if (repeated > 0) sink.drop('duplicate', repeated);
      addRow(cells, labels, wanted);
    },
    end: () => undefined,
  };
}

function isExpected({ usage, spec }: BranchColumn, version: number): boolean {
  return usage !== 'DISCARD' && (spec.pg_version === undefined || inVersionRange(version, spec.pg_version));
}

function resolveColumns(
  branch: Branch,
  columns: readonly Column[],
  expected: readonly BranchColumn[],
): (column: BranchColumn) => number {
  const indexes = new Map(columns.map(({ name }, index) => [name, index]));
  const missing = expected.filter(({ name }) => !indexes.has(name)).map(({ name }) => name);
  if (missing.length > 0) {
    throw new WalguardError(
      'QUERY_BAD_RESULT',
      `the query of ${branch.key} returns no column ${missing.join(', ')}, but ${columns.map(({ name }) => name).join(', ')}`,
      { hint: 'Name the columns in the query as they are declared under metrics.' },
    );
  }
  return ({ name }) => indexes.get(name) ?? -1;
}

function toMetricCell(
  column: BranchColumn,
  indexOf: (column: BranchColumn) => number,
  columns: readonly Column[],
): readonly MetricCell[] {
  if (column.family === undefined) return [];
  const index = indexOf(column);
  const { spec } = column;
  return [
    {
      index,
      family: column.family,
      whenNull: spec.default,
      toNumber: scaled(readerFor(column, columns[index]?.typeOid ?? 0), spec.scale),
    },
  ];
}

function readerFor({ usage, spec }: BranchColumn, typeOid: number): ToNumber {
  if (usage === 'INFO') return () => '1';
  if (usage === 'MAPPEDMETRIC') {
    const numbers = new Map(Object.entries(spec.metric_mapping ?? {}));
    return (text) => numbers.get(text)?.toString();
  }
  if (usage === 'DURATION') return (text) => parseDuration(text)?.toString();
  return numberReader(typeOid);
}

function scaled(toNumber: ToNumber, scale: number | undefined): ToNumber {
  if (scale === undefined) return toNumber;
  return (text) => {
    const value = toNumber(text);
    return value === undefined ? undefined : encodeNumber(Number(value.replace('Inf', 'Infinity')) * scale);
  };
}
