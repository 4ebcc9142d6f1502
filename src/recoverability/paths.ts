import type { BackupWal, TimelineSwitch } from '../core/catalogue.ts';
import type { Lsn } from '../core/lsn.ts';
import { type SegmentNumber, segmentOf } from '../core/segments.ts';

/** The part of the WAL that recovery takes from one timeline. */
export interface Piece {
  readonly timeline: number;
  /** Where it left its parent; 0 for one without. */
  readonly begin: Lsn;
  /** Where the next timeline left it; undefined for the last. */
  readonly end: Lsn | undefined;
  readonly first: SegmentNumber;
  /**
   * The segment with the switch belongs to the child, which holds a copy of what came before it; so this is smaller
   * than `first` where the next switch is in the same segment, and Infinity for the last timeline.
   */
  readonly last: SegmentNumber;
}

/** What recovery replays to get to a timeline: its ancestors, the oldest first, and the timeline itself. */
export interface Path {
  readonly timeline: number;
  readonly pieces: readonly Piece[];
}

/** @param ancestors of the timeline, as its `.history` says; empty if there is none, as PostgreSQL takes it too */
export function pathTo(timeline: number, ancestors: readonly TimelineSwitch[], segmentBytes: number): Path {
  const steps = [...ancestors.map(({ parent, switchLsn }) => ({ on: parent, end: switchLsn })), { on: timeline }];
  let begin = 0n;
  const pieces = steps.map((step): Piece => {
    const end = 'end' in step ? step.end : undefined;
    const last = end === undefined ? Infinity : segmentOf(end, segmentBytes) - 1;
    const piece = { timeline: step.on, begin, end, first: segmentOf(begin, segmentBytes), last };
    begin = end ?? begin;
    return piece;
  });
  return { timeline, pieces };
}

/** The backup began and ended on this path, so recovery can take it. */
export function leadsFrom(path: Path, wal: BackupWal): boolean {
  const began = path.pieces.find(({ timeline }) => timeline === wal.timeline);
  const ended = path.pieces.find(({ timeline }) => timeline === (wal.stopTimeline ?? wal.timeline));
  if (began === undefined || ended === undefined) return false;
  const beganThere = wal.start >= began.begin && (began.end === undefined || wal.start < began.end);
  return beganThere && wal.stop > ended.begin && (ended.end === undefined || wal.stop <= ended.end);
}

/** The piece that recovery takes a segment from: the newest timeline that had begun in it. */
export function pieceOf(path: Path, segment: SegmentNumber): Piece | undefined {
  return path.pieces.findLast(({ first }) => first <= segment);
}
