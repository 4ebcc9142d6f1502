import type { BadFile, BadFileReason, KnownOfServer, TimelineSegments } from './catalogue.ts';
import { DEFAULT_SEGMENT_BYTES, isSegmentSize, segmentsPerLog } from './segments.ts';
import {
  fileNameAt,
  hasSha1,
  isPlain,
  logOfPlace,
  placeOfCode,
  segmentInLogOfPlace,
  sha1At,
  type WalFiles,
} from './wal-files.ts';
import { type Counts, judge, type JudgedFile, type Measure, measureOf, type Worth } from './wal-judge.ts';
import type { InPieces } from './wal-listing.ts';
import { identityOf, isPacked, type WalIdentities, type WalIdentity, withDoubt } from './wal-marks.ts';

/** Files of one timeline in one folder. */
export interface TimelineFiles {
  readonly timeline: number;
  readonly files: WalFiles;
}

export interface ContentsInput extends Pick<Measure, 'histories' | 'nowSeconds' | 'encrypted' | 'settledSeconds'> {
  /** In the order of their folders' names. */
  readonly parts: readonly TimelineFiles[];
  readonly identities: Pick<WalIdentities, 'all'>;
  readonly known: KnownOfServer;
}

/** What follows from the files of segments. */
export interface SegmentContents {
  readonly segmentBytes: number | undefined;
  readonly systemIdentifier: string | undefined;
  readonly timelines: readonly TimelineSegments[];
  readonly badFiles: readonly BadFile[];
  readonly duplicates: number;
  readonly unverified: number;
}

const PIECE = 16_384;

/** Says which segments are held and which files are of no use; marks those that are to be asked again as doubtful. */
export function* assembleSegments(input: ContentsInput): InPieces<SegmentContents> {
  const counts = yield* countKinds(input);
  const found = measureOf(input.known, { ...input, ...counts });
  const tally: Tally = { badFiles: [], duplicates: 0, unverified: 0 };
  const timelines: TimelineSegments[] = [];
  for (const timeline of [...new Set(input.parts.map((part) => part.timeline))].toSorted((a, b) => a - b)) {
    const parts = input.parts.filter((part) => part.timeline === timeline && part.files.codes.length > 0);
    timelines.push(yield* assembleTimeline(timeline, parts, { ...input, ...found }, tally));
  }
  return {
    segmentBytes: found.segmentBytes,
    systemIdentifier: found.systemIdentifierOfHeaders,
    timelines: timelines.filter(({ segments }) => segments.length > 0),
    ...tally,
  };
}

interface Tally {
  readonly badFiles: BadFile[];
  duplicates: number;
  unverified: number;
}

function* countKinds({ parts, identities }: ContentsInput): InPieces<Counts> {
  const headers = new Map<WalIdentity, number>();
  const sizes = new Map<number, number>();
  for (const { files } of parts) {
    for (let index = 0, next = 0; index < files.codes.length; index = next) {
      next = endOfAlike(files, index);
      const mark = files.marks[index] ?? 0;
      const identity = identityOf(mark, identities);
      const size = files.sizes[index] ?? 0;
      if (identity !== undefined) headers.set(identity, (headers.get(identity) ?? 0) + next - index);
      if (isPlain(files.codes[index] ?? 0) && !isPacked(mark) && isSegmentSize(size))
        sizes.set(size, (sizes.get(size) ?? 0) + next - index);
      if (Math.floor(next / PIECE) > Math.floor(index / PIECE)) yield;
    }
  }
  return { headers, sizes };
}

/** Most have the size, the mark and the packing of the one before. */
function endOfAlike({ codes, sizes, marks }: WalFiles, from: number): number {
  const isPlainOne = isPlain(codes[from] ?? 0);
  let to = from + 1;
  while (to < codes.length && sizes[to] === sizes[from] && marks[to] === marks[from]) {
    if (isPlain(codes[to] ?? 0) !== isPlainOne) break;
    to += 1;
  }
  return to;
}

function* assembleTimeline(
  timeline: number,
  parts: readonly TimelineFiles[],
  measure: Measure,
  tally: Tally,
): InPieces<TimelineSegments> {
  const most = parts.reduce((sum, { files }) => sum + files.codes.length, 0);
  const held = { segments: new Float64Array(most), times: new Float64Array(most), count: 0, ascending: true };
  for (const { files } of parts) {
    let next = 0;
    for (let index = 0; index < files.codes.length; index = next) {
      next = endOfPlace(files, index);
      assemblePlace({ timeline, files, from: index, to: next }, measure, held, tally);
      if (Math.floor(next / PIECE) > Math.floor(index / PIECE)) yield;
    }
  }
  // No copies: there may be a million, and few are not held.
  const whole = {
    timeline,
    segments: held.segments.subarray(0, held.count),
    times: held.times.subarray(0, held.count),
  };
  return held.ascending ? whole : inOrder(whole, tally);
}

interface Held {
  readonly segments: Float64Array;
  readonly times: Float64Array;
  count: number;
  ascending: boolean;
}

/** The files of one segment: from the first index to before the other. */
interface PlaceFiles extends TimelineFiles {
  readonly from: number;
  readonly to: number;
}

function endOfPlace({ codes }: WalFiles, from: number): number {
  const place = placeOfCode(codes[from] ?? 0);
  let to = from + 1;
  while (to < codes.length && placeOfCode(codes[to] ?? 0) === place) to += 1;
  return to;
}

function assemblePlace(at: PlaceFiles, measure: Measure, held: Held, tally: Tally): void {
  const place = placeOfCode(at.files.codes[at.from] ?? 0);
  const perLog = segmentsPerLog(measure.segmentBytes ?? DEFAULT_SEGMENT_BYTES);
  const segmentInLog = segmentInLogOfPlace(place);
  const segment = logOfPlace(place) * perLog + segmentInLog;
  const impossible = measure.segmentBytes !== undefined && segmentInLog >= perLog;
  const judgement = { measure, impossible, conflicting: haveDifferentSha1s(at) };
  const usable: number[] = [];
  let verified = false;
  for (let index = at.from; index < at.to; index += 1) {
    const worth = worthAt(at, index, segment, judgement);
    const isUsable = worth === 'good' || worth === 'unverified';
    at.files.marks[index] = withDoubt(at.files.marks[index] ?? 0, !isUsable);
    verified ||= worth === 'good';
    if (isUsable) usable.push(index);
    else if (worth !== 'young') tally.badFiles.push(badFile(at, index, worth, impossible ? undefined : segment));
  }
  const [first] = usable;
  if (first === undefined) return;
  tally.duplicates += usable.length - 1;
  if (!verified) tally.unverified += 1;
  hold(held, segment, at.files.times[first] ?? Number.NaN);
}

function badFile({ timeline, files }: PlaceFiles, index: number, reason: BadFileReason, segment?: number): BadFile {
  const name = fileNameAt(timeline, files, index);
  return { name, reason, timeline: segment === undefined ? undefined : timeline, segment };
}

interface PlaceJudgement {
  readonly measure: Measure;
  readonly impossible: boolean;
  readonly conflicting: boolean;
}

function worthAt(
  { timeline, files }: PlaceFiles,
  index: number,
  segment: number,
  { measure, impossible, conflicting }: PlaceJudgement,
): Worth {
  if (impossible) return 'impossible_name';
  if (conflicting) return 'conflicting';
  const file: JudgedFile = {
    code: files.codes[index] ?? 0,
    timeSeconds: files.times[index] ?? Number.NaN,
    sizeBytes: files.sizes[index] ?? 0,
    mark: files.marks[index] ?? 0,
  };
  return judge(file, timeline, segment, measure);
}

/** Two archivers pushed two contents as one segment: no one can say which belongs to the cluster. */
function haveDifferentSha1s({ files, from, to }: PlaceFiles): boolean {
  if (to - from < 2) return false;
  const sha1s = new Set<string>();
  for (let index = from; index < to; index += 1) if (hasSha1(files.codes[index] ?? 0)) sha1s.add(sha1At(files, index));
  return sha1s.size > 1;
}

function hold(held: Held, segment: number, time: number): void {
  if (held.count > 0 && segment <= (held.segments[held.count - 1] ?? 0)) held.ascending = false;
  held.segments[held.count] = segment;
  held.times[held.count] = time;
  held.count += 1;
}

/** Segments lie in more folders than one, across each other: nobody's usual layout. */
function inOrder({ timeline, segments, times }: TimelineSegments, tally: Tally): TimelineSegments {
  const order = Array.from(segments.keys()).toSorted((a, b) => (segments[a] ?? 0) - (segments[b] ?? 0));
  const unique = order.filter((at, index) => index === 0 || segments[at] !== segments[order[index - 1] ?? 0]);
  tally.duplicates += order.length - unique.length;
  return {
    timeline,
    segments: Float64Array.from(unique, (at) => segments[at] ?? 0),
    times: Float64Array.from(unique, (at) => times[at] ?? 0),
  };
}
