import { isSegmentSize } from '../../core/segments.ts';
import { fileNameAt, isPlain, NO_FILES, type WalFiles } from '../../core/wal-files.ts';
import { createSegmentList, type InPieces, type SegmentList } from '../../core/wal-listing.ts';
import { MARKS } from '../../core/wal-marks.ts';
import { readWalName } from '../../core/wal-names.ts';
import { unknownFolder, type WalFolder } from '../../storage/wal-folder.ts';
import type { SmallFile } from '../../storage/wal-texts.ts';
import type { RepositoryFile, RepositoryListing } from './listing.ts';

/** A folder as it was listed; texts that were read of it stay, as far as the files are the same. */
export function toFolder(name: string, listing: RepositoryListing, known = unknownFolder(name)): WalFolder {
  const lists = new Map<number, SegmentList>();
  const small = new Map<string, SmallFile>();
  const impossible: string[] = [];
  let foreign = 0;
  for (const [fileName, file] of listing) {
    const wal = readWalName(fileName);
    if (file.kind === 'folder') continue;
    if (wal === undefined || !fileName.startsWith(name)) foreign += 1;
    else if (wal.kind !== 'segment')
      small.set(fileName, renewed({ fileName, name: wal, facts: undefined, text: undefined }, file, known));
    else {
      const list = lists.get(wal.timeline) ?? createSegmentList();
      lists.set(wal.timeline, list);
      if (!list.add(wal)) impossible.push(fileName);
    }
  }
  const timelines = new Map([...lists].map(([timeline, list]) => [timeline, fill(timeline, list, listing)]));
  return { ...known, timelines, small, impossible, foreign };
}

function renewed(file: SmallFile, facts: RepositoryFile, known: WalFolder): SmallFile {
  const before = known.small.get(file.fileName);
  const isSame = before?.facts?.timeSeconds === facts.timeSeconds && before.facts.sizeBytes === facts.sizeBytes;
  return { ...file, facts: { ...facts, inode: 0, device: 0 }, text: isSame ? before.text : undefined };
}

/** No content is seen: of what is no file nothing can be had. */
function fill(timeline: number, list: SegmentList, listing: RepositoryListing): WalFiles {
  const files = atOnce(list.mergeWith(NO_FILES));
  for (let index = 0; index < files.codes.length; index += 1) {
    const file = listing.get(fileNameAt(timeline, files, index));
    files.times[index] = file?.timeSeconds ?? Number.NaN;
    files.sizes[index] = file?.sizeBytes ?? 0;
    files.marks[index] = file?.kind === 'file' ? MARKS.opaque : MARKS.unreadable;
  }
  return files;
}

/** A folder has some hundred files. */
function atOnce<T>(pieces: InPieces<T>): T {
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
  }
}

/** Encryption shows in no name, but then nothing has the size of a segment. */
export function isEncrypted(folders: readonly WalFolder[]): boolean {
  const files = folders.flatMap(({ timelines }) => [...timelines.values()]);
  const sizes = files.flatMap((each) => [...each.sizes].filter((_, index) => isPlain(each.codes[index] ?? 0)));
  return sizes.length > 0 && !sizes.some(isSegmentSize);
}
