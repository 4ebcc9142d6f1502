import type { ArchiveSource } from '../../core/catalogue.ts';
import { createWalGFolder } from './folder.ts';

export interface WalGArchiveOptions {
  /** Of the storage, a folder that walguard may read. */
  readonly path: string;
}

/** The WAL in a storage of WAL-G. */
export function createWalGArchive({ path }: WalGArchiveOptions): ArchiveSource {
  return createWalGFolder({ path });
}
