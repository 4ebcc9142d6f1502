import { fileNameAt, type WalFiles } from '../core/wal-files.ts';
import { type InPieces, PIECE, withoutFiles } from '../core/wal-listing.ts';
import { isDoubtful, kindOfMark, MARKS } from '../core/wal-marks.ts';
import { type ArchiveReader, askFiles, inPieces, type Question } from './asked-files.ts';
import type { FileFacts } from './file-facts.ts';
import type { WalFolder } from './wal-folder.ts';

/** Which files are asked for their sizes and times. */
export interface SizesWanted {
  /** Those that were never asked, and those of which nobody could make use; else every file. */
  readonly all: boolean;
  /** And so many of the newest ones of each timeline of the folder. */
  readonly newest: number;
}

interface File {
  readonly timeline: number;
  readonly files: WalFiles;
  readonly index: number;
}

/** Asks for sizes and times; a file that changed is to be looked into again, one that is gone is no longer held. */
export async function askSizes(folder: WalFolder, wanted: SizesWanted, reader: ArchiveReader): Promise<WalFolder> {
  const gone = new Map<number, number[]>();
  const tell = (file: File, facts: FileFacts | undefined): void => {
    if (facts !== undefined) note(file, facts);
    else if (isBrokenLink(folder, file)) note(file, BROKEN);
    else gone.set(file.timeline, [...(gone.get(file.timeline) ?? []), file.index]);
  };
  for (const [timeline, files] of folder.timelines) {
    const some = wanted.all ? undefined : await inPieces(askedIndexes(files, wanted));
    const indexes = some ?? files.codes.keys();
    const count = some?.length ?? files.codes.length;
    await askFiles(reader, count, questions(folder.path, timeline, files, indexes), tell);
  }
  if (gone.size === 0) return folder;
  const left = [...folder.timelines].map(
    ([timeline, files]) => [timeline, withoutFiles(files, gone.get(timeline) ?? [])] as const,
  );
  return { ...folder, timelines: new Map(left) };
}

const BROKEN: FileFacts = { kind: 'other', sizeBytes: 0, timeSeconds: 0, inode: 0, device: 0 };

function isBrokenLink({ links }: WalFolder, { timeline, files, index }: File): boolean {
  return links.size > 0 && links.has(fileNameAt(timeline, files, index));
}

function note({ files, index }: File, { kind, sizeBytes, timeSeconds }: FileFacts): void {
  const isSame = files.times[index] === timeSeconds && files.sizes[index] === sizeBytes;
  files.times[index] = timeSeconds;
  files.sizes[index] = sizeBytes;
  if (kind !== 'file') files.marks[index] = MARKS.unreadable;
  else if (!isSame || kindOfMark(files.marks[index] ?? 0) === MARKS.unreadable) files.marks[index] = MARKS.unread;
}

function* askedIndexes(files: WalFiles, wanted: SizesWanted): InPieces<readonly number[]> {
  const indexes: number[] = [];
  for (let index = 0; index < files.codes.length; index += 1) {
    if (isAsked(files, index, wanted)) indexes.push(index);
    if (index % PIECE === 0) yield;
  }
  return indexes;
}

function* questions(
  path: string,
  timeline: number,
  files: WalFiles,
  indexes: Iterable<number>,
): Iterable<Question<File>> {
  for (const index of indexes)
    yield { path: `${path}/${fileNameAt(timeline, files, index)}`, about: { timeline, files, index } };
}

function isAsked({ times, marks }: WalFiles, index: number, { newest }: SizesWanted): boolean {
  return index >= times.length - newest || Number.isNaN(times[index]) || isDoubtful(marks[index] ?? 0);
}

/** What could not be looked into may be open by now. */
export function forgetOpaque({ timelines }: WalFolder): void {
  for (const { marks } of timelines.values())
    for (let index = 0; index < marks.length; index += 1)
      if (kindOfMark(marks[index] ?? 0) === MARKS.opaque) marks[index] = MARKS.unread;
}
