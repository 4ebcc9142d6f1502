import type { Heartbeat } from '../core/facts.ts';
import type { Lsn } from '../core/lsn.ts';
import type { RecoveryWindow } from '../core/recoverability.ts';
import type { ArchiveView } from './archive-view.ts';
import type { JudgedBackup } from './backups.ts';
import { type Coverage, type Reach, timeOf } from './coverage.ts';
import type { Path } from './paths.ts';

interface Draft {
  readonly reach: Reach;
  readonly coverage: Coverage;
  readonly backups: JudgedBackup[];
}

/** The spans of time, those on branches that were left first, then the oldest first: the last is the newest unbroken. */
export function windowsOf(
  view: ArchiveView,
  backups: readonly JudgedBackup[],
  heartbeats: readonly Heartbeat[],
): readonly RecoveryWindow[] {
  const drafts = new Map<string, Draft>();
  for (const judged of backups) {
    const { reach, coverage, recoverability } = judged;
    if (reach === undefined || coverage === undefined) continue;
    if (recoverability !== 'pitr' && recoverability !== 'limited') continue;
    const key = `${reach.timeline} ${reach.end}`;
    const draft = drafts.get(key) ?? { reach, coverage, backups: [] };
    draft.backups.push(judged);
    drafts.set(key, draft);
  }
  const rank = ({ coverage }: Draft): number => (coverage.path === view.main ? 1 : 0);
  return [...drafts.values()]
    .toSorted((a, b) => rank(a) - rank(b) || compare(a.reach.end, b.reach.end))
    .map((draft) => toWindow(draft, heartbeats));
}

function compare(a: Lsn, b: Lsn): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function toWindow({ reach, coverage, backups }: Draft, heartbeats: readonly Heartbeat[]): RecoveryWindow {
  const sorted = backups.toSorted((a, b) => a.backup.stopTimeSeconds - b.backup.stopTimeSeconds);
  const earliestSeconds = surelyEnded(sorted[0]?.backup.stopTimeSeconds ?? 0);
  const latest = lastWritten(heartbeats, coverage.path, reach.end) ?? timeOf(coverage, reach.timeline, reach.segment);
  return {
    earliestSeconds,
    // What is not known to reach beyond the backup's end is not known to reach anywhere.
    latestSeconds: latest === undefined || latest < earliestSeconds ? undefined : latest,
    latestLsn: reach.end,
    timeline: reach.timeline,
    backups: sorted.map(({ backup }) => backup.label),
  };
}

/**
 * When a backup is sure to have ended. PostgreSQL and pgBackRest cut off what is less than a second, and a recovery to a
 * moment before the end is refused if there was a commit between the two.
 */
export function surelyEnded(stopTimeSeconds: number): number {
  return Number.isInteger(stopTimeSeconds) ? stopTimeSeconds + 1 : stopTimeSeconds;
}

/**
 * The last moment after which something is known to be written before a position: the sample in front of the first one
 * with the highest position. A time as target of a recovery needs a commit behind it, or PostgreSQL refuses to end
 * there; so neither that first one is good enough, nor the time of a segment, which is later by what archiving took and
 * by the time for which nobody wrote. Undefined if no sample is so old.
 */
function lastWritten(heartbeats: readonly Heartbeat[], path: Path, end: Lsn): number | undefined {
  let best: { readonly lsn: Lsn; readonly seconds: number } | undefined;
  let before: number | undefined;
  for (const { lsn, serverTimeSeconds, timeline } of heartbeats) {
    if (lsn === undefined || lsn > end || !isOn(path, timeline, lsn)) continue;
    if (best === undefined || lsn > best.lsn) best = { lsn, seconds: before ?? serverTimeSeconds };
    before = serverTimeSeconds;
  }
  return best?.seconds;
}

/** The position is one that recovery along the path comes by. */
function isOn(path: Path, timeline: number | undefined, lsn: Lsn): boolean {
  if (timeline === undefined) return true;
  const piece = path.pieces.find((one) => one.timeline === timeline);
  return piece !== undefined && (piece.end === undefined || lsn <= piece.end);
}
