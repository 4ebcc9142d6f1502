import { createReadStream } from 'node:fs';
import { mkdir, open, opendir, readlink, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf, systemCode, WalguardError } from '../core/error.ts';
import { unreadableSource } from './file-errors.ts';

const CHUNK_BYTES = 1_048_576;

/** Gets all that is written, in its order. */
export type Watcher = (piece: Uint8Array) => void;

/** Makes a folder, and those above it, that only its owner can enter. @throws DRILL_FOLDER, DRILL_NO_SPACE */
export async function makeRestoredFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((thrown: unknown) => {
    throw unwritable(path, thrown);
  });
}

/**
 * Writes a new file that only its owner can read; returns its size. Throws DRILL_FOLDER (also if there is one already),
 * DRILL_NO_SPACE, and what reading the pieces throws.
 */
export async function writeRestoredFile(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  watcher: Watcher,
): Promise<number> {
  const file = await open(path, 'wx', 0o600).catch((thrown: unknown) => {
    throw unwritable(path, thrown);
  });
  let bytes = 0;
  try {
    for await (const piece of pieces) {
      watcher(piece);
      await writeWhole(file, piece, path);
      bytes += piece.length;
    }
  } finally {
    await file.close();
  }
  return bytes;
}

async function writeWhole(
  file: { readonly write: (piece: Uint8Array) => Promise<{ readonly bytesWritten: number }> },
  piece: Uint8Array,
  path: string,
): Promise<void> {
  try {
    // A disk that is nearly full takes a part.
    for (let at = 0; at < piece.length;) at += (await file.write(piece.subarray(at))).bytesWritten;
  } catch (thrown) {
    throw unwritable(path, thrown);
  }
}

/** @throws DRILL_FOLDER, DRILL_NO_SPACE */
export async function makeRestoredLink(path: string, leadsTo: string): Promise<void> {
  await symlink(leadsTo, path, 'dir').catch((thrown: unknown) => {
    throw unwritable(path, thrown);
  });
}

/** All of a file that is to be restored. @throws SOURCE_UNREADABLE, SOURCE_NOT_FOUND, an AbortError */
export async function* readForRestore(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  try {
    for await (const piece of createReadStream(path, { highWaterMark: CHUNK_BYTES, signal })) yield piece as Buffer;
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    throw unreadableSource(path, thrown);
  }
}

/** What is to be restored: `other` is neither file, folder nor link. */
export interface CopyEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

/** What a folder of a copy holds; links are not followed. @throws SOURCE_UNREADABLE, SOURCE_NOT_FOUND */
export async function entriesOfCopy(path: string): Promise<readonly CopyEntry[]> {
  const entries: CopyEntry[] = [];
  try {
    for await (const entry of await opendir(path)) {
      const kind = entry.isSymbolicLink() ? 'link' : entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other';
      entries.push({ name: entry.name, kind });
    }
  } catch (thrown) {
    throw unreadableSource(path, thrown);
  }
  return entries;
}

/** Where a link leads, and what is there; undefined if that is no folder. @throws SOURCE_UNREADABLE */
export async function folderBehind(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isDirectory() ? await readlink(path) : undefined;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw unreadableSource(path, thrown);
  }
}

/**
 * The path of a member of a tar below a folder.
 *
 * @returns undefined for a name that could lead out of it
 */
export function pathWithin(folder: string, name: string): string | undefined {
  if (name.startsWith('/') || name.includes('\0')) return undefined;
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : join(folder, ...parts);
}

function unwritable(path: string, thrown: unknown): WalguardError {
  const code = systemCode(thrown);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new WalguardError('DRILL_NO_SPACE', `the disk is full: ${path} cannot be written (${code})`, {
      hint: 'Let drills.directory name a disk with more room, or free some.',
      cause: thrown,
    });
  return new WalguardError('DRILL_FOLDER', `${path} cannot be written: ${messageOf(thrown)}`, {
    hint: 'Let drills.directory name a folder on a disk that works and that walguard may write to.',
    cause: thrown,
  });
}

/** Takes away what was written in part. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}
