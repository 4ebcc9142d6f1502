import { readWalName } from '../../core/wal-names.ts';
import type { FileAccess, FileEnds } from '../../storage/file-access.ts';
import type { FileFacts } from '../../storage/file-facts.ts';
import type { ListedFile } from './listing.ts';

/** Gives what a file holds, decrypted and unpacked. */
export type Cat = (name: string) => Promise<Buffer>;

/** One folder of files of which a program tells names, sizes and times, and gives the histories. */
export interface ToldFiles {
  readonly access: FileAccess;
  readonly renew: (listed: readonly ListedFile[], cat: Cat) => void;
}

const FOLDER: FileFacts = { kind: 'folder', sizeBytes: 0, timeSeconds: 0, inode: 0, device: 0 };
const BATCH = 1_024;

/** A history is named as if it were not packed, for so it is given. */
export function createToldFiles(): ToldFiles {
  let files: ReadonlyMap<string, ListedFile> = new Map();
  let cat: Cat = neverAsked;
  const factsNow = (path: string): FileFacts | undefined => {
    // It may have changed since, whatever its time: each reading lists it anew.
    if (!path.includes('/')) return { ...FOLDER, timeSeconds: Date.now() / 1000 };
    const file = files.get(path.slice(path.indexOf('/') + 1));
    return file && { kind: 'file', sizeBytes: file.sizeBytes, timeSeconds: file.timeSeconds, inode: 0, device: 0 };
  };
  return {
    renew(listed, ask) {
      files = new Map(listed.map((file) => [shownName(file.name), file]));
      cat = ask;
    },
    access: {
      async *list() {
        const names = [...files.keys()];
        for (let from = 0; from < names.length; from += BATCH) yield names.slice(from, from + BATCH).map(entryOf);
      },
      facts: (path) => Promise.resolve(factsNow(path)),
      factsNow,
      isLocal: () => Promise.resolve(true),
      async ends(path): Promise<FileEnds | undefined> {
        const file = files.get(path.slice(path.indexOf('/') + 1));
        if (file === undefined) return undefined;
        if (readWalName(file.name)?.kind !== 'history') throw closed();
        const head = await cat(file.name);
        return { head, tail: Buffer.alloc(0), sizeBytes: head.length };
      },
      endsNow() {
        throw closed();
      },
    },
  };
}

function neverAsked(): Promise<Buffer> {
  return Promise.reject(closed());
}

function entryOf(name: string): { readonly name: string; isSymbolicLink: () => boolean; isDirectory: () => boolean } {
  return { name, isSymbolicLink: () => false, isDirectory: () => false };
}

function shownName(name: string): string {
  return readWalName(name)?.kind === 'history' ? name.slice(0, '00000001.history'.length) : name;
}

/** What may be listed and not read is as good as what is not looked into. */
function closed(): Error {
  return Object.assign(new Error('The content of segments is not asked for'), { code: 'EACCES' });
}
