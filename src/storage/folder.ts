import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What a path leads to: symbolic links are followed. */
export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'other';
  readonly sizeBytes: number;
  /** Unix seconds. */
  readonly changedSeconds: number;
  /** The same for all paths that lead to it. */
  readonly identity: string;
}

export interface NamedFile extends FileFacts {
  readonly name: string;
}

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

/** Facts of a file or folder; undefined if there is none. Throws what the system says otherwise. */
export async function factsOf(path: string): Promise<FileFacts | undefined> {
  try {
    const found = await stat(path);
    const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
    const identity = `${found.dev}:${found.ino}`;
    return { kind, sizeBytes: found.size, changedSeconds: found.mtimeMs / 1000, identity };
  } catch (thrown) {
    if (ABSENT.has(systemCode(thrown))) return undefined;
    throw thrown;
  }
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
    const facts = await factsOf(join(folder, name));
    if (facts !== undefined) found.push({ name, ...facts });
  }
  return found;
}

/** The system's code of an error (`EACCES`); empty if it has none. */
export function systemCode(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
