import { emptyFiles, fileCode, filesOf, SHA1_BYTES, type WalFiles } from './wal-files.ts';
import type { WalName } from './wal-names.ts';

/** What is left to do is done in pieces, between which others may run. */
export type InPieces<T> = Generator<undefined, T, undefined>;

export type SegmentName = Extract<WalName, { readonly kind: 'segment' | 'partial' }>;

/** The names of segments of one timeline that a folder was found to hold, in any order. */
export interface SegmentList {
  /** False if no size of segments admits the name. */
  readonly add: (name: SegmentName) => boolean;
  /** In the files' order, with what was known of those that are still there. */
  readonly mergeWith: (known: WalFiles) => InPieces<WalFiles>;
}

/** Some milliseconds of looking at one number after the other. */
export const PIECE = 65_536;

export function createSegmentList(): SegmentList {
  let codes: Float64Array = new Float64Array(256);
  let count = 0;
  const sha1s: string[] = [];
  return {
    add(name) {
      const code = fileCode(name);
      if (code === undefined) return false;
      if (count === codes.length) codes = grown(codes);
      codes[count] = code;
      if (name.sha1 !== undefined) sha1s[count] = name.sha1;
      count += 1;
      return true;
    },
    *mergeWith(known) {
      const used = codes.subarray(0, count);
      const listed = sha1s.length === 0 ? unknownFiles(yield* sortedCodes(used)) : withSha1s(used, sha1s);
      return yield* mergeKnown(known, listed);
    },
  };
}

function grown(codes: Float64Array): Float64Array {
  const larger = new Float64Array(codes.length * 2);
  larger.set(codes);
  return larger;
}

function unknownFiles(codes: Float64Array): WalFiles {
  return filesOf(codes, undefined);
}

/** Few files are in a folder whose names have checksums: a repository of pgBackRest has one for each 4 GB of WAL. */
function withSha1s(codes: Float64Array, sha1s: readonly (string | undefined)[]): WalFiles {
  const named = Array.from(codes, (code, index) => ({ code, sha1: sha1s[index] ?? '' }));
  const listed = named.toSorted((a, b) => a.code - b.code || (a.sha1 < b.sha1 ? -1 : 1));
  const files = emptyFiles(codes.length, true);
  for (const [index, { code, sha1 }] of listed.entries()) {
    files.codes[index] = code;
    files.sha1s?.set(bytesOfSha1(sha1), index * SHA1_BYTES);
  }
  return files;
}

/** @param hex of a checksum */
export function bytesOfSha1(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** Ascending; a million at once would take 0.1 s. */
function* sortedCodes(codes: Float64Array): InPieces<Float64Array> {
  let runs: Float64Array[] = [];
  for (let from = 0; from < codes.length; from += PIECE) {
    runs.push(codes.subarray(from, from + PIECE).toSorted());
    yield;
  }
  while (runs.length > 1) {
    const longer: Float64Array[] = [];
    for (let at = 0; at < runs.length; at += 2) {
      longer.push(yield* mergedRuns(runs[at] ?? new Float64Array(), runs[at + 1] ?? new Float64Array()));
    }
    runs = longer;
  }
  return runs[0] ?? new Float64Array();
}

function* mergedRuns(a: Float64Array, b: Float64Array): InPieces<Float64Array> {
  const merged = new Float64Array(a.length + b.length);
  for (let [to, atA, atB] = [0, 0, 0]; to < merged.length; to += 1) {
    const fromA = atB >= b.length || (a[atA] ?? Infinity) <= (b[atB] ?? Infinity);
    merged[to] = (fromA ? a[atA] : b[atB]) ?? 0;
    if (fromA) atA += 1;
    else atB += 1;
    if (to % PIECE === 0) yield;
  }
  return merged;
}

/** The listed files, with what was known of each. */
function* mergeKnown(known: WalFiles, listed: WalFiles): InPieces<WalFiles> {
  for (let [from, to] = [0, 0]; to < listed.codes.length; to += 1) {
    while (from < known.codes.length && compareFiles(known, from, listed, to) < 0) from += 1;
    if (from < known.codes.length && compareFiles(known, from, listed, to) === 0) copyAt(known, from, listed, to);
    if (to % PIECE === 0) yield;
  }
  return listed;
}

/** By place and packing, then checksum: below 0 if the first comes first. */
export function compareFiles(a: WalFiles, atA: number, b: WalFiles, atB: number): number {
  const difference = (a.codes[atA] ?? 0) - (b.codes[atB] ?? 0);
  if (difference !== 0 || a.sha1s === undefined || b.sha1s === undefined) return difference;
  for (let byte = 0; byte < SHA1_BYTES; byte += 1) {
    const between = (a.sha1s[atA * SHA1_BYTES + byte] ?? 0) - (b.sha1s[atB * SHA1_BYTES + byte] ?? 0);
    if (between !== 0) return between;
  }
  return 0;
}

function copyAt(from: WalFiles, at: number, to: WalFiles, index: number): void {
  to.times[index] = from.times[at] ?? Number.NaN;
  to.sizes[index] = from.sizes[at] ?? 0;
  to.marks[index] = from.marks[at] ?? 0;
}

/** The files without those that turned out to be gone. */
export function withoutFiles(files: WalFiles, gone: readonly number[]): WalFiles {
  if (gone.length === 0) return files;
  const skipped = new Set(gone);
  const kept = emptyFiles(files.codes.length - skipped.size, files.sha1s !== undefined);
  let to = 0;
  for (let from = 0; from < files.codes.length; from += 1) {
    if (skipped.has(from)) continue;
    kept.codes[to] = files.codes[from] ?? 0;
    if (files.sha1s !== undefined)
      kept.sha1s?.set(files.sha1s.subarray(from * SHA1_BYTES, (from + 1) * SHA1_BYTES), to * SHA1_BYTES);
    copyAt(files, from, kept, to);
    to += 1;
  }
  return kept;
}
