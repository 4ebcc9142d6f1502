import type { FileAccess } from '../../storage/file-access.ts';
import { unlessAborted } from '../../storage/file-errors.ts';
import type { FileFacts } from '../../storage/file-facts.ts';

/** What is asked of a storage of WAL-G: nothing is waited for once the reading is called off. */
export interface Files {
  /** Undefined if there is no such file or folder. */
  readonly facts: (path: string) => Promise<FileFacts | undefined>;
  /** Of files and folders, sorted. */
  readonly names: (folder: string) => Promise<readonly string[]>;
  /** The first bytes of a file as text; undefined if it is gone. */
  readonly text: (path: string, bytes: number) => Promise<string | undefined>;
}

export function createFiles(access: FileAccess, signal: AbortSignal): Files {
  return {
    facts: (path) => unlessAborted(access.facts(path), signal, path),
    names: (folder) => unlessAborted(namesIn(folder, access), signal, folder),
    async text(path, headBytes) {
      const ends = await unlessAborted(access.ends(path, { headBytes, tailBytes: 0 }), signal, path);
      return ends?.head.toString('utf8');
    },
  };
}

async function namesIn(folder: string, access: FileAccess): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const batch of access.list(folder, false)) names.push(...batch.map(({ name }) => name));
  return names.toSorted();
}
