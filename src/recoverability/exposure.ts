import type { Heartbeat } from '../core/facts.ts';
import type { Lsn } from '../core/lsn.ts';
import type { Exposure, ExposureMethod, RecoverabilityInput, ServerView } from '../core/recoverability.ts';
import { type ArchiveView, sameCluster } from './archive-view.ts';
import { isFresh } from './freshness.ts';
import { isPending, type JudgedBackup } from './backups.ts';
import { believedAt } from './beliefs.ts';
import { type Reach, reachFrom, timeOf } from './coverage.ts';
import type { JudgedRepository } from './repository.ts';

/** WAL that a server writes without any commit: what it tells its standbys, checkpoints while nobody works. */
const IDLE_WAL_BYTES = 8_192n;

/** A file that came while the archive was listed may have been missed. */
const LISTING_SECONDS = 5;

/** Many times the interval of reading. */
const LATELY_SECONDS = 900;

type ExposureInput = Pick<RecoverabilityInput, 'server' | 'heartbeats' | 'nowSeconds'>;

/** Up to where WAL is safe, and since when what is behind it was written where no sample tells. */
interface Secured {
  readonly end: Lsn;
  readonly closedSeconds: number | undefined;
  readonly archivedSeconds: number | undefined;
}

type Estimate = Omit<Exposure, 'evidence'>;

/**
 * What would be lost if the primary's disk died now: the least over what the archive, programs that receive WAL and the
 * newest backup keep. Undefined on a standby, while the server is not known, and where nothing is left to restore.
 */
export function exposureOf(input: ExposureInput, repositories: readonly JudgedRepository[]): Exposure | undefined {
  const { server } = input;
  if (server === undefined || server.inRecovery) return undefined;
  const usable = repositories.flatMap((repository) => repository.usable);
  const readsAll = repositories.length > 0 && repositories.every(({ backups }) => backups !== undefined);
  if (readsAll && usable.length === 0) return undefined;
  const archives = repositories.filter(({ view }) => view !== undefined && sameCluster(view.contents, server));
  const evidence = archives.some((one) => wasReadLately(one, input)) ? 'archive' : 'server';
  const secured = archives.length > 0 ? archives.map((one) => heldBy(one, input)) : [believedBy(server, input)];
  if (wroteSince(server, secured, input.nowSeconds)) return undefined;
  const estimates = [
    ...secured.map((one) => (one === undefined ? undefined : estimate(one, server, input.heartbeats))),
    ...(isCutOff(archives) ? [] : receiverEstimates(server, input.heartbeats)),
    backupEstimate(usable, server),
  ].filter((one) => one !== undefined);
  const [least] = estimates.toSorted((a, b) => a.seconds - b.seconds);
  return least === undefined ? undefined : { ...least, evidence };
}

/** What was archived since an older reading nobody saw. */
function wasReadLately({ view }: JudgedRepository, { nowSeconds }: ExposureInput): boolean {
  return view !== undefined && nowSeconds - view.contents.readAtSeconds <= LATELY_SECONDS;
}

/** What an archive holds, and what PostgreSQL put there since it was read if all before was found there. */
function heldBy({ view, usable, backups, input }: JudgedRepository, whole: ExposureInput): Secured | undefined {
  const { server } = whole;
  if (view === undefined || server === undefined) return undefined;
  const reach =
    backups === undefined ? tipOf(view, (hole) => isPending(hole, view, input.policy)) : furthest(view, usable);
  if (reach === undefined) return undefined;
  const believed = believedAt(whole, view.contents.readAtSeconds - LISTING_SECONDS);
  const confirmed = believed === undefined || believed.end <= reach.end;
  const { archivedEnd } = server;
  if (confirmed && server.archivingExpected && archivedEnd !== undefined && archivedEnd >= reach.end) {
    return wordOf(server, archivedEnd);
  }
  const archivedSeconds = timeOf(view.coverageOf(view.main), reach.timeline, reach.segment);
  return { end: reach.end, closedSeconds: undefined, archivedSeconds };
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
function believedBy(server: ServerView, input: ExposureInput): Secured | undefined {
  if (!server.archivingExpected) return undefined;
  if (server.archivedEnd !== undefined) return wordOf(server, server.archivedEnd);
  // The statistics may have been reset since.
  const before = believedAt(input, Infinity);
  return before === undefined ? undefined : { end: before.end, closedSeconds: undefined, archivedSeconds: undefined };
}

/**
 * The archive got further than the server was when it last answered: it lives, unseen, and what it wrote is unknown.
 * A server that is gone has lost what it had then.
 */
function wroteSince(server: ServerView, secured: readonly (Secured | undefined)[], nowSeconds: number): boolean {
  const { lsn } = server;
  return !isFresh(server, nowSeconds) && lsn !== undefined && secured.some((one) => one !== undefined && one.end > lsn);
}

function wordOf({ lastArchivedClosedSeconds, lastArchivedTimeSeconds }: ServerView, end: Lsn): Secured {
  return { end, closedSeconds: lastArchivedClosedSeconds, archivedSeconds: lastArchivedTimeSeconds };
}

function estimate(secured: Secured, server: ServerView, heartbeats: readonly Heartbeat[]): Estimate | undefined {
  const { end, closedSeconds, archivedSeconds } = secured;
  const { lsn } = server;
  const behind = lsn === undefined || lsn <= end ? 0n : lsn - end;
  const bytes = lsn === undefined ? undefined : behind;
  if (lsn !== undefined && behind <= IDLE_WAL_BYTES) return { seconds: 0, bytes: 0n, method: 'lsn_ring' };
  const sampled = lsn === undefined ? undefined : lastSampleBefore(end, server, heartbeats);
  if (sampled !== undefined) return since(sampled, 'lsn_ring');
  if (closedSeconds !== undefined) return since(closedSeconds, 'done_time');
  return archivedSeconds === undefined ? undefined : since(archivedSeconds, 'archived_time');

  function since(seconds: number, method: ExposureMethod): Estimate {
    return { seconds: Math.max(0, server.timeSeconds - seconds), bytes, method };
  }
}

/** All commits up to that moment are in the WAL before the position. */
function lastSampleBefore(end: Lsn, server: ServerView, heartbeats: readonly Heartbeat[]): number | undefined {
  return heartbeats.findLast(
    ({ lsn, timeline }) => lsn !== undefined && lsn <= end && (timeline ?? 0) <= (server.timeline ?? Infinity),
  )?.serverTimeSeconds;
}

/** The archive breaks off behind the newest backup: what a receiver has later cannot be joined to it. */
function isCutOff(archives: readonly JudgedRepository[]): boolean {
  const judged = archives.filter(({ usable }) => usable.length > 0);
  return judged.length > 0 && judged.every(({ usable }) => usable.every(({ limit }) => limit === 'gap'));
}

function receiverEstimates(server: ServerView, heartbeats: readonly Heartbeat[]): readonly (Estimate | undefined)[] {
  return server.receivers.map(({ flushLsn }) =>
    estimate({ end: flushLsn, closedSeconds: undefined, archivedSeconds: undefined }, server, heartbeats),
  );
}

function backupEstimate(usable: readonly JudgedBackup[], { timeSeconds }: ServerView): Estimate | undefined {
  const ours = usable.filter(({ limit }) => limit !== 'abandoned');
  const newest = Math.max(...ours.map(({ backup }) => backup.stopTimeSeconds));
  if (newest === -Infinity) return undefined;
  return { seconds: Math.max(0, timeSeconds - newest), bytes: undefined, method: 'backup' };
}
