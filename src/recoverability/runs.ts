import type { SegmentNumber } from '../core/segments.ts';

/** Segments of one timeline that follow each other without a hole. */
export interface Run {
  readonly first: SegmentNumber;
  readonly last: SegmentNumber;
  /** Of `first` in the list of segments. */
  readonly index: number;
}

/** An archive is looked at many times between two readings of it. */
const KNOWN = new WeakMap<Float64Array, readonly Run[]>();

/** @param segments ascending, each once; not changed any more */
export function runsOf(segments: Float64Array): readonly Run[] {
  const runs = KNOWN.get(segments) ?? findRuns(segments);
  KNOWN.set(segments, runs);
  return runs;
}

function findRuns(segments: Float64Array): readonly Run[] {
  const runs: Run[] = [];
  let index = 0;
  let first = segments[0];
  let last = first;
  if (first === undefined || last === undefined) return runs;
  for (let next = 1; next < segments.length; next++) {
    const segment: number = segments[next] ?? 0;
    if (segment !== last + 1) {
      runs.push({ first, last, index });
      first = segment;
      index = next;
    }
    last = segment;
  }
  runs.push({ first, last, index });
  return runs;
}

interface Range {
  readonly first: SegmentNumber;
  readonly last: SegmentNumber;
}

/** Index of the first range that ends at the segment or after it; the number of ranges if there is none. */
export function firstEndingFrom(ranges: readonly Range[], segment: SegmentNumber): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.last ?? Infinity) < segment) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The range that holds the segment; undefined if none does. */
export function rangeHolding<T extends Range>(ranges: readonly T[], segment: SegmentNumber): T | undefined {
  const range = ranges[firstEndingFrom(ranges, segment)];
  return range !== undefined && range.first <= segment ? range : undefined;
}
