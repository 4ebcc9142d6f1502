import type { Lsn } from '../core/lsn.ts';
import { type SegmentNumber, segmentOf, startOfSegment } from '../core/segments.ts';
import { type Path, pieceOf } from './paths.ts';
import { firstEndingFrom, rangeHolding, type Run } from './runs.ts';

/** Segments that can be replayed one after the other along a path. */
export interface Span {
  readonly first: SegmentNumber;
  readonly last: SegmentNumber;
  /** When `first` came into the archive. */
  readonly firstTime: number;
}

/** What an archive holds of one path. */
export interface Coverage {
  readonly path: Path;
  /** Ascending, with a hole between each two. */
  readonly spans: readonly Span[];
  readonly segmentBytes: number;
  readonly runs: ReadonlyMap<number, TimelineRuns>;
}

export interface TimelineRuns {
  readonly runs: readonly Run[];
  /** When each segment came into the archive, by the index of the runs. */
  readonly times: Float64Array;
}

/** How far recovery gets. */
export interface Reach {
  /** Of the file that is replayed last. */
  readonly timeline: number;
  readonly segment: SegmentNumber;
  /** First byte that cannot be replayed any more. */
  readonly end: Lsn;
  /** What is missing behind it, if more follows. */
  readonly hole: Hole | undefined;
}

/** Segments of a path that are missing between some that are held. */
export interface Hole {
  readonly first: SegmentNumber;
  readonly last: SegmentNumber;
  /** When the segment behind it came into the archive. */
  readonly nextTime: number;
}

export function coverageOf(path: Path, runs: ReadonlyMap<number, TimelineRuns>, segmentBytes: number): Coverage {
  const spans: Span[] = [];
  for (const piece of path.pieces) {
    const held = runs.get(piece.timeline);
    if (held === undefined || piece.last < piece.first) continue;
    for (let index = firstEndingFrom(held.runs, piece.first); index < held.runs.length; index++) {
      const run = held.runs[index];
      if (run === undefined || run.first > piece.last) break;
      const first = Math.max(run.first, piece.first);
      append(spans, first, Math.min(run.last, piece.last), held.times[run.index + first - run.first] ?? 0);
    }
  }
  return { path, spans, segmentBytes, runs };
}

function append(spans: Span[], first: SegmentNumber, last: SegmentNumber, firstTime: number): void {
  const before = spans.at(-1);
  if (before !== undefined && before.last + 1 === first) spans[spans.length - 1] = { ...before, last };
  else spans.push({ first, last, firstTime });
}

/** How far one gets who begins in a segment; undefined if not even that is there. */
export function reachFrom(coverage: Coverage, from: SegmentNumber): Reach | undefined {
  const { spans, path, segmentBytes } = coverage;
  const index = firstEndingFrom(spans, from);
  const span = spans[index];
  if (span === undefined || span.first > from) return parentsCopy(coverage, from, span);
  const next = spans[index + 1];
  const copy = parentsCopy(coverage, span.last + 1, next);
  if (copy !== undefined) return copy;
  const timeline = pieceOf(path, span.last)?.timeline ?? path.timeline;
  const end = startOfSegment(span.last + 1, segmentBytes);
  return { timeline, segment: span.last, end, hole: holeBefore(next, span.last + 1) };
}

/**
 * Where the child's segment with the switch is not there, the parent's holds the WAL up to the switch. What stands
 * behind it there belongs to a branch that was left.
 */
function parentsCopy(coverage: Coverage, segment: SegmentNumber, next: Span | undefined): Reach | undefined {
  const { path, segmentBytes, runs } = coverage;
  const copy = path.pieces.findLast(
    ({ timeline, end }) =>
      end !== undefined &&
      end > startOfSegment(segment, segmentBytes) &&
      segmentOf(end, segmentBytes) === segment &&
      rangeHolding(runs.get(timeline)?.runs ?? [], segment) !== undefined,
  );
  if (copy?.end === undefined) return undefined;
  return { timeline: copy.timeline, segment, end: copy.end, hole: holeBefore(next, segment) };
}

function holeBefore(next: Span | undefined, first: SegmentNumber): Hole | undefined {
  return next === undefined ? undefined : { first, last: next.first - 1, nextTime: next.firstTime };
}

/** The holes behind a segment, which may itself be missing; ascending. */
export function holesFrom({ spans }: Coverage, from: SegmentNumber): readonly Hole[] {
  const holes: Hole[] = [];
  let expected = from;
  for (let index = firstEndingFrom(spans, from); index < spans.length; index++) {
    const span = spans[index];
    if (span === undefined) break;
    if (span.first > expected) holes.push({ first: expected, last: span.first - 1, nextTime: span.firstTime });
    expected = span.last + 1;
  }
  return holes;
}

/** When a segment came into the archive; undefined if it is not there. */
export function timeOf({ runs }: Coverage, timeline: number, segment: SegmentNumber): number | undefined {
  const held = runs.get(timeline);
  const run = held === undefined ? undefined : rangeHolding(held.runs, segment);
  return run === undefined ? undefined : held?.times[run.index + segment - run.first];
}
