import type { Stats } from 'node:fs';

import { systemCode } from '../core/error.ts';

/** What a path leads to, behind all links. */
export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'other';
  readonly sizeBytes: number;
  /** mtime, Unix seconds with fractions. */
  readonly timeSeconds: number;
  /** With the device: the same for all paths that lead to it, and another once something else takes its place. */
  readonly inode: number;
  readonly device: number;
}

export function factsOf(stats: Stats): FileFacts {
  return {
    kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other',
    sizeBytes: stats.size,
    timeSeconds: stats.mtimeMs / 1000,
    inode: stats.ino,
    device: stats.dev,
  };
}

/** The same text for all paths that lead to one thing. */
export function identityOf({ device, inode }: FileFacts): string {
  return `${device}:${inode}`;
}

/** Undefined if there is nothing, or a link leads nowhere; throws what the system says otherwise. */
export async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined;
    throw thrown;
  }
}

/** There is no such file: not even the folder it should be in, maybe. */
export function isAbsent(thrown: unknown): boolean {
  return ABSENT.has(systemCode(thrown));
}

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);
