import { join } from 'node:path';

import { factsAt, factsIn, namesIn } from '../../storage/folder.ts';
import { readHead } from '../../storage/read-file.ts';

/** Where the files of a server are. */
export interface BarmanHome {
  /** Of Barman (barman_home), where its locks are unless it is told otherwise. */
  readonly path: string;
  readonly server: string;
}

/** What was not written for so long is not being written, unless its program holds the lock. */
const QUIET_SECONDS = 600;
const MAX_NAMES = 20_000;
/** base/ID/data/base/16384 */
const MAX_DEPTH = 5;
const LARGEST_LOCKS_BYTES = 4_194_304;

/**
 * True if Barman is making a backup of this server: it holds its lock, as far as that is to be seen from here, or
 * something in the copy changed within ten minutes.
 *
 * Without a lock a killed one is taken to run for as long, and one that waits longer for its first checkpoint is not.
 */
export async function isAtWork({ path, server }: BarmanHome, id: string, nowSeconds: number): Promise<boolean> {
  if (await isLocked(join(path, `.${server}-backup.lock`))) return true;
  const changed = await lastChangeBelow(join(path, server, 'base', id), MAX_DEPTH);
  return nowSeconds - changed < QUIET_SECONDS;
}

/** Barman writes its number into the file that it locks (barman/lockfile.py); a dead one's lock is gone. */
async function isLocked(file: string): Promise<boolean> {
  try {
    const facts = await factsAt(file);
    if (facts === undefined) return false;
    const [owner = ''] = (await readHead(file, 32)).toString('latin1').split('\n');
    const locks = (await readHead('/proc/locks', LARGEST_LOCKS_BYTES)).toString('latin1');
    return locks.split('\n').some((line) => {
      const [, kind, , , pid, place = ''] = line.split(/\s+/);
      return kind === 'FLOCK' && pid === owner.trim() && place.endsWith(`:${facts.inode}`);
    });
  } catch {
    // Not Linux, or not for walguard to read: the files tell.
    return false;
  }
}

/** Down the newest folders: files are written in one after another. Unix seconds; 0 if there is nothing to be seen. */
async function lastChangeBelow(folder: string, depth: number): Promise<number> {
  try {
    const own = (await factsAt(folder))?.timeSeconds ?? 0;
    if (depth === 0) return own;
    const files = await factsIn(folder, await namesIn(folder, MAX_NAMES));
    const [newest] = files.filter(({ kind }) => kind === 'folder').toSorted((a, b) => b.timeSeconds - a.timeSeconds);
    const below = newest === undefined ? 0 : await lastChangeBelow(join(folder, newest.name), depth - 1);
    return Math.max(own, below, ...files.map(({ timeSeconds }) => timeSeconds));
  } catch {
    return 0;
  }
}
