import type { Lsn } from '../core/lsn.ts';
import type { RecoverabilityInput, RepositoryInput, ServerView } from '../core/recoverability.ts';
import { type SegmentNumber, startOfSegment } from '../core/segments.ts';
import { type ArchiveView, sameCluster } from './archive-view.ts';
import { isPending, type JudgedBackup } from './backups.ts';
import { type Belief, believedAt } from './beliefs.ts';
import { type Reach, reachFrom, timeOf } from './coverage.ts';
import { isFresh } from './freshness.ts';
import type { JudgedRepository } from './repository.ts';

/** A file that came while the archive was listed may have been missed. */
const LISTING_SECONDS = 5;

export type ExposureInput = Pick<RecoverabilityInput, 'server' | 'heartbeats' | 'nowSeconds'>;

/** Up to where WAL is safe, and since when what is behind it was written where no sample tells. */
export interface Secured {
  readonly end: Lsn;
  readonly closedSeconds: number | undefined;
  readonly archivedSeconds: number | undefined;
}

/** What an archive holds, and what PostgreSQL put there since it was read if all before was found there. */
export function heldBy({ view, usable, backups, input }: JudgedRepository, whole: ExposureInput): Secured | undefined {
  const { server } = whole;
  if (view === undefined || server === undefined) return undefined;
  const reach =
    backups === undefined ? tipOf(view, (hole) => isPending(hole, view, input.policy)) : furthest(view, usable);
  if (reach === undefined) return undefined;
  const believed = believedAt(whole, view.contents.readAtSeconds - LISTING_SECONDS);
  const { archivedEnd } = server;
  if (
    wasFound(believed, view, reach) &&
    !isCutOff(reach, view, input) &&
    server.archivingExpected &&
    archivedEnd !== undefined &&
    archivedEnd >= reach.end
  ) {
    return wordOf(server, archivedEnd);
  }
  if (view.main.timeline < (server.timeline ?? 0)) return beforeSwitch(reach, whole);
  const archivedSeconds = timeOf(view.coverageOf(view.main), reach.timeline, reach.segment);
  if (wasSetBack(server, reach, archivedSeconds, whole.nowSeconds)) return undefined;
  return { end: reach.end, closedSeconds: undefined, archivedSeconds };
}

/** Of what lies behind a gap nothing can be replayed, whenever it came. */
function isCutOff({ hole }: Reach, view: ArchiveView, { policy }: RepositoryInput): boolean {
  return hole !== undefined && !isPending(hole, view, policy);
}

/** What PostgreSQL had archived before the reading is there, so what it archived since will be. */
function wasFound(believed: Belief | undefined, { main }: ArchiveView, { end }: Reach): boolean {
  return believed === undefined || (believed.timeline <= main.timeline && believed.end <= end);
}

/**
 * The archive does not know the server's timeline, so it cannot tell from where on its segments are of a branch that
 * was left. What this server itself had on the older timeline is in it.
 */
function beforeSwitch({ timeline: held, end }: Reach, { heartbeats }: ExposureInput): Secured | undefined {
  const last = heartbeats.findLast(
    ({ lsn, timeline }) => lsn !== undefined && lsn <= end && timeline !== undefined && timeline <= held,
  );
  if (last?.lsn === undefined) return undefined;
  return { end: last.lsn, closedSeconds: undefined, archivedSeconds: last.serverTimeSeconds };
}

/** The archive had already more of its timeline when it was asked: a copy of the machine from before was started. */
function wasSetBack(
  server: ServerView,
  { timeline, end }: Reach,
  archivedSeconds: number | undefined,
  nowSeconds: number,
): boolean {
  if (!isFresh(server, nowSeconds)) return false;
  return isBefore(server, { timeline, end, archivedSeconds }, LISTING_SECONDS);
}

interface Archived {
  readonly timeline: number;
  readonly end: Lsn;
  readonly archivedSeconds: number | undefined;
}

/** The server was not there yet when it was asked, so long after that had come into the archive. */
function isBefore(server: ServerView, { timeline, end, archivedSeconds }: Archived, afterSeconds: number): boolean {
  const { lsn, timeSeconds, clockSkewSeconds } = server;
  if (lsn === undefined || end <= lsn || timeline !== server.timeline) return false;
  return archivedSeconds !== undefined && timeSeconds - clockSkewSeconds - archivedSeconds > afterSeconds;
}

/** The newest segment of an archive, if the server has not got there; undefined if it has, or nobody can tell. */
export function aheadOfServer(
  { view, input }: JudgedRepository,
  server: ServerView,
): { readonly timeline: number; readonly segment: SegmentNumber } | undefined {
  const coverage = view?.coverageOf(view.main);
  const segment = coverage?.spans.at(-1)?.last;
  if (view === undefined || coverage === undefined || segment === undefined) return undefined;
  if (!sameCluster(view.contents, server)) return undefined;
  const { timeline } = view.main;
  const end = startOfSegment(segment + 1, view.segmentBytes);
  const archivedSeconds = timeOf(coverage, timeline, segment);
  // The clock of the archive may differ from the server's, though not by so much.
  const isAhead = isBefore(server, { timeline, end, archivedSeconds }, input.policy.pendingAfterSeconds);
  return isAhead ? { timeline, segment } : undefined;
}

function furthest({ main }: ArchiveView, usable: readonly JudgedBackup[]): Reach | undefined {
  let best: Reach | undefined;
  for (const { reach, coverage } of usable) {
    if (reach !== undefined && coverage?.path === main && reach.end > (best?.end ?? -1n)) best = reach;
  }
  return best;
}

/** Without a look at the backups what counts is the end of the archive, but for what came before its turn. */
function tipOf(view: ArchiveView, pending: (hole: NonNullable<Reach['hole']>) => boolean): Reach | undefined {
  const coverage = view.coverageOf(view.main);
  let tip: Reach | undefined;
  for (let index = coverage.spans.length - 1; index >= 0; index--) {
    const span = coverage.spans[index];
    const reach = span === undefined ? undefined : reachFrom(coverage, span.first);
    if (reach === undefined || (tip !== undefined && (reach.hole === undefined || !pending(reach.hole)))) break;
    tip = reach;
  }
  return tip;
}

/** PostgreSQL's word; undefined where it never archived anything, as far as anybody saw. */
export function believedBy(server: ServerView, input: ExposureInput): Secured | undefined {
  if (!server.archivingExpected) return undefined;
  if (server.archivedEnd !== undefined) return wordOf(server, server.archivedEnd);
  // The statistics may have been reset since.
  const before = believedAt(input, Infinity);
  return before === undefined ? undefined : { end: before.end, closedSeconds: undefined, archivedSeconds: undefined };
}

function wordOf({ lastArchivedClosedSeconds, lastArchivedTimeSeconds }: ServerView, end: Lsn): Secured {
  return { end, closedSeconds: lastArchivedClosedSeconds, archivedSeconds: lastArchivedTimeSeconds };
}
