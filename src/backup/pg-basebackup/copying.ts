import { damaged, type Proof } from './proof.ts';

/** One copy that is put back, or only looked through. */
export interface Copying {
  /** The folder of the backup. */
  readonly from: string;
  /** Undefined if nothing is written: the copy is only compared with its manifest. */
  readonly to: { readonly dataDirectory: string; readonly tablespaceDirectory: string } | undefined;
  readonly proof: Proof;
  /** Told the size of each piece that was written. */
  readonly count: (bytes: number) => void;
  /** Told the tablespaces: the OID, and the folder that the copy of it is in. */
  readonly tablespace?: ((oid: string, folder: string) => void) | undefined;
  /** Folders of tablespaces that no link leads to, by their OIDs. */
  readonly unlinked?: ReadonlyMap<string, string> | undefined;
  readonly signal: AbortSignal;
}

/** Names the folders of tablespaces by absolute paths of the server that was copied: recovery would write there. */
const LEFT_OUT = /^(?:tablespace_map|backup_manifest|postmaster\.(?:pid|opts))$/;

/** True for a file of a data directory that is not put back. */
export function isLeftOut(path: string): boolean {
  return LEFT_OUT.test(path);
}

/**
 * Throws BACKUP_DAMAGED if the data directory lacks a file without which recovery would not start, or, worse, begin at
 * the wrong place. @param paths of its files, as far as the first folder
 */
export function refuseUnlessBackup(folder: string, paths: ReadonlySet<string>): void {
  for (const each of ['PG_VERSION', 'backup_label', 'global'])
    if (!paths.has(each)) throw damaged(folder, `it has no ${each}`);
}
