import { constants } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, opendir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface FolderCopy {
  readonly from: string;
  /** Is there, and empty. */
  readonly to: string;
  /** Told after each file how many bytes there are so far. */
  readonly progress: (doneBytes: number) => void;
  readonly signal: AbortSignal;
}

/** Copies all in a folder, links as links, for the own user alone. Throws what the system says. @returns bytes of files */
export async function copyFolder({ from, to, progress, signal }: FolderCopy): Promise<number> {
  let bytes = 0;
  const copy = async (source: string, target: string): Promise<void> => {
    for await (const entry of await opendir(source)) {
      signal.throwIfAborted();
      const [here, there] = [join(source, entry.name), join(target, entry.name)];
      if (entry.isDirectory()) {
        await mkdir(there, { mode: 0o700 });
        await copy(here, there);
      } else if (entry.isSymbolicLink()) {
        await symlink(await readlink(here), there);
      } else if (entry.isFile()) {
        await copyFile(here, there, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        await chmod(there, 0o600);
        bytes += (await lstat(there)).size;
        progress(bytes);
      }
    }
  };
  await copy(from, to);
  return bytes;
}
