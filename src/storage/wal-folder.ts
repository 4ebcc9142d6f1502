import { NO_FILES, type WalFiles } from '../core/wal-files.ts';
import { createSegmentList, type SegmentList } from '../core/wal-listing.ts';
import { isWalFolderName, readWalName } from '../core/wal-names.ts';
import { type ArchiveReader, inPieces } from './asked-files.ts';
import type { ListedFile } from './file-access.ts';
import type { FileFacts } from './file-facts.ts';
import { checkTime, unlessAborted, unreadableSource } from './file-errors.ts';
import type { SmallFile } from './wal-texts.ts';

/** What is known of one folder. */
export interface WalFolder {
  readonly path: string;
  /** When and as what it was listed; undefined if it may have changed since then without showing it. */
  readonly stamp: FolderStamp | undefined;
  readonly timelines: ReadonlyMap<number, WalFiles>;
  readonly small: ReadonlyMap<string, SmallFile>;
  readonly links: ReadonlySet<string>;
  /** Names of what seem to be folders of WAL. */
  readonly folders: readonly string[];
  /** Names of segments that no size of segments admits. */
  readonly impossible: readonly string[];
  readonly foreign: number;
}

export type FolderStamp = Pick<FileFacts, 'inode' | 'device' | 'timeSeconds'>;

/** File systems keep times in steps of up to two seconds; within one a change would not show. */
const STEP_SECONDS = 2;

export function unknownFolder(path: string): WalFolder {
  return {
    path,
    stamp: undefined,
    timelines: new Map(),
    small: new Map(),
    links: new Set(),
    folders: [],
    impossible: [],
    foreign: 0,
  };
}

/** True if nothing can have been put there, taken away or renamed since it was listed. */
export function isUnchanged({ stamp }: WalFolder, facts: FileFacts): boolean {
  return (
    stamp !== undefined &&
    stamp.inode === facts.inode &&
    stamp.device === facts.device &&
    stamp.timeSeconds === facts.timeSeconds
  );
}

/** Lists a folder anew, with what was known of the files that are still there. `facts` are from before. */
export async function listFolder(known: WalFolder, facts: FileFacts, reader: ArchiveReader): Promise<WalFolder> {
  const startSeconds = Date.now() / 1000;
  const found = { lists: new Map<number, SegmentList>(), small: new Map(known.small), links: new Set<string>() };
  const listed: Listed = { ...found, names: new Set(), folders: [], impossible: [], foreign: 0 };
  const mine = ownSegments(known.path);
  const batches = reader.access.list(known.path, reader.isLocal)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const batch = await unlessAborted(batches.next(), reader.signal, known.path);
      if (batch.done === true) break;
      for (const file of batch.value) sortIn(file, listed, mine);
    }
  } catch (thrown) {
    // What hangs is not waited for.
    void batches.return?.().catch(() => {});
    throw unreadableSource(known.path, thrown);
  }
  for (const fileName of known.small.keys()) if (!listed.names.has(fileName)) listed.small.delete(fileName);
  const isSettled = startSeconds - facts.timeSeconds >= STEP_SECONDS;
  return {
    path: known.path,
    stamp: isSettled ? facts : undefined,
    timelines: await mergeAll(known, listed.lists, reader),
    small: listed.small,
    links: listed.links,
    folders: listed.folders,
    impossible: listed.impossible,
    foreign: listed.foreign,
  };
}

interface Listed {
  readonly lists: Map<number, SegmentList>;
  readonly small: Map<string, SmallFile>;
  /** Of the small files. */
  readonly names: Set<string>;
  readonly links: Set<string>;
  readonly folders: string[];
  readonly impossible: string[];
  foreign: number;
}

/** In a folder named by timeline and log only those belong that its name begins: that name, else empty. */
export function ownSegments(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return isWalFolderName(name) ? name : '';
}

function sortIn(file: ListedFile, listed: Listed, mine: string): void {
  const { name: fileName } = file;
  const name = readWalName(fileName);
  const isFolder = file.isDirectory();
  if (name === undefined || isFolder || !fileName.startsWith(mine)) {
    if (mine === '' && isWalFolderName(fileName)) listed.folders.push(fileName);
    else if (!isFolder) listed.foreign += 1;
    return;
  }
  if (file.isSymbolicLink()) listed.links.add(fileName);
  if (name.kind === 'segment') {
    const list = listed.lists.get(name.timeline) ?? createSegmentList();
    listed.lists.set(name.timeline, list);
    if (!list.add(name)) listed.impossible.push(fileName);
    return;
  }
  listed.names.add(fileName);
  if (!listed.small.has(fileName)) listed.small.set(fileName, { fileName, name, facts: undefined, text: undefined });
}

async function mergeAll(
  known: WalFolder,
  lists: ReadonlyMap<number, SegmentList>,
  { signal }: ArchiveReader,
): Promise<ReadonlyMap<number, WalFiles>> {
  const timelines = new Map<number, WalFiles>();
  for (const [timeline, list] of lists) {
    checkTime(signal, known.path);
    timelines.set(timeline, await inPieces(list.mergeWith(known.timelines.get(timeline) ?? NO_FILES)));
  }
  return timelines;
}
