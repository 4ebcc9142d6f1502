import { lstat, mkdir, opendir, readFile, readlink, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';

import { unlessAbsent } from './file-facts.ts';

/** What a copy may bring along, and must not: it would make another server of it than the drill wants. */
const UNWANTED = [
  'postgresql.auto.conf',
  'standby.signal',
  'recovery.signal',
  'recovery.conf',
  'postmaster.pid',
  'postmaster.opts',
] as const;

/** A server does not start without them, and there are tools that keep no empty folders. */
const NEEDED = [
  'pg_wal/archive_status',
  'pg_commit_ts',
  'pg_dynshmem',
  'pg_logical/mappings',
  'pg_logical/snapshots',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_tblspc',
  'pg_twophase',
] as const;

/** Takes out of a restored data directory what is the original's own business, and puts in what must be there. */
export async function cleanDataDirectory(path: string): Promise<void> {
  for (const name of UNWANTED) await rm(join(path, name), { force: true });
  const slots = join(path, 'pg_replslot');
  for (const name of (await unlessAbsent(readdir(slots))) ?? []) await rm(join(slots, name), { recursive: true });
  for (const name of NEEDED) await mkdir(join(path, name), { recursive: true, mode: 0o700 });
}

/** Bytes on disk, and what leads out of a folder. */
export interface TreeFacts {
  readonly bytes: number;
  /** Links, and lines of a tablespace_map, to somewhere else; a few of them. */
  readonly leaks: readonly string[];
}

const MAX_LEAKS = 5;
const BLOCK_BYTES = 512;

/** Walks through a folder; what vanishes meanwhile is left out. Throws what the system says otherwise. */
export async function lookThrough(root: string): Promise<TreeFacts> {
  const leaks: string[] = [];
  let bytes = 0;
  const walk = async (path: string): Promise<void> => {
    const folder = await unlessAbsent(opendir(path));
    if (folder === undefined) return;
    for await (const entry of folder) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) await walk(inner);
      else if (entry.isSymbolicLink()) leaks.push(...(await leakOf(inner, root)));
      else bytes += ((await unlessAbsent(lstat(inner)))?.blocks ?? 0) * BLOCK_BYTES;
    }
  };
  await walk(root);
  return { bytes, leaks: leaks.slice(0, MAX_LEAKS) };
}

async function leakOf(link: string, root: string): Promise<readonly string[]> {
  const target = await unlessAbsent(readlink(link));
  if (target === undefined || isWithin(resolve(dirname(link), target), root)) return [];
  return [`${link} -> ${target}`];
}

/** Of the tablespaces that recovery links anew, those that lie elsewhere. */
export async function leaksOfMap(dataDirectory: string, root: string): Promise<readonly string[]> {
  const text = await unlessAbsent(readFile(join(dataDirectory, 'tablespace_map'), 'utf8'));
  const lines = (text ?? '').split('\n').filter((line) => line !== '');
  return lines
    .filter((line) => !isWithin(resolve('/', line.slice(line.indexOf(' ') + 1).replaceAll(/\\(.)/g, '$1')), root))
    .map((line) => `tablespace_map: ${line}`)
    .slice(0, MAX_LEAKS);
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}${sep}`);
}
