import type { Backup, RunningBackup } from '../../core/catalogue.ts';
import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import type { Lsn } from '../../core/lsn.ts';
import type { FileFacts } from '../../storage/file-facts.ts';
import type { NamedFile } from '../../storage/folder.ts';

/** A folder that may hold a backup. */
export interface Folder {
  readonly path: string;
  /** Its path below the folder that was configured; what its backup is called. */
  readonly label: string;
  /** Of what lies in it, in the order of the names. */
  readonly entries: readonly NamedFile[];
  readonly signal: AbortSignal;
}

/** A whole copy, and the start of the one it builds upon. */
export interface Copy {
  readonly kind: 'copy';
  readonly backup: Backup;
  readonly incrementalFrom: Lsn | undefined;
  /** The last change of one without a manifest, which may not be the last there is; Unix seconds. */
  readonly unsettledSeconds: number | undefined;
}

/** A copy that is not whole: it is being written, or it never will be; how long it has been quiet decides. */
export interface Unfinished {
  readonly kind: 'unfinished';
  /** Unix seconds. */
  readonly changedSeconds: number;
  readonly running: RunningBackup;
  readonly problem: WalguardError;
}

/** What a folder holds. */
export type Found = Copy | Unfinished | { readonly kind: 'problem'; readonly problem: WalguardError };

/** @throws BACKUP_INCOMPLETE */
export function incomplete({ path }: Pick<Folder, 'path'>, what: string, hint: string): never {
  throw incompleteError(path, what, hint);
}

export function incompleteError(path: string, what: string, hint: string): WalguardError {
  return new WalguardError('BACKUP_INCOMPLETE', `${printable(path)} is no backup: ${what}`, { hint });
}

/** Facts of one entry; undefined if it is not there. */
export function entryOf({ entries }: Folder, name: string): FileFacts | undefined {
  return entries.find((entry) => entry.name === name);
}

/** Moment of the last change among them; undefined of none. */
export function lastChange(facts: readonly FileFacts[]): number | undefined {
  return facts.length === 0 ? undefined : Math.max(...facts.map(({ timeSeconds }) => timeSeconds));
}
