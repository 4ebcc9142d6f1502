import { setImmediate as turn } from 'node:timers/promises';
import { systemCode } from '../core/error.ts';

import { isSegmentSize, segmentAt, startOfSegment } from '../core/segments.ts';
import {
  fileNameAt,
  isPlain,
  logOfPlace,
  packingOfCode,
  placeOfCode,
  segmentInLogOfPlace,
  type WalFiles,
} from '../core/wal-files.ts';
import { WAL_HEADER_BYTES, type WalHeader } from '../core/wal-header.ts';
import { type InPieces, PIECE } from '../core/wal-listing.ts';
import { kindOfMark, MARKS, type WalIdentities, withPacked } from '../core/wal-marks.ts';
import type { Compression } from '../core/wal-names.ts';
import { inPieces } from './asked-files.ts';
import type { EndsWanted, FileEnds } from './file-access.ts';
import { checkTime } from './file-errors.ts';
import { inspectEnds, SEGMENT_ENDS } from './wal-ends.ts';
import type { WalFolder } from './wal-folder.ts';

/** Of so many kinds the ends show something. */
const SHOWING: readonly Compression[] = ['', 'gz', 'bz2', 'lz4', 'zst', 'xz'];

/** Of a bare segment the end tells nothing. */
const HEAD: EndsWanted = { headBytes: WAL_HEADER_BYTES, tailBytes: 0 };

/** Without threads others wait meanwhile. */
const SLICE_MS = 8;

/** A file that nobody looked into yet. */
interface Look {
  /** Of the file. */
  readonly path: string;
  readonly timeline: number;
  readonly files: WalFiles;
  readonly index: number;
}

type MaybeLater<T> = T | Promise<T>;

/** How files are looked into. */
export interface LookReader {
  /** At once or later; undefined if the file is gone, or is none. Throws what the system says. */
  readonly ends: (path: string, wanted: EndsWanted, sizeBytes: number) => MaybeLater<FileEnds | undefined>;
  readonly signal: AbortSignal;
  /** So many are asked for and not answered yet. */
  readonly atOnce: number;
}

export interface LookOptions {
  readonly identities: WalIdentities;
  /** Files at most. */
  readonly budget: number;
  /** As far as it is known. */
  readonly segmentBytes: number | undefined;
}

/**
 * Reads the ends of files that were not looked into: those of a size that no segment has first, then the newest. What
 * they show is marked.
 */
export async function lookIntoFiles(
  reader: LookReader,
  folders: readonly WalFolder[],
  options: LookOptions,
): Promise<void> {
  const chosen = await inPieces(chooseFiles(folders, options));
  const rest = chosen[Symbol.iterator]();
  const lookNext = async (): Promise<void> => {
    let sliceEndMs = performance.now() + SLICE_MS;
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      const { value: look } = next;
      const mark = await lookInto(look, reader, options.identities);
      if (mark !== undefined) look.files.marks[look.index] = mark;
      if (performance.now() < sliceEndMs) continue;
      await turn();
      checkTime(reader.signal, look.path);
      sliceEndMs = performance.now() + SLICE_MS;
    }
  };
  await Promise.all(Array.from({ length: reader.atOnce }, lookNext));
}

function* chooseFiles(folders: readonly WalFolder[], { budget, segmentBytes }: LookOptions): InPieces<readonly Look[]> {
  const odd: Look[] = [];
  const usual: Look[] = [];
  for (const { path, timeline, files } of newestFirst(folders)) {
    for (let index = files.codes.length - 1; index >= 0; index -= 1) {
      const wanted = isOdd(files, index, segmentBytes) ? odd : usual;
      if (wanted.length < budget && isToBeLookedInto(files, index))
        wanted.push({ path: `${path}/${fileNameAt(timeline, files, index)}`, timeline, files, index });
      if (index % PIECE === 0) yield;
    }
  }
  return [...odd, ...usual].slice(0, budget);
}

function newestFirst(folders: readonly WalFolder[]): readonly Omit<Look, 'index'>[] {
  const parts = folders.flatMap(({ path, timelines }) =>
    [...timelines].map(([timeline, files]) => ({ path, timeline, files })),
  );
  return parts.toSorted((a, b) => b.timeline - a.timeline || (a.path < b.path ? 1 : -1));
}

function isToBeLookedInto({ codes, times, sizes, marks }: WalFiles, index: number): boolean {
  if (kindOfMark(marks[index] ?? 0) !== MARKS.unread || Number.isNaN(times[index]) || sizes[index] === 0) return false;
  const { compression, encryption } = packingOfCode(codes[index] ?? 0);
  return encryption === '' && SHOWING.includes(compression);
}

function isOdd({ codes, sizes }: WalFiles, index: number, segmentBytes: number | undefined): boolean {
  return segmentBytes !== undefined && sizes[index] !== segmentBytes && isPlain(codes[index] ?? 0);
}

function seemsWhole({ codes, sizes }: WalFiles, index: number): boolean {
  return isPlain(codes[index] ?? 0) && isSegmentSize(sizes[index] ?? 0);
}

/** Undefined if it is gone by now. */
async function lookInto(
  { path, timeline, files, index }: Look,
  reader: LookReader,
  identities: WalIdentities,
): Promise<number | undefined> {
  try {
    const wanted = seemsWhole(files, index) ? HEAD : SEGMENT_ENDS;
    const answer = reader.ends(path, wanted, files.sizes[index] ?? 0);
    const ends = answer instanceof Promise ? await answer : answer;
    if (ends === undefined) return undefined;
    const verdict = inspectEnds(ends);
    switch (verdict.kind) {
      case 'opaque':
        return withPacked(MARKS.opaque);
      case 'cut':
        return withPacked(MARKS.cut);
      case 'wrong':
        return MARKS.wrongHeader;
      case 'header': {
        const mark = markOfHeader(verdict.header, timeline, files.codes[index] ?? 0, identities);
        return verdict.packed ? withPacked(mark) : mark;
      }
    }
  } catch (thrown) {
    return markOfFailure(thrown);
  }
}

function markOfHeader(header: WalHeader, timeline: number, code: number, identities: WalIdentities): number {
  const { segmentBytes, systemIdentifier } = header;
  const place = placeOfCode(code);
  const segment = segmentAt({ log: logOfPlace(place), segmentInLog: segmentInLogOfPlace(place) }, segmentBytes);
  if (header.start !== startOfSegment(segment, segmentBytes) || header.timeline > timeline) return MARKS.wrongHeader;
  const olderTimeline = header.timeline === timeline ? undefined : header.timeline;
  return identities.markOf({ systemIdentifier, segmentBytes, olderTimeline });
}

/** What walguard may not read is as good as before; what the disk does not give is lost. */
function markOfFailure(thrown: unknown): number | undefined {
  const code = systemCode(thrown);
  if (code === 'EACCES' || code === 'EPERM') return MARKS.opaque;
  if (code === 'EIO' || code === 'ELOOP' || code === 'ENXIO') return MARKS.unreadable;
  throw thrown;
}
