import { access, statfs } from 'node:fs/promises';

/** Bytes of a file system that an ordinary user may still write; undefined if it cannot be asked. */
export async function availableBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** True if there is such a file and this process may see it. */
export async function isVisible(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
