import type { ArchiveSource } from '../../core/catalogue.ts';
import type { WalGPlace } from '../../process/wal-g.ts';
import { createWalGFolder } from './folder.ts';
import { createWalGProgram } from './program.ts';

export interface WalGArchiveOptions extends WalGPlace {
  /** Of the storage, if it is a folder that walguard may read; else WAL-G is asked. */
  readonly path: string | undefined;
}

/** The WAL in a storage of WAL-G. */
export function createWalGArchive({ path, ...place }: WalGArchiveOptions): ArchiveSource {
  return path === undefined ? createWalGProgram(place) : createWalGFolder({ path });
}
