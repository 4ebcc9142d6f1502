import type { RepositoryDrills, RestoreEstimate } from '../core/drill-history.ts';
import type { RepositoryPolicy } from '../core/recoverability.ts';
import type { JudgedBackup } from './backups.ts';
import { measuredRate } from './drills.ts';

type ConfiguredRates = Pick<RepositoryPolicy, 'restoreBytesPerSecond' | 'replayBytesPerSecond'>;

/**
 * How long a restore of the newest backup up to now takes, by what a drill measured or else is configured; undefined
 * while a rate or a size is not known.
 */
export function estimateRestore(
  newest: JudgedBackup | undefined,
  { restoreBytesPerSecond, replayBytesPerSecond }: ConfiguredRates,
  drills: Pick<RepositoryDrills, 'reports'> = { reports: [] },
): RestoreEstimate | undefined {
  const restore = measuredRate(drills, 'restore') ?? configured(restoreBytesPerSecond);
  const recovery = measuredRate(drills, 'recovery') ?? configured(replayBytesPerSecond);
  if (restore === undefined || recovery === undefined || newest?.backup.sizeBytes === undefined) return undefined;
  return {
    restoreSeconds: newest.backup.sizeBytes / restore.bytesPerSecond,
    recoverySeconds: bytesToReplay(newest) / recovery.bytesPerSecond,
    restoreMeasuredSeconds: restore.measuredSeconds,
    recoveryMeasuredSeconds: recovery.measuredSeconds,
  };
}

interface Rate {
  readonly bytesPerSecond: number;
  readonly measuredSeconds: number | undefined;
}

function configured(bytesPerSecond: number | undefined): Rate | undefined {
  return bytesPerSecond === undefined ? undefined : { bytesPerSecond, measuredSeconds: undefined };
}

/** Recovery begins where the backup began, whoever holds that WAL. */
function bytesToReplay({ backup: { wal }, reach }: JudgedBackup): number {
  if (wal === undefined) return 0;
  const end = reach === undefined || reach.end < wal.stop ? wal.stop : reach.end;
  return Number(end - wal.start);
}
