import { createListedSegments, type ListedFiles, type ListedSegments } from '../core/wal-listed.ts';
import { MARKS } from '../core/wal-marks.ts';
import { readWalName } from '../core/wal-names.ts';
import { inPieces } from './asked-files.ts';
import type { FileFacts } from './file-facts.ts';
import { ownSegments, unknownFolder, type WalFolder } from './wal-folder.ts';
import type { SmallFile } from './wal-texts.ts';

/** A folder of WAL of which a listing told all at once: names, sizes and times. */
export interface ListedFolder extends WalFolder {
  /** What the listing told of segments, by timeline. */
  readonly listed: ReadonlyMap<number, ListedFiles>;
}

/** One file of a listing. */
export interface ListingEntry extends Pick<FileFacts, 'kind' | 'sizeBytes' | 'timeSeconds'> {
  /** Another one for another content; 0 where the listing has none. */
  readonly tag: number;
}

/** Sorts in what a listing tells of the files of one folder. */
export interface FolderListing {
  readonly add: (fileName: string, entry: ListingEntry) => void;
  /** With what was known of the files that are still the same. */
  readonly finish: (known: ListedFolder | undefined) => Promise<ListedFolder>;
}

/** @param isOpen whether the content of files can be had */
export function createFolderListing(path: string, isOpen: boolean): FolderListing {
  const mine = ownSegments(path);
  const lists = new Map<number, ListedSegments>();
  const small: SmallFile[] = [];
  const impossible: string[] = [];
  let foreign = 0;

  return {
    add(fileName, entry) {
      const name = readWalName(fileName);
      if (name === undefined || !fileName.startsWith(mine)) {
        foreign += 1;
        return;
      }
      if (name.kind !== 'segment') {
        small.push({ fileName, name, facts: { ...entry, inode: entry.tag, device: 0 }, text: undefined });
        return;
      }
      const mark = entry.kind !== 'file' ? MARKS.unreadable : isOpen ? MARKS.unread : MARKS.opaque;
      const list = lists.get(name.timeline) ?? createListedSegments();
      lists.set(name.timeline, list);
      if (!list.add(name, { ...entry, mark })) impossible.push(fileName);
    },
    async finish(known) {
      const listed = new Map<number, ListedFiles>();
      for (const [timeline, list] of lists)
        listed.set(timeline, await inPieces(list.mergeWith(known?.listed.get(timeline))));
      const timelines = new Map([...listed].map(([timeline, { files }]) => [timeline, files]));
      const texts = new Map(small.map((file) => [file.fileName, renewed(file, known?.small.get(file.fileName))]));
      return { ...unknownFolder(path), timelines, listed, small: texts, impossible, foreign };
    },
  };
}

/** What was read of it stays, if it is the same file. */
function renewed(file: SmallFile, known: SmallFile | undefined): SmallFile {
  const isSame =
    known?.facts?.timeSeconds === file.facts?.timeSeconds &&
    known?.facts?.sizeBytes === file.facts?.sizeBytes &&
    known?.facts?.inode === file.facts?.inode;
  return isSame ? { ...file, text: known?.text } : file;
}
