import { constants } from 'node:fs';
import { type FileHandle, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';

import { unlessAbsent } from './file-facts.ts';

/** A file of a relation's pages: up to 1 GB, and then the next. */
const RELATION = /^\d+(?:_(?:fsm|vm|init))?(?:\.(\d+))?$/;

export interface PageFile {
  readonly path: string;
  /** Which of its relation's files it is. */
  readonly part: number;
}

/** The files with pages in a data directory and its tablespaces. */
export async function* listPageFiles(dataDirectory: string): AsyncGenerator<PageFile> {
  yield* pageFilesIn(join(dataDirectory, 'global'));
  for (const name of await foldersIn(join(dataDirectory, 'base')))
    yield* pageFilesIn(join(dataDirectory, 'base', name));
  const tablespaces = join(dataDirectory, 'pg_tblspc');
  for (const oid of await foldersIn(tablespaces))
    for (const version of await foldersIn(join(tablespaces, oid)))
      for (const database of await foldersIn(join(tablespaces, oid, version)))
        yield* pageFilesIn(join(tablespaces, oid, version, database));
}

async function foldersIn(path: string): Promise<readonly string[]> {
  const folder = await unlessAbsent(opendir(path));
  const names: string[] = [];
  if (folder === undefined) return names;
  for await (const entry of folder) if (entry.isDirectory() || entry.isSymbolicLink()) names.push(entry.name);
  return names;
}

async function* pageFilesIn(path: string): AsyncGenerator<PageFile> {
  const folder = await unlessAbsent(opendir(path));
  if (folder === undefined) return;
  for await (const entry of folder) {
    const match = entry.isFile() ? RELATION.exec(entry.name) : null;
    if (match !== null) yield { path: join(path, entry.name), part: Number(match[1] ?? 0) };
  }
}

/** A file that is read in whole pages; undefined if it is gone. Throws what the system says. */
export function openPages(path: string): Promise<FileHandle | undefined> {
  return unlessAbsent(open(path, constants.O_RDONLY | constants.O_NONBLOCK));
}
