import { readFileSync, statSync, type Stats } from 'node:fs';

import { messageOf, systemCode } from '../core/error.ts';

import type { FileChoice } from './connection-options.ts';

/** A file that libpq would read: a certificate, passwords, services. */
export interface LocalFile {
  readonly bytes: Buffer;
  readonly stats: Stats;
}

/**
 * Reads a regular file whole; undefined if there is none.
 *
 * A home directory that walguard may not enter, as root's in many a container, holds nothing for it: what nobody named
 * is not there then. Throws what the system says otherwise.
 */
export function readLocalFile({ path, named }: FileChoice): LocalFile | undefined {
  const stats = statFile(path, named ? ABSENT : [...ABSENT, 'EACCES']);
  if (stats === undefined) return undefined;
  // A pipe would never end.
  if (!stats.isFile()) throw new Error('not a regular file');
  return { bytes: readFileSync(path), stats };
}

const ABSENT: readonly string[] = ['ENOENT', 'ENOTDIR'];

function statFile(path: string, absent: readonly string[]): Stats | undefined {
  try {
    return statSync(path);
  } catch (thrown) {
    if (absent.includes(systemCode(thrown))) return undefined;
    throw thrown;
  }
}

/** Why a file cannot be read, without its path. */
export function whyUnreadable(thrown: unknown): string {
  const code = systemCode(thrown);
  if (code === 'EACCES' || code === 'EPERM') return 'walguard may not read it';
  if (code !== '') return code;
  return messageOf(thrown);
}

/** True if others than its owner may do something with a file. Windows knows no such rights. */
export function isOpenToOthers({ mode }: Stats, allowed = 0): boolean {
  return process.platform !== 'win32' && (mode & 0o077 & ~allowed) !== 0;
}
