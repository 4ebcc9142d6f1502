import type { BackupSource } from '../../core/catalogue.ts';
import type { WalGPlace } from '../../process/wal-g.ts';
import { walGFolder } from './folder.ts';
import { walGProgram } from './program.ts';

export interface WalGOptions extends WalGPlace {
  /** Of the storage, if it is a folder that walguard may read; else WAL-G is asked. */
  readonly path: string | undefined;
}

/** The backups in a storage of WAL-G. */
export function walGBackups({ path, ...place }: WalGOptions): BackupSource {
  return path === undefined ? walGProgram(place) : walGFolder({ path });
}
