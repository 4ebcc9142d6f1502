import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { type FileFacts, factsOf, unlessAbsent } from './file-facts.ts';

export interface NamedFile extends FileFacts {
  readonly name: string;
}

/** Facts of a file or folder; undefined if there is none. Throws what the system says otherwise. */
export async function factsAt(path: string): Promise<FileFacts | undefined> {
  const stats = await unlessAbsent(stat(path));
  return stats === undefined ? undefined : factsOf(stats);
}

/** A name in a folder, and whether there may be a folder behind it: symbolic links may lead to one. */
export interface NamedEntry {
  readonly name: string;
  readonly mayBeFolder: boolean;
}

/** What a folder lists, sorted by name, links behind the rest; undefined if that is more than the limit. */
export async function entriesOf(path: string, limit: number): Promise<readonly NamedEntry[] | undefined> {
  const plain: NamedEntry[] = [];
  const links: NamedEntry[] = [];
  for await (const entry of await opendir(path)) {
    if (plain.length + links.length === limit) return undefined;
    if (entry.isSymbolicLink()) links.push({ name: entry.name, mayBeFolder: true });
    else plain.push({ name: entry.name, mayBeFolder: !entry.isFile() });
  }
  return [plain, links].flatMap((entries) => entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
}

/** Names in a folder, sorted; those beyond the limit are left out. Throws what the system says. */
export async function namesIn(path: string, limit: number): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(path)) {
    if (names.length === limit) break;
    names.push(name);
  }
  return names.toSorted();
}

/**
 * Facts of the named files of a folder, in their order; those that went away meanwhile are left out. One is asked after
 * the other: each that a disk does not answer keeps one of Node's four threads, and others need them.
 */
export async function factsIn(folder: string, names: readonly string[]): Promise<readonly NamedFile[]> {
  const found: NamedFile[] = [];
  for (const name of names) {
    const facts = await factsAt(join(folder, name));
    if (facts !== undefined) found.push({ name, ...facts });
  }
  return found;
}
