import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { globMatcher, isGlob } from '../core/glob.ts';
import type { LogFile, LogPlace, OpenLog } from '../core/log-place.ts';
import { unlessAbsent } from './file-facts.ts';

/**
 * Logs on this host, known by device and inode.
 *
 * @param patterns paths that may have `*`, `?` and `[...]` in their last part
 */
export function localLogs(patterns: () => readonly string[]): LogPlace {
  return { list: () => listLogFiles(patterns()), find: findRenamed, open: openLog };
}

async function listLogFiles(patterns: readonly string[]): Promise<readonly LogFile[]> {
  const found = new Map<string, LogFile>();
  for (const pattern of patterns) {
    for (const path of await pathsOf(pattern)) {
      const facts = await factsOf(path);
      if (facts !== undefined) found.set(facts.identity, facts);
    }
  }
  return [...found.values()].toSorted((a, b) => a.changedMs - b.changedMs);
}

async function findRenamed(path: string, identity: string): Promise<LogFile | undefined> {
  const folder = dirname(path);
  for (const name of (await unlessAbsent(readdir(folder))) ?? []) {
    const facts = await factsOf(join(folder, name));
    if (facts?.identity === identity) return facts;
  }
  return undefined;
}

async function openLog({ path, identity }: LogFile): Promise<OpenLog | undefined> {
  const handle = await unlessAbsent(open(path, 'r'));
  if (handle === undefined) return undefined;
  if (identityOf(await handle.stat()) !== identity) {
    await handle.close();
    return undefined;
  }
  return {
    sizeBytes: async () => (await handle.stat()).size,
    read: async (room, position) => (await handle.read(room, 0, room.length, position)).bytesRead,
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function pathsOf(pattern: string): Promise<readonly string[]> {
  const name = basename(pattern);
  if (!isGlob(name)) return [pattern];
  const folder = dirname(pattern);
  const matches = globMatcher(name);
  return ((await unlessAbsent(readdir(folder))) ?? []).filter(matches).map((each) => join(folder, each));
}

async function factsOf(path: string): Promise<LogFile | undefined> {
  const stats = await unlessAbsent(stat(path));
  if (stats === undefined || !stats.isFile()) return undefined;
  return { path, identity: identityOf(stats), sizeBytes: stats.size, changedMs: stats.mtimeMs };
}

function identityOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}
