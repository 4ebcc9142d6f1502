import { chmod, copyFile, lchown, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account.ts';
import { hasCode, unlessCode } from './error-codes.ts';

export interface CopyTreeOptions {
  /** Modes of the folders made. */
  readonly directoryMode: number;
  /** The mode a copied file gets, from the one it had; by default the same. */
  readonly fileMode?: (mode: number) => number;
  /** Who owns what is made; by default this process's account. */
  readonly owner?: Account | undefined;
  /** Leaves out a file, or a folder with all that is in it; paths are relative to the source. */
  readonly skip?: (relativePath: string) => boolean;
}

/**
 * Copies a folder with its symbolic links; files that vanish meanwhile are left out, as in a running server's folder.
 * The target may exist. Throws what the file system throws.
 */
export async function copyTree(
  source: string,
  target: string,
  options: CopyTreeOptions,
  relativePath = '',
): Promise<void> {
  const to = join(target, relativePath);
  await mkdir(to, { recursive: true });
  await chmod(to, options.directoryMode);
  await own(to, options.owner);
  const entries =
    (await readdir(join(source, relativePath), { withFileTypes: true }).catch(unlessCode('ENOENT'))) ?? [];
  const copies = entries.map(async (entry) => {
    const path = join(relativePath, entry.name);
    if (options.skip?.(path) === true) return;
    if (entry.isDirectory()) await copyTree(source, target, options, path);
    else if (entry.isFile() || entry.isSymbolicLink()) await copyOne(join(source, path), join(target, path), options);
  });
  // Nothing is still writing when one has failed.
  await Promise.allSettled(copies);
  await Promise.all(copies);
}

async function copyOne(from: string, to: string, options: CopyTreeOptions): Promise<void> {
  try {
    const info = await lstat(from);
    if (info.isSymbolicLink()) {
      await symlink(await readlink(from), to);
    } else {
      await copyFile(from, to);
      await chmod(to, options.fileMode?.(info.mode) ?? info.mode & 0o7777);
    }
    await own(to, options.owner);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

async function own(path: string, owner: Account | undefined): Promise<void> {
  if (owner !== undefined) await lchown(path, owner.uid, owner.gid);
}
