import type { BackupSource } from '../../core/catalogue.ts';
import { FILE_ACCESS, type FileAccess } from '../../storage/file-access.ts';
import { stillWaiting } from '../../storage/file-errors.ts';
import { watchAccess } from '../../storage/watch-access.ts';
import { createFolderFiles } from './files.ts';
import { createStorageReader } from './storage-reader.ts';

export interface WalGFolderOptions {
  /** Absolute; that of WALG_FILE_PREFIX. */
  readonly path: string;
  readonly access?: FileAccess;
}

/** WAL-G writes an archive of a backup where it stays, a piece after the other. */
const QUIET_SECONDS = 120;

/** The backups in a folder that WAL-G writes to. */
export function walGFolder({ path, access: given = FILE_ACCESS }: WalGFolderOptions): BackupSource {
  const { access, isWaiting } = watchAccess(given);
  const read = createStorageReader(QUIET_SECONDS);
  return {
    method: 'wal_g',
    read: async (signal) => {
      if (isWaiting()) throw stillWaiting(path);
      return await read(createFolderFiles(path, access, signal));
    },
  };
}
