import { createHash } from 'node:crypto';
import { type FileHandle, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { globMatcher, isGlob } from '../core/glob.ts';
import { unlessAbsent } from './file-facts.ts';

/** How much of a file's beginning tells it from another that was given its inode, or that took its place. */
const HEAD_BYTES = 256;

/** A file as it lies there now. */
export interface LogFile {
  readonly path: string;
  /** Device and inode. */
  readonly identity: string;
  readonly sizeBytes: number;
  readonly changedMs: number;
}

/** The beginning of a file, as far as it was there when it was looked at. */
export interface LogHead {
  readonly bytes: number;
  readonly checksum: string;
}

/**
 * The files that patterns name, each once, the oldest first. A pattern may have `*`, `?` and `[...]` in its last part.
 *
 * Throws what the system says, but not if a folder or file is not there.
 */
export async function listLogFiles(patterns: readonly string[]): Promise<readonly LogFile[]> {
  const found = new Map<string, LogFile>();
  for (const pattern of patterns) {
    for (const path of await pathsOf(pattern)) {
      const facts = await factsOf(path);
      if (facts !== undefined) found.set(facts.identity, facts);
    }
  }
  return [...found.values()].toSorted((a, b) => a.changedMs - b.changedMs);
}

/** Where a file of a folder is now that had another name there; undefined if it is not. */
export async function findRenamed(path: string, identity: string): Promise<LogFile | undefined> {
  const folder = dirname(path);
  for (const name of (await unlessAbsent(readdir(folder))) ?? []) {
    const facts = await factsOf(join(folder, name));
    if (facts?.identity === identity) return facts;
  }
  return undefined;
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
  return { path, identity: `${stats.dev}:${stats.ino}`, sizeBytes: stats.size, changedMs: stats.mtimeMs };
}

/** @param most of the beginning to look at, as of a head seen before */
export async function headOf(file: FileHandle, most = HEAD_BYTES): Promise<LogHead> {
  const buffer = Buffer.alloc(most);
  const { bytesRead } = await file.read(buffer, 0, most, 0);
  return { bytes: bytesRead, checksum: createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex') };
}
