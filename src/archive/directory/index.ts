import type { ArchiveSource } from '../../core/catalogue.ts';
import { createWalTree, type WalTreeOptions } from '../../storage/wal-tree.ts';

export interface DirectoryArchiveOptions extends WalTreeOptions {
  /** Absolute. */
  readonly path: string;
}

/**
 * A folder into which archive_command copies WAL, or pg_receivewal writes it: bare, compressed or encrypted, flat or in
 * folders named by timeline and log.
 */
export function createDirectoryArchive({ path, ...options }: DirectoryArchiveOptions): ArchiveSource {
  const read = createWalTree(options);
  return { method: 'directory', read: (known, signal) => read({ path, encrypted: false }, known, signal) };
}
