import type { Backup } from '../../core/catalogue.ts';
import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { type BackupName, readBackupName } from './backup-name.ts';
import type { Told } from './schema.ts';

/** A backup of which it is not settled yet what it needs. */
export interface NamedBackup {
  readonly backup: Backup;
  readonly name: BackupName;
  /** Name of the backup that it builds upon, where the sentinel tells. */
  readonly parent: string | undefined;
}

/**
 * Puts together what is known of a backup.
 *
 * @param storedSeconds when its sentinel was written, if it is known
 * @throws BACKUP_INCOMPLETE if what a restore begins or ends with is not told
 */
export function toBackup(label: string, told: Told, storedSeconds: number | undefined): NamedBackup {
  const name = readBackupName(label);
  if (name === undefined) throw incomplete(label, 'its name is not one that WAL-G gives', 'Remove what is no backup.');
  const { startLsn: start, stopLsn: stop, stopTimeSeconds = storedSeconds } = told;
  if (start === undefined || stop === undefined || stop < start || stopTimeSeconds === undefined)
    throw incomplete(label, 'it is not told where and when it began and ended', AGAIN);
  const isDelta = name.parentFile !== undefined;
  const backup: Backup = {
    label,
    type: isDelta ? 'incremental' : 'full',
    startTimeSeconds: told.startTimeSeconds,
    stopTimeSeconds,
    wal: { timeline: name.timeline, start, stop, included: false },
    systemIdentifier: told.systemIdentifier,
    majorVersion: majorVersion(told.pgVersion),
    needs: [],
    hasErrors: false,
    sizeBytes: told.databaseBytes ?? (isDelta ? undefined : told.uncompressedBytes),
    storedBytes: told.compressedBytes,
  };
  return { backup, name, parent: told.parent };
}

const AGAIN = 'Look at its sentinel and metadata.json; make a new backup if they are damaged.';

export function incomplete(label: string, what: string, hint: string, cause?: unknown): WalguardError {
  const details = cause === undefined ? { hint } : { hint, cause };
  return new WalguardError('BACKUP_INCOMPLETE', `${printable(label)} is no backup: ${what}`, details);
}

/** `server_version_num` without the minor: 170002 and 90603 are 170000 and 90600. */
function majorVersion(version: number | undefined): number | undefined {
  if (version === undefined) return undefined;
  const step = version < 100_000 ? 100 : 10_000;
  return Math.floor(version / step) * step;
}
