import type { Heartbeat } from '../core/facts.ts';
import type { Lsn } from '../core/lsn.ts';
import type { Exposure, ExposureMethod, ServerView } from '../core/recoverability.ts';
import { sameCluster } from './archive-view.ts';
import type { JudgedBackup } from './backups.ts';
import { isFresh } from './freshness.ts';
import type { JudgedRepository } from './repository.ts';
import { believedBy, type ExposureInput, heldBy, type Secured } from './secured.ts';

/** WAL that a server writes without any commit: what it tells its standbys, checkpoints while nobody works. */
const IDLE_WAL_BYTES = 8_192n;

/** Many times the interval of reading. */
const LATELY_SECONDS = 900;

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
  const estimates: readonly Exposure[] = [
    ...secured.map((one) => (one === undefined ? undefined : estimate(one, server, input.heartbeats))),
    backupEstimate(usable, server),
  ].flatMap((one) => (one === undefined ? [] : [{ ...one, evidence }]));
  const received = isCutOff(archives) ? [] : receiverEstimates(server, input.heartbeats);
  const [least] = [...estimates, ...received].toSorted((a, b) => a.seconds - b.seconds);
  return least;
}

/** What was archived since an older reading nobody saw. */
function wasReadLately({ view }: JudgedRepository, { nowSeconds }: ExposureInput): boolean {
  return view !== undefined && nowSeconds - view.contents.readAtSeconds <= LATELY_SECONDS;
}

/**
 * The archive got further than the server was when it last answered: it lives, unseen, and what it wrote is unknown.
 * A server that is gone has lost what it had then.
 */
function wroteSince(server: ServerView, secured: readonly (Secured | undefined)[], nowSeconds: number): boolean {
  const { lsn } = server;
  return !isFresh(server, nowSeconds) && lsn !== undefined && secured.some((one) => one !== undefined && one.end > lsn);
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

/** That they have it on disk is what they told the server: where they keep it was not looked at. */
function receiverEstimates(server: ServerView, heartbeats: readonly Heartbeat[]): readonly Exposure[] {
  return server.receivers.flatMap(({ flushLsn }) => {
    const secured = { end: flushLsn, closedSeconds: undefined, archivedSeconds: undefined };
    const one = estimate(secured, server, heartbeats);
    return one === undefined ? [] : [{ ...one, evidence: 'server' }];
  });
}

function backupEstimate(usable: readonly JudgedBackup[], { timeSeconds }: ServerView): Estimate | undefined {
  const ours = usable.filter(({ limit }) => limit !== 'abandoned');
  const newest = Math.max(...ours.map(({ backup }) => backup.stopTimeSeconds));
  if (newest === -Infinity) return undefined;
  return { seconds: Math.max(0, timeSeconds - newest), bytes: undefined, method: 'backup' };
}
