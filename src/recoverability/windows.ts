import { surelyEnded } from '../core/backup-end.ts';
import type { BackupLabel } from '../core/catalogue.ts';
import type { Heartbeat } from '../core/facts.ts';
import { type Lsn, parseWalFileName } from '../core/lsn.ts';
import type { RecoverabilityInput, RecoveryWindow, ServerView } from '../core/recoverability.ts';
import type { ArchiveView } from './archive-view.ts';
import type { JudgedBackup } from './backups.ts';
import type { Coverage, Reach } from './coverage.ts';
import type { Path } from './paths.ts';

/** What tells when WAL was written; the archive tells only when it came. */
export type WhatServerSaid = Pick<RecoverabilityInput, 'server' | 'heartbeats'>;

interface Draft {
  readonly reach: Reach;
  readonly coverage: Coverage;
  readonly backups: JudgedBackup[];
}

/** The spans of time, those on branches that were left first, then the oldest first: the last is the newest unbroken. */
export function windowsOf(
  view: ArchiveView,
  backups: readonly JudgedBackup[],
  said: WhatServerSaid,
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
    .map((draft) => toWindow(draft, view, said));
}

function compare(a: Lsn, b: Lsn): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function toWindow({ reach, coverage, backups }: Draft, view: ArchiveView, said: WhatServerSaid): RecoveryWindow {
  const sorted = backups.toSorted((a, b) => a.backup.stopTimeSeconds - b.backup.stopTimeSeconds);
  const earliestSeconds = surelyEnded(sorted[0]?.backup.stopTimeSeconds ?? 0);
  const latest =
    lastWritten(said.heartbeats, coverage.path, reach.end) ??
    newestOf(closedBefore(said.server, reach), lastLabelled(view.contents.labels, coverage.path, reach.end));
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

function newestOf(...seconds: readonly (number | undefined)[]): number | undefined {
  const known = seconds.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/**
 * Just before the last segment was closed, if it is the one that PostgreSQL archived last: what was written later stands
 * behind it. The time is in whole seconds, and a second before it a server that works still had something to write.
 */
function closedBefore(server: ServerView | undefined, { timeline, end }: Reach): number | undefined {
  const { lastArchivedFile: file = '', lastArchivedClosedSeconds: closed, segmentBytes = 0 } = server ?? {};
  // A label may be archived after segments that follow it.
  const named = /^[0-9A-F]{24}$/.test(file) ? parseWalFileName(file, segmentBytes) : undefined;
  return closed !== undefined && named?.timeline === timeline && named.end === end ? closed - 1 : undefined;
}

/** When the last backup ended of which the archive tells: where its WAL ends is what the server had written then. */
function lastLabelled(labels: readonly BackupLabel[], path: Path, end: Lsn): number | undefined {
  const passed = labels.filter(
    ({ wal, fromStandby, hasLateTimes }) =>
      // A standby may be behind its primary by any time.
      !fromStandby && hasLateTimes !== true && wal.stop <= end && isOn(path, wal.timeline, wal.stop),
  );
  return newestOf(...passed.map(({ stopTimeSeconds }) => stopTimeSeconds));
}

/** The position is one that recovery along the path comes by. */
function isOn(path: Path, timeline: number | undefined, lsn: Lsn): boolean {
  if (timeline === undefined) return true;
  const piece = path.pieces.find((one) => one.timeline === timeline);
  return piece !== undefined && (piece.end === undefined || lsn <= piece.end);
}
