import { realpathSync } from 'node:fs';

/** The file behind a path, without links; a path that leads nowhere stays as it is: reading it will say so. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
