import type { LabelBytes, LabelSet } from '../core/collector.ts';
import { CHUNK_BYTES, CHUNK_SIZES, giveBackChunks, takeChunk } from './chunk-pool.ts';

const [FIRST_BYTES] = CHUNK_SIZES;

/** Lines of one family, kept as chunks of UTF-8 bytes. */
export interface ChunkWriter {
  /** Adds a sample's line. */
  readonly sample: (labels: LabelBytes, value: string) => void;
  /** The same with the value in bytes that are copied. */
  readonly copy: (labels: LabelBytes, bytes: Uint8Array, start: number, end: number) => void;
  /** Adds lines that were written elsewhere. */
  readonly write: (text: string) => void;
  /** The bytes so far, in order. Nothing may be written afterwards. */
  readonly finish: () => readonly Buffer[];
}

/** Turns labels into bytes, once for all samples of them that follow each other. */
export function createLabelEncoder(): (labels: LabelSet) => LabelBytes {
  let space = Buffer.allocUnsafe(FIRST_BYTES);
  let encoded: LabelBytes = space.subarray(0, 0);
  let last = '';
  return (labels) => {
    if (labels === last) return encoded;
    // A UTF-16 unit takes three bytes at most.
    if (labels.length * 3 > space.length) space = Buffer.allocUnsafe(labels.length * 6);
    encoded = space.subarray(0, space.write(labels, 0, 'utf8'));
    last = labels;
    return encoded;
  };
}

/** The chunks of a writer: those that are full, and the one that is written. */
interface Space {
  readonly full: Buffer[];
  chunk: Buffer;
  used: number;
}

/** @param name of the samples that are written by `sample` and `copy` */
export function createChunkWriter(name = ''): ChunkWriter {
  const nameBytes = Buffer.from(name, 'utf8');
  const space: Space = { full: [], chunk: takeChunk(FIRST_BYTES), used: 0 };
  return {
    sample(labels, value) {
      beginLine(space, nameBytes, labels, value.length);
      // Numbers are ASCII: a call of the encoder for each costs more than its few characters.
      for (let index = 0; index < value.length; index++) space.chunk[space.used++] = value.charCodeAt(index);
      space.chunk[space.used++] = LINE_FEED;
    },
    copy(labels, bytes, start, end) {
      beginLine(space, nameBytes, labels, end - start);
      for (let at = start; at < end; at++) space.chunk[space.used++] = bytes[at] ?? 0;
      space.chunk[space.used++] = LINE_FEED;
    },
    write(text) {
      makeRoom(space, Buffer.byteLength(text, 'utf8'));
      space.used += space.chunk.write(text, space.used, 'utf8');
    },
    finish() {
      if (space.used > 0) space.full.push(space.chunk.subarray(0, space.used));
      space.used = 0;
      return space.full;
    },
  };
}

function beginLine(space: Space, name: Buffer, labels: LabelBytes, valueBytes: number): void {
  makeRoom(space, name.length + labels.length + valueBytes + 2);
  space.chunk.set(name, space.used);
  space.chunk.set(labels, space.used + name.length);
  space.used += name.length + labels.length;
  space.chunk[space.used++] = SPACE;
}

/** A chunk that is full goes; one that is small grows. No line is split. */
function makeRoom(space: Space, bytes: number): void {
  const { chunk, used } = space;
  if (used + bytes <= chunk.length) return;
  if (used > 0 && chunk.length >= CHUNK_BYTES) {
    space.full.push(chunk.subarray(0, used));
    space.chunk = chunkOf(bytes, CHUNK_BYTES);
    space.used = 0;
    return;
  }
  const grown = chunkOf(used + bytes, chunk.length * 4);
  grown.set(chunk.subarray(0, used));
  giveBackChunks([chunk]);
  space.chunk = grown;
}

/** A chunk for so many bytes at least; only a line that is longer than any chunk has one of its own length. */
function chunkOf(needed: number, wanted: number): Buffer {
  const least = Math.max(needed, Math.min(wanted, CHUNK_BYTES));
  const size = CHUNK_SIZES.find((bytes) => bytes >= least);
  return size === undefined ? Buffer.allocUnsafe(needed) : takeChunk(size);
}

const SPACE = 0x20;
const LINE_FEED = 0x0a;
