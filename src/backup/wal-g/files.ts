import { join } from 'node:path';

import type { FileAccess } from '../../storage/file-access.ts';
import { unlessAborted } from '../../storage/file-errors.ts';
import type { FileFacts } from '../../storage/file-facts.ts';

/** What is asked of a storage of WAL-G, by paths below its root; nothing is waited for once the reading is called off. */
export interface Files {
  /** As a message calls it. */
  readonly nameOf: (path: string) => string;
  /** Undefined if there is no such file or folder. */
  readonly facts: (path: string) => Promise<FileFacts | undefined>;
  /** Of files and folders in a folder, sorted. */
  readonly names: (path: string) => Promise<readonly string[]>;
  /** The first bytes of a file as text; undefined if it is gone. */
  readonly text: (path: string, bytes: number) => Promise<string | undefined>;
}

/** Of a storage that is a folder here. */
export function createFolderFiles(root: string, access: FileAccess, signal: AbortSignal): Files {
  const nameOf = (path: string): string => join(root, path);
  const until = <T>(asked: Promise<T>, path: string): Promise<T> => unlessAborted(asked, signal, nameOf(path));
  return {
    nameOf,
    facts: (path) => until(access.facts(nameOf(path)), path),
    names: (path) => until(namesIn(nameOf(path), access), path),
    async text(path, headBytes) {
      const ends = await until(access.ends(nameOf(path), { headBytes, tailBytes: 0 }), path);
      return ends?.head.toString('utf8');
    },
  };
}

async function namesIn(folder: string, access: FileAccess): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const batch of access.list(folder, false)) names.push(...batch.map(({ name }) => name));
  return names.toSorted();
}
