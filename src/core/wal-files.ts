import { COMPRESSIONS, ENCRYPTIONS, type Packing, type WalPlace } from './wal-names.ts';

/**
 * The files of segments of one timeline in one folder, as numbers: an archive may hold millions, and their names follow
 * from them. Ascending by code, then checksum; all arrays are equally long.
 */
export interface WalFiles {
  /** Place and packing: see `fileCode`. */
  readonly codes: Float64Array;
  /** 20 bytes of each, zeros where a name has none; undefined if none has. */
  readonly sha1s: Uint8Array | undefined;
  /** mtime in Unix seconds; NaN until it was asked. */
  readonly times: Float64Array;
  /** In bytes; of no meaning where the time is NaN. */
  readonly sizes: Float64Array;
  /** What is known of the content: see wal-marks.ts. */
  readonly marks: Uint8Array;
}

export const NO_FILES: WalFiles = emptyFiles(0, false);

/** Of the smallest segments there are, 1 MB, so many fill a log of 4 GB. */
const PLACES_PER_LOG = 4096;
const CODES_PER_PLACE = 256;
const COMPRESSION_MASK = 15;
const ENCRYPTION_SHIFT = 4;
const WITH_SHA1 = 128;
export const SHA1_BYTES = 20;

/** Arrays for so many files, of which nothing is known yet. */
export function emptyFiles(count: number, withSha1: boolean): WalFiles {
  return filesOf(new Float64Array(count), withSha1 ? new Uint8Array(count * SHA1_BYTES) : undefined);
}

/** Files of these names, of which nothing else is known yet. */
export function filesOf(codes: Float64Array, sha1s: Uint8Array | undefined): WalFiles {
  const count = codes.length;
  const times = new Float64Array(count).fill(Number.NaN);
  return { codes, sha1s, times, sizes: new Float64Array(count), marks: new Uint8Array(count) };
}

/**
 * Place and packing of a segment's file as one number below 2^52, which grows with the place whatever the size of
 * segments. Undefined if no size of segments admits the place.
 */
export function fileCode(name: WalPlace & Packing & { readonly sha1: string | undefined }): number | undefined {
  if (name.segmentInLog >= PLACES_PER_LOG) return undefined;
  const packing = COMPRESSIONS.indexOf(name.compression) + (ENCRYPTIONS.indexOf(name.encryption) << ENCRYPTION_SHIFT);
  const place = name.log * PLACES_PER_LOG + name.segmentInLog;
  return place * CODES_PER_PLACE + packing + (name.sha1 === undefined ? 0 : WITH_SHA1);
}

/** The same number for all files of one segment. */
export function placeOfCode(code: number): number {
  return Math.floor(code / CODES_PER_PLACE);
}

export function logOfPlace(place: number): number {
  return Math.floor(place / PLACES_PER_LOG);
}

export function segmentInLogOfPlace(place: number): number {
  return place - Math.floor(place / PLACES_PER_LOG) * PLACES_PER_LOG;
}

export function packingOfCode(code: number): Packing {
  const low = packingByte(code);
  return {
    compression: COMPRESSIONS[low & COMPRESSION_MASK] ?? '',
    encryption: ENCRYPTIONS[(low & ~WITH_SHA1) >> ENCRYPTION_SHIFT] ?? '',
  };
}

/** The remainder, which `%` takes ten times as long for: a million are looked at in each reading. */
function packingByte(code: number): number {
  return code - Math.floor(code / CODES_PER_PLACE) * CODES_PER_PLACE;
}

/** True if the name says that the file is a bare segment. */
export function isPlain(code: number): boolean {
  return (packingByte(code) & ~WITH_SHA1) === 0;
}

/** True if the name has the checksum of the content. */
export function hasSha1(code: number): boolean {
  return packingByte(code) >= WITH_SHA1;
}

/** The name of a file, from the numbers. */
export function fileNameAt(timeline: number, files: WalFiles, index: number): string {
  const code = files.codes[index] ?? 0;
  const place = placeOfCode(code);
  const { compression, encryption } = packingOfCode(code);
  const sha1 = hasSha1(code) ? `-${sha1At(files, index)}` : '';
  const endings = [compression, encryption].filter((ending) => ending !== '').map((ending) => `.${ending}`);
  return hex8(timeline) + hex8(logOfPlace(place)) + hex8(segmentInLogOfPlace(place)) + sha1 + endings.join('');
}

/** Hexadecimal; zeros where the name has none. */
export function sha1At({ sha1s }: WalFiles, index: number): string {
  const bytes = sha1s?.subarray(index * SHA1_BYTES, (index + 1) * SHA1_BYTES) ?? [];
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function hex8(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}
