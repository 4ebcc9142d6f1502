import { xxHash32 } from './xxhash32.ts';

/** What an LZ4 frame holds, as far as it was asked for. */
export interface Lz4Content {
  readonly bytes: Uint8Array;
  /** The frame came to its end, with nothing left out and the checksum it has. */
  readonly isWhole: boolean;
  /** As the frame says before its first block; undefined if it does not. */
  readonly contentBytes: number | undefined;
}

const MAGIC = 0x184d2204;
const VERSION = 0b01;
const NOT_COMPRESSED = 0x8000_0000;
const CHECKSUM_BYTES = 4;
const SHORTEST_MATCH = 4;
/** A length of four bits that goes on in the bytes behind. */
const LONG = 15;

/**
 * Unpacks the first frame, or its beginning: of bytes that end too early all is given that they hold.
 *
 * Undefined if it is no frame (LZ4 frame format 1.6), or needs a dictionary. Never more than `maxBytes`.
 */
export function unpackLz4(packed: Uint8Array, maxBytes: number): Lz4Content | undefined {
  const frame = readFrame(packed);
  if (frame === undefined) return undefined;
  const output = { bytes: new Uint8Array(maxBytes), length: 0 };
  const end = unpackBlocks(packed, frame, output);
  const bytes = output.bytes.subarray(0, output.length);
  const isWhole = end !== undefined && (!frame.hasChecksum || checksumAt(packed, end) === xxHash32(bytes));
  return { bytes, isWhole, contentBytes: frame.contentBytes };
}

export interface Lz4Frame {
  /** Of its first block. */
  readonly start: number;
  readonly hasBlockChecksums: boolean;
  readonly hasChecksum: boolean;
  readonly contentBytes: number | undefined;
}

/** The beginning of a frame; undefined if it is none, needs a dictionary, or has not all come yet. */
export function readFrame(packed: Uint8Array): Lz4Frame | undefined {
  const view = viewOf(packed);
  if (packed.length < 7 || view.getUint32(0, true) !== MAGIC) return undefined;
  const flags = packed[4] ?? 0;
  const [hasBlockChecksums, hasSize, hasChecksum] = [(flags & 16) !== 0, (flags & 8) !== 0, (flags & 4) !== 0];
  const start = hasSize ? 15 : 7;
  if (flags >> 6 !== VERSION || (flags & 1) !== 0 || packed.length < start) return undefined;
  const contentBytes = hasSize ? Number(view.getBigUint64(6, true)) : undefined;
  return { start, hasBlockChecksums, hasChecksum, contentBytes };
}

/** What was unpacked so far; what stands in it already may be repeated. */
export interface Output {
  readonly bytes: Uint8Array;
  length: number;
}

/** The place behind the mark of the end; undefined if it was not come to. */
function unpackBlocks(packed: Uint8Array, { start, hasBlockChecksums }: Lz4Frame, output: Output): number | undefined {
  const view = viewOf(packed);
  for (let at = start; at + 4 <= packed.length;) {
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) return at;
    const isPlain = size >= NOT_COMPRESSED;
    const end = at + (isPlain ? size - NOT_COMPRESSED : size);
    const block = packed.subarray(at, end);
    const isSound = isPlain ? append(block, output) : unpackBlock(block, output);
    if (!isSound || end > packed.length) return undefined;
    at = end + (hasBlockChecksums ? CHECKSUM_BYTES : 0);
  }
  return undefined;
}

interface Source {
  readonly bytes: Uint8Array;
  at: number;
}

/** False if the block ends too early, is damaged, or holds more than there is room for. */
export function unpackBlock(bytes: Uint8Array, output: Output): boolean {
  const source = { bytes, at: 0 };
  while (source.at < bytes.length) {
    const token = bytes[source.at] ?? 0;
    source.at += 1;
    const literals = readLength(source, token >> 4);
    if (literals === undefined) return false;
    const end = source.at + literals;
    if (!append(bytes.subarray(source.at, end), output) || end > bytes.length) return false;
    source.at = end;
    // The last sequence has no match.
    if (end === bytes.length) return true;
    if (!repeat(source, token & LONG, output)) return false;
  }
  return true;
}

function readLength(source: Source, nibble: number): number | undefined {
  if (nibble < LONG) return nibble;
  for (let length = LONG; source.at < source.bytes.length;) {
    const more = source.bytes[source.at] ?? 0;
    source.at += 1;
    length += more;
    if (more < 255) return length;
  }
  return undefined;
}

function repeat(source: Source, nibble: number, output: Output): boolean {
  const [low, high] = [source.bytes[source.at], source.bytes[source.at + 1]];
  source.at += 2;
  const length = readLength(source, nibble);
  if (low === undefined || high === undefined || length === undefined) return false;
  const offset = low + high * 256;
  if (offset === 0 || offset > output.length) return false;
  const end = output.length + length + SHORTEST_MATCH;
  const { bytes } = output;
  const last = Math.min(end, bytes.length);
  // It may repeat what it has just written.
  if (offset < end - output.length)
    for (let to = output.length; to < last; to += 1) bytes[to] = bytes[to - offset] ?? 0;
  else bytes.copyWithin(output.length, output.length - offset, last - offset);
  output.length = last;
  return end <= bytes.length;
}

function append(bytes: Uint8Array, output: Output): boolean {
  const room = output.bytes.length - output.length;
  const fitting = bytes.subarray(0, room);
  output.bytes.set(fitting, output.length);
  output.length += fitting.length;
  return bytes.length <= room;
}

function checksumAt(packed: Uint8Array, at: number): number | undefined {
  return at + CHECKSUM_BYTES <= packed.length ? viewOf(packed).getUint32(at, true) : undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
