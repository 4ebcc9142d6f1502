import type { RepositoryAssessment, RepositoryPolicy } from '../core/recoverability.ts';
import type { JudgedBackup } from './backups.ts';

/** How long a restore of the newest backup up to now takes; undefined while a rate or a size is not known. */
export function estimateRestore(
  newest: JudgedBackup | undefined,
  { restoreBytesPerSecond, replayBytesPerSecond }: RepositoryPolicy,
): RepositoryAssessment['restoreEstimate'] {
  if (restoreBytesPerSecond === undefined || replayBytesPerSecond === undefined) return undefined;
  if (newest?.backup.sizeBytes === undefined) return undefined;
  const restoreSeconds = newest.backup.sizeBytes / restoreBytesPerSecond;
  return { restoreSeconds, recoverySeconds: bytesToReplay(newest) / replayBytesPerSecond };
}

/** Recovery begins where the backup began, whoever holds that WAL. */
function bytesToReplay({ backup: { wal }, reach }: JudgedBackup): number {
  if (wal === undefined) return 0;
  const end = reach === undefined || reach.end < wal.stop ? wal.stop : reach.end;
  return Number(end - wal.start);
}
