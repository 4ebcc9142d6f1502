import { statfs } from 'node:fs/promises';

/** Bytes that an ordinary user may still write where this file is; undefined if there is no such file, or it is hidden. */
export async function availableBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
