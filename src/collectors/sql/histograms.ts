import type { Column, Histogram, LabelSet, SampleSink } from '../../core/collector.ts';
import type { Family } from '../../core/family.ts';
import type { Row } from '../../core/row.ts';
import { encodeBoundLabel, extendLabels } from '../../exposition/encode.ts';
import { numberReader } from './values.ts';

/** The columns of a histogram that the server counted, beside the one with the bounds. */
export const HISTOGRAM_PARTS = ['_bucket', '_sum', '_count'] as const;

/**
 * Reads a histogram that the server counted: arrays of the upper bounds and of the counts up to each, the sum of all
 * observations and their number. Undefined if they do not fit each other, null if there is none.
 *
 * @param indexes of the bounds, the counts, the sum and the number
 */
export function histogramReader(
  indexes: readonly number[],
  columns: readonly Column[],
): (row: Row) => Histogram | null | undefined {
  const [, , sumIndex = -1, countIndex = -1] = indexes;
  const toSum = numberReader(columns[sumIndex]?.typeOid ?? 0);
  const toCount = numberReader(columns[countIndex]?.typeOid ?? 0);
  return (row) => {
    const [bounds, counts, sum, count] = indexes.map((index) => row.text(index) ?? undefined);
    if (bounds === undefined || counts === undefined || sum === undefined || count === undefined) return null;
    const buckets = pair(readArray(bounds), readArray(counts));
    const total = toCount(count);
    const added = toSum(sum);
    return buckets === undefined || total === undefined || added === undefined
      ? undefined
      : { buckets, sum: added, count: total };
  };
}

/** More digits than any count has, and fewer than Prometheus refuses. */
const COUNT_TEXT = /^\d{1,40}$/;

/** Bounds with their counts, ascending; +Inf is not among them, the number of observations stands for it. */
function pair(
  bounds: readonly string[] | undefined,
  counts: readonly string[] | undefined,
): Histogram['buckets'] | undefined {
  if (bounds === undefined || counts === undefined || bounds.length !== counts.length) return undefined;
  const buckets = bounds.map((bound, index) => [Number(bound), counts[index] ?? ''] as const);
  const finite = buckets.filter(([bound]) => bound !== Infinity).toSorted(([a], [b]) => a - b);
  const sound = finite.every(
    ([bound, count], index) => Number.isFinite(bound) && COUNT_TEXT.test(count) && bound !== finite[index + 1]?.[0],
  );
  return sound ? finite : undefined;
}

/** Reads an array of numbers of one dimension; undefined if it is none. */
function readArray(text: string): readonly string[] | undefined {
  if (!/^\{[^{}"]*\}$/.test(text)) return undefined;
  const inside = text.slice(1, -1);
  return inside === '' ? [] : inside.split(',');
}

/** Sets of labels that one column's rows may have: without a bound a result without end would take all memory. */
const MOST_DISTRIBUTIONS = 100_000;

/** The histogram of the rows of one column: an observation a row, apart for each set of labels. */
export interface Snapshot {
  /** False if it is left out, for there are too many sets of labels. */
  readonly observe: (labels: LabelSet, value: number) => boolean;
  /** Writes it as gauges: its counts go down as well as up. */
  readonly write: (sink: SampleSink) => void;
}

interface Distribution {
  /** By bound, not added up; the last one is what is above all bounds. */
  readonly counts: number[];
  sum: number;
}

/** @param families of its buckets, its sum and its count */
export function createSnapshot(bounds: readonly number[], families: readonly Family[]): Snapshot {
  const distributions = new Map<LabelSet, Distribution>();
  const [bucketFamily, sumFamily, countFamily] = families;
  const names = [...bounds.map(encodeBoundLabel), '+Inf'];

  return {
    observe(labels, value) {
      const known = distributions.get(labels) ?? { counts: names.map(() => 0), sum: 0 };
      if (distributions.size === MOST_DISTRIBUTIONS && !distributions.has(labels)) return false;
      distributions.set(labels, known);
      const found = bounds.findIndex((bound) => value <= bound);
      const index = found < 0 ? bounds.length : found;
      known.counts[index] = (known.counts[index] ?? 0) + 1;
      known.sum += value;
      return true;
    },
    write(sink) {
      if (bucketFamily === undefined || sumFamily === undefined || countFamily === undefined) return;
      for (const [labels, { counts, sum }] of distributions) {
        let upTo = 0;
        for (const [index, name] of names.entries()) {
          upTo += counts[index] ?? 0;
          sink.add(bucketFamily, extendLabels(labels, 'le', name), upTo);
        }
        sink.add(sumFamily, labels, sum);
        sink.add(countFamily, labels, upTo);
      }
    },
  };
}
