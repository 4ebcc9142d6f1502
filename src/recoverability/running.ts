import type { RunningBackup } from '../core/catalogue.ts';
import type { BackupReading } from './repository-watch.ts';

/** Of this method the server itself tells what runs; its files only look as if they were being written. */
const TOLD_BY_SERVER = 'pg_basebackup';

/** The backups of a source that run now; undefined if nobody tells. @param byServer as it says itself */
export function runningOf(
  { method, catalogue }: Pick<BackupReading, 'method' | 'catalogue'>,
  byServer: readonly RunningBackup[] | undefined,
): readonly RunningBackup[] | undefined {
  return (method === TOLD_BY_SERVER ? byServer : undefined) ?? catalogue?.running;
}
