import type { ArchiveContents, KnownOfServer } from '../core/catalogue.ts';
import { createIdentities } from '../core/wal-marks.ts';
import type { ArchiveReader } from './asked-files.ts';
import { FILE_ACCESS, type FileAccess } from './file-access.ts';
import type { FileFacts } from './file-facts.ts';
import { createHiddenEncryption } from './hidden-encryption.ts';
import { missingSource, stillWaiting, unlessAborted, unreadableSource } from './file-errors.ts';
import { readSmallFiles } from './small-files.ts';
import { contentsOf } from './tree-contents.ts';
import { isUnchanged, listFolder, unknownFolder, type WalFolder } from './wal-folder.ts';
import { lookIntoFiles, type LookReader } from './wal-looks.ts';
import { askSizes, forgetOpaque, type SizesWanted } from './wal-sizes.ts';
import { watchAccess } from './watch-access.ts';

export interface WalTreeOptions {
  readonly access?: FileAccess;
  /** After this time every file is asked anew, so that one is found that lost its end and kept its name. */
  readonly rescanIntervalMs?: number;
  /** Files that one reading looks into, at most. */
  readonly looksPerReading?: number;
  /** The tool may encrypt, which no name says. */
  readonly mayHideEncryption?: boolean;
}

/** What is read. */
export interface WalTreePlace {
  /** The folder with the WAL, or with folders of it. */
  readonly path: string;
  /** Its files are encrypted, and no name says so. */
  readonly encrypted: boolean;
  /** Flat folders, which need not be there, from which files are moved into it. */
  readonly waiting?: readonly string[];
}

/** Reads a tree of WAL, again and again: what did not change since the last time is not read again. */
export type WalTree = (place: WalTreePlace, known: KnownOfServer, signal: AbortSignal) => Promise<ArchiveContents>;

const DEFAULT_RESCAN_INTERVAL_MS = 3_600_000;
/** Some 0.03 ms each on a disk of this machine, much more over a network. */
const DEFAULT_LOOKS_PER_READING = 1_000;
/**
 * What a full disk or a killed archiver cut short is among the last that were archived. So many are a log of 4 GB: more
 * than is archived between two readings by most, and asked in a few milliseconds.
 */
const ASKED_AGAIN = 256;
/** Where the newest segments are if each log of 4 GB has a folder: the one before was filled a moment ago. */
const LAST_FOLDERS = 2;

/** Throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE and SOURCE_TIMEOUT. */
export function createWalTree(options: WalTreeOptions = {}): WalTree {
  const { access, isWaiting } = watchAccess(options.access ?? FILE_ACCESS);
  const identities = createIdentities();
  const closeEncrypted = options.mayHideEncryption === true ? createHiddenEncryption(identities) : undefined;
  const memory = new Map<string, WalFolder>();
  const budget = options.looksPerReading ?? DEFAULT_LOOKS_PER_READING;
  let rescanAtMs = 0;
  let segmentBytes: number | undefined;

  return async (place, known, signal) => {
    const { path, encrypted } = place;
    if (isWaiting()) throw stillWaiting(path);
    const startMs = Date.now();
    const all = startMs >= rescanAtMs;
    if (all) rescanAtMs = startMs + (options.rescanIntervalMs ?? DEFAULT_RESCAN_INTERVAL_MS);
    const reader = { access, signal, isLocal: await isOnLocalDisk(access, path, signal) };
    const folders = await readFolders(place, { all, newest: ASKED_AGAIN }, reader, memory);
    await lookIntoFiles(toLookReader(reader), folders, {
      identities,
      budget,
      segmentBytes: known.segmentBytes ?? segmentBytes,
    });
    closeEncrypted?.(folders);
    const contents = await contentsOf({ folders, identities, known, encrypted, nowSeconds: startMs / 1000 });
    ({ segmentBytes } = contents);
    return contents;
  };
}

/** One after the other: each that a disk does not answer keeps a thread. */
function toLookReader({ access, signal, isLocal }: ArchiveReader): LookReader {
  const later: LookReader['ends'] = (path, wanted) => unlessAborted(access.ends(path, wanted), signal, path);
  return { ends: isLocal ? access.endsNow : later, signal, atOnce: 1 };
}

/** What was known of folders, by their paths. */
type Memory = Map<string, WalFolder>;

async function readFolders(
  { path, waiting = [] }: WalTreePlace,
  wanted: SizesWanted,
  reader: ArchiveReader,
  memory: Memory,
): Promise<readonly WalFolder[]> {
  // What is moved meanwhile is seen twice, and not missed.
  const moved: WalFolder[] = [];
  for (const each of waiting) {
    const folder = await readFolder(each, wanted, reader, memory);
    if (folder !== undefined) moved.push(folder);
  }
  const root = await readFolder(path, wanted, reader, memory);
  if (root === undefined) throw missingSource(path);
  const found = [root];
  const names = root.folders.toSorted();
  for (const [index, name] of names.entries()) {
    const newest = index < names.length - LAST_FOLDERS ? 0 : wanted.newest;
    const folder = await readFolder(`${path}/${name}`, { ...wanted, newest }, reader, memory);
    if (folder !== undefined) found.push(folder);
  }
  memory.clear();
  found.push(...moved);
  for (const folder of found) memory.set(folder.path, folder);
  return found;
}

/** Undefined if it is gone, or is no folder. */
async function readFolder(
  path: string,
  wanted: SizesWanted,
  reader: ArchiveReader,
  memory: Memory,
): Promise<WalFolder | undefined> {
  const facts = await folderFacts(path, reader);
  if (facts?.kind !== 'folder') return undefined;
  const known = memory.get(path) ?? unknownFolder(path);
  const listed = isUnchanged(known, facts) ? known : await listFolder(known, facts, reader);
  if (wanted.all && memory.has(path)) forgetOpaque(listed);
  // What is known by now is kept, should the time be over before the rest is.
  memory.set(path, listed);
  return await readSmallFiles(await askSizes(listed, wanted, reader), wanted.all, reader);
}

async function folderFacts(path: string, { access, signal }: ArchiveReader): Promise<FileFacts | undefined> {
  try {
    return await unlessAborted(access.facts(path), signal, path);
  } catch (thrown) {
    throw unreadableSource(path, thrown);
  }
}

async function isOnLocalDisk(access: FileAccess, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    return await unlessAborted(access.isLocal(path), signal, path);
  } catch (thrown) {
    throw unreadableSource(path, thrown);
  }
}
