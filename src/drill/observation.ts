import { WalguardError } from '../core/error.ts';
import { formatLsn, type Lsn, parseLsn } from '../core/lsn.ts';
import { segmentName, segmentOf } from '../core/segments.ts';
import { damagedWal, missingWal, promoted } from './failures.ts';
import type { Plan } from './plan.ts';
import type { ServerLog } from './server-log.ts';
import { describeTarget, targetTime } from './wanted.ts';

/** Numbers of seconds are not exact. */
const MICROSECOND = 1e-6;

/** What a restored server says of its recovery at one moment. */
export interface Observation {
  readonly isRecovering: boolean;
  readonly isPaused: boolean;
  /** It found no more WAL, and waits until it asks for it again. */
  readonly isWaiting: boolean;
  readonly replayed: Lsn;
  /** Commit time of the last transaction that was replayed; undefined if none was. */
  readonly lastCommitSeconds: number | undefined;
}

/** One row with the parts of an Observation. @param majorVersion as server_version_num has it without the minor */
export function observationQuery(majorVersion: number): string {
  const paused = majorVersion >= 140_000 ? `pg_get_wal_replay_pause_state() = 'paused'` : 'pg_is_wal_replay_paused()';
  return `
    SELECT recovering, CASE WHEN recovering THEN ${paused} ELSE false END,
      EXISTS (SELECT FROM pg_stat_activity
        WHERE backend_type = 'startup' AND wait_event = 'RecoveryRetrieveRetryInterval'),
      pg_last_wal_replay_lsn(), extract(epoch FROM pg_last_xact_replay_timestamp())
    FROM (SELECT pg_is_in_recovery() AS recovering) AS now`;
}

export function toObservation(row: readonly (string | null)[]): Observation {
  const [recovering, paused, waiting, lsn, commit] = row;
  return {
    isRecovering: recovering === 't',
    isPaused: paused === 't',
    isWaiting: waiting === 't',
    replayed: parseLsn(lsn ?? '') ?? 0n,
    lastCommitSeconds: commit === null || commit === undefined ? undefined : Number(commit),
  };
}

/** `settings`: it stopped because it needs larger ones. */
export type Progress = 'going' | 'stuck' | 'settings' | 'reached';

/** What an observation means for the plan. Throws what keeps it from ever reaching the target. */
export function judge(seen: Observation, log: ServerLog, plan: Plan): Progress {
  if (!seen.isRecovering) throw promoted(formatLsn(seen.replayed));
  if (seen.isPaused && log.stopping === undefined && log.tooLow.size > 0) return 'settings';
  if (plan.target.kind === 'latest') return judgeLatest(seen, log, plan);
  if (!seen.isPaused || log.stopping === undefined) return 'going';
  refuseWrongPlace(seen, plan);
  return 'reached';
}

/** The end of the archive is reached where the server asks for the segment behind the last one. */
function judgeLatest(seen: Observation, log: ServerLog, plan: Plan): Progress {
  const { wantedLsn } = plan;
  if (wantedLsn === undefined || seen.replayed >= wantedLsn) return 'reached';
  if (!seen.isWaiting) return 'going';
  return isAtEnd(seen, log, plan, wantedLsn) ? 'reached' : 'stuck';
}

/** A record that goes on in the next segment cannot be replayed yet. */
function isAtEnd(seen: Observation, log: ServerLog, { segmentBytes, window }: Plan, wanted: Lsn): boolean {
  if (window === undefined || log.damage !== undefined) return false;
  const last = segmentOf(wanted - 1n, segmentBytes);
  return (
    segmentOf(seen.replayed, segmentBytes) === last ||
    log.restored.last === segmentName(window.timeline, last, segmentBytes)
  );
}

function refuseWrongPlace(seen: Observation, { target }: Plan): void {
  const stoppedAt = formatLsn(seen.replayed);
  if (target.kind === 'lsn' && seen.replayed < target.lsn)
    throw new WalguardError(
      'DRILL_TARGET_NOT_REACHED',
      `recovery stopped at ${stoppedAt}, before ${formatLsn(target.lsn)}`,
    );
  const { lastCommitSeconds: last } = seen;
  if (target.kind !== 'time' || last === undefined || last <= target.seconds + MICROSECOND) return;
  const message = `recovery stopped at ${targetTime(last)} (${stoppedAt}), behind ${describeTarget(target)}`;
  throw new WalguardError('DRILL_TARGET_PASSED', message, {
    hint: 'The target lies before the end of the backup: give a later one, or let an earlier backup be there.',
  });
}

/** Why a server that found no more WAL for a while will not get any. */
export function stuck(seen: Observation, log: ServerLog, { wantedLsn = 0n, missing }: Plan): WalguardError {
  return log.damage === undefined
    ? missingWal(formatLsn(seen.replayed), formatLsn(wantedLsn), missing)
    : damagedWal(log.damage);
}

/**
 * Of the WAL that ends at a position: a file begins with what belongs to the timeline before its own, and the end of the
 * last one is the beginning of a file that nobody has.
 */
export function timelineAt(position: Lsn, log: ServerLog, { segmentBytes, histories, backup }: Plan): number {
  const last = position === 0n ? position : position - 1n;
  const file = log.timelineOf(segmentName(1, segmentOf(last, segmentBytes), segmentBytes));
  const timeline = file ?? backup.wal?.stopTimeline ?? backup.wal?.timeline ?? 1;
  return histories.get(timeline)?.find(({ switchLsn }) => last < switchLsn)?.parent ?? timeline;
}
