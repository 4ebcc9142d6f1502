import type { AcceptedGap, Gap, RepositoryPolicy, SegmentRange } from '../core/recoverability.ts';
import { type SegmentNumber, segmentName, segmentOf } from '../core/segments.ts';
import type { ArchiveView } from './archive-view.ts';
import { firstNeeded, isPending, type JudgedBackup } from './backups.ts';
import { type Coverage, type Hole, holesFrom, timeOf } from './coverage.ts';
import { pieceOf } from './paths.ts';

export interface GapsFound {
  /** Ascending on their path. */
  readonly gaps: readonly Gap[];
  readonly pendingSegments: number;
}

/**
 * What is missing behind the oldest backup that can make use of it, on the way to the server's timeline. While that
 * cannot be placed, the way of the newest backup counts.
 */
export function findGaps(view: ArchiveView, backups: readonly JudgedBackup[], policy: RepositoryPolicy): GapsFound {
  const paths = [view.coverageOf(view.main)];
  const elsewhere = view.unplaced.includes(view.main.timeline)
    ? backups.findLast(({ coverage }) => coverage !== undefined && coverage.path !== view.main)?.coverage
    : undefined;
  if (elsewhere !== undefined) paths.push(elsewhere);
  const found = paths.map((coverage) => gapsOn(coverage, { view, backups, policy }));
  return {
    gaps: found.flatMap(({ gaps }) => gaps),
    pendingSegments: found.reduce((sum, { pendingSegments }) => sum + pendingSegments, 0),
  };
}

interface GapContext {
  readonly view: ArchiveView;
  readonly backups: readonly JudgedBackup[];
  readonly policy: RepositoryPolicy;
}

function gapsOn(coverage: Coverage, { view, backups, policy }: GapContext): GapsFound {
  const gaps: Gap[] = [];
  let pendingSegments = awaitedOfChild(coverage);
  const anchor = anchorOf(coverage, backups);
  const accepted = policy.acceptedGaps.toSorted((a, b) => a.first - b.first);
  let wasExpired = true;
  for (const hole of anchor === undefined ? [] : holesFrom(coverage, anchor)) {
    wasExpired = wasExpired && isExpired(hole, coverage, backups);
    if (wasExpired) continue;
    if (isPending(hole, view, policy)) pendingSegments += hole.last - hole.first + 1;
    else gaps.push(...toGaps(hole, coverage, accepted));
  }
  return { gaps, pendingSegments };
}

/**
 * Where WAL begins to matter: at the first segment of a backup that is there, or that ought to be, as the archive
 * goes back further. An archive that begins later was cleaned, or began later.
 */
function anchorOf(coverage: Coverage, backups: readonly JudgedBackup[]): SegmentNumber | undefined {
  const oldest = coverage.spans[0]?.first ?? Infinity;
  let anchor: SegmentNumber | undefined;
  for (const { coverage: taken, backup } of backups) {
    if (taken !== coverage || backup.wal === undefined) continue;
    const from = firstNeeded(backup.wal, coverage.segmentBytes);
    if (from >= oldest && from < (anchor ?? Infinity)) anchor = from;
  }
  return anchor;
}

/**
 * Tools that keep WAL for a shorter time than backups leave old ones what they need to become consistent: then all is
 * missing between one backup and the next, from the oldest on. A single segment is rather one that was lost.
 */
function isExpired({ first, last }: Hole, coverage: Coverage, backups: readonly JudgedBackup[]): boolean {
  const { segmentBytes } = coverage;
  const here = backups.flatMap((one) => (one.coverage === coverage ? (one.backup.wal ?? []) : []));
  const endsBefore = here.some(({ stop }) => segmentOf(stop - 1n, segmentBytes) === first - 1);
  return last > first && endsBefore && here.some(({ start }) => segmentOf(start, segmentBytes) === last + 1);
}

/** A timeline of which nothing came yet: the segment with the switch is on its way. */
function awaitedOfChild({ path, spans }: Coverage): number {
  const last = path.pieces.at(-1);
  return last !== undefined && path.pieces.length > 1 && (spans.at(-1)?.last ?? -1) < last.first ? 1 : 0;
}

/** A hole by timelines and by what the operator accepted of it. */
function toGaps(hole: Hole, coverage: Coverage, accepted: readonly AcceptedGap[]): readonly Gap[] {
  const { path, segmentBytes } = coverage;
  return path.pieces.flatMap(({ timeline, first, last }) => {
    const part = { timeline, first: Math.max(hole.first, first), last: Math.min(hole.last, last) };
    const times = { afterSeconds: arrivalBefore(hole, coverage), beforeSeconds: hole.nextTime };
    return part.first > part.last
      ? []
      : splitByAccepted(part, accepted, segmentBytes).map((gap) => ({ ...gap, ...times }));
  });
}

function arrivalBefore({ first }: Hole, coverage: Coverage): number | undefined {
  const piece = pieceOf(coverage.path, first - 1);
  return piece === undefined ? undefined : timeOf(coverage, piece.timeline, first - 1);
}

function splitByAccepted(part: SegmentRange, accepted: readonly AcceptedGap[], segmentBytes: number): readonly Gap[] {
  const { timeline } = part;
  const gaps: Gap[] = [];
  let next = part.first;
  for (const range of accepted) {
    if (range.timeline !== timeline || range.first > part.last || range.last < next) continue;
    if (range.first > next) gaps.push(toGap({ timeline, first: next, last: range.first - 1 }, undefined, segmentBytes));
    const first = Math.max(next, range.first);
    const last = Math.min(range.last, part.last);
    gaps.push(toGap({ timeline, first, last }, range, segmentBytes));
    next = last + 1;
  }
  if (next <= part.last) gaps.push(toGap({ timeline, first: next, last: part.last }, undefined, segmentBytes));
  return gaps;
}

/** @param by what the operator accepted it by; undefined if he did not */
function toGap({ timeline, first, last }: SegmentRange, by: AcceptedGap | undefined, segmentBytes: number): Gap {
  const firstName = segmentName(timeline, first, segmentBytes);
  const lastName = last === first ? firstName : segmentName(timeline, last, segmentBytes);
  return { timeline, first, last, firstName, lastName, accepted: by !== undefined, reason: by?.reason };
}

/** Segments missing that nobody accepted. */
export function countMissing(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, { accepted, first, last }) => (accepted ? sum : sum + last - first + 1), 0);
}
