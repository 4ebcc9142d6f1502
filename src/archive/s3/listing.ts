import { isWalFolderName } from '../../core/wal-names.ts';
import { createFolderListing, type FolderListing, type ListedFolder } from '../../storage/listed-folder.ts';
import type { S3Bucket } from '../../storage/s3.ts';
import type { S3Object } from '../../storage/s3-answers.ts';

type Folders = ReadonlyMap<string, ListedFolder>;

/** What WAL-G and barman-cloud put WAL into, below the prefix that they are given. */
const TOOL_FOLDER = /^(?:wal_\d{3}|wals)$/;

/**
 * Lists the whole archive: what lies directly below the prefix, and the folders of it. By the paths of the folders below
 * the prefix, in their order; none if there is no object at all.
 */
export async function listArchive(
  bucket: S3Bucket,
  prefix: string,
  known: Folders,
  signal: AbortSignal,
): Promise<Folders> {
  const listings = new Map<string, FolderListing>();
  const add = (folder: string, fileName: string, object: S3Object): void => {
    const listing = listings.get(folder) ?? createFolderListing(withoutSlash(prefix + folder), true);
    listings.set(folder, listing);
    listing.add(fileName, { ...object, kind: 'file' });
  };
  const addAll = (objects: readonly S3Object[], holds: Root['holds']): void => {
    for (const object of objects) {
      const path = splitPath(object.key.slice(prefix.length));
      if (path !== undefined && holds(path.folder)) add(path.folder, path.fileName, object);
    }
  };
  const names: string[] = [];
  for await (const { objects, folders } of bucket.list({ prefix, delimiter: '/' }, signal)) {
    for (const object of objects) if (!object.key.endsWith('/')) add('', object.key.slice(prefix.length), object);
    names.push(...folders.map((folder) => withoutSlash(folder.slice(prefix.length))));
  }
  for (const { folder, holds } of rootsOf(names))
    for await (const { objects } of bucket.list({ prefix: prefix + folder }, signal)) addAll(objects, holds);
  return await finishAll(listings, known);
}

/** True for the folder of WAL-G, which encrypts without a word in the names. */
export function isOfWalG(folder: string): boolean {
  return /^wal_\d{3}$/.test(folder);
}

/** Folders that are listed with all that is in them. */
interface Root {
  /** Below the prefix; empty, or it ends in a slash. */
  readonly folder: string;
  readonly holds: (folder: string) => boolean;
}

function rootsOf(names: readonly string[]): readonly Root[] {
  const tools = names.filter((name) => TOOL_FOLDER.test(name));
  const roots: Root[] = tools.map((name) => ({
    folder: `${name}/`,
    holds: (folder) => folder === name || isWalFolderName(folder.slice(name.length + 1)),
  }));
  if (names.some(isWalFolderName)) roots.push({ folder: '', holds: isWalFolderName });
  return roots;
}

/** Undefined for the marker of a folder, and for what lies directly below the prefix. */
function splitPath(path: string): { readonly folder: string; readonly fileName: string } | undefined {
  const at = path.lastIndexOf('/');
  return at < 1 || at === path.length - 1 ? undefined : { folder: path.slice(0, at), fileName: path.slice(at + 1) };
}

async function finishAll(listings: ReadonlyMap<string, FolderListing>, known: Folders): Promise<Folders> {
  const folders = new Map<string, ListedFolder>();
  for (const [name, listing] of [...listings].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    folders.set(name, await listing.finish(known.get(name)));
  return folders;
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
