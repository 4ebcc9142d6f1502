import { join } from 'node:path';

import { type ArchiveSource, emptyArchive } from '../../core/catalogue.ts';
import { asWalguardError } from '../../core/error.ts';
import { FILE_ACCESS } from '../../storage/file-access.ts';
import { unlessAborted } from '../../storage/file-errors.ts';
import { createWalTree, type WalTreeOptions } from '../../storage/wal-tree.ts';

/** Of a storage, what holds the WAL. */
export const WAL_FOLDER = 'wal_005';

export interface WalGFolderOptions extends WalTreeOptions {
  /** Absolute; that of WALG_FILE_PREFIX. */
  readonly path: string;
}

/** The WAL in a folder that WAL-G writes to. */
export function createWalGFolder({ path, ...options }: WalGFolderOptions): ArchiveSource {
  const { access = FILE_ACCESS } = options;
  const read = createWalTree({ ...options, mayHideEncryption: true });
  const folder = join(path, WAL_FOLDER);
  return {
    method: 'wal_g',
    async read(known, signal) {
      try {
        return await read({ path: folder, encrypted: false }, known, signal);
      } catch (thrown) {
        const error = asWalguardError(thrown);
        if (error.code !== 'SOURCE_NOT_FOUND') throw error;
        // A backup was made, and no WAL archived yet.
        const backups = join(path, 'basebackups_005');
        const facts = await unlessAborted(access.facts(backups), signal, backups);
        if (facts?.kind !== 'folder') throw error;
        return emptyArchive(Date.now() / 1000);
      }
    },
  };
}
