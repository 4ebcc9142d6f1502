import type { LabelSet } from '../core/collector.ts';
import { CHUNK_BYTES, takeChunk } from './chunk-pool.ts';

/** Most families have few lines. */
const FIRST_BYTES = 512;

/** Lines of one family, kept as chunks of UTF-8 bytes. */
export interface ChunkWriter {
  /** Adds a sample's line. */
  readonly sample: (labels: EncodedLabels, value: string) => void;
  /** Adds lines that were written elsewhere. */
  readonly write: (text: string) => void;
  /** The bytes so far, in order. Nothing may be written afterwards. */
  readonly finish: () => readonly Buffer[];
}

/** The bytes of the labels of a sample, as long as no other labels are encoded. */
export type EncodedLabels = Uint8Array;

/**
 * Turns labels into bytes, once for all the samples of a row that follow each other.
 *
 * Together with samples written as bytes: 55 ms of CPU for 150,000 samples, where one text a line took 93.
 */
export function createLabelEncoder(): (labels: LabelSet) => EncodedLabels {
  let space = Buffer.allocUnsafe(FIRST_BYTES);
  let encoded: EncodedLabels = space.subarray(0, 0);
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

/** @param name of the samples that are written by `sample` */
export function createChunkWriter(name = ''): ChunkWriter {
  const nameBytes = Buffer.from(name, 'utf8');
  const chunks: Buffer[] = [];
  let chunk: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  let used = 0;

  /** A chunk that is full goes; one that is small grows. No line is split. */
  function makeRoom(bytes: number): void {
    if (used + bytes <= chunk.length) return;
    if (used > 0 && chunk.length >= CHUNK_BYTES) {
      chunks.push(chunk.subarray(0, used));
      chunk = bytes > CHUNK_BYTES ? Buffer.allocUnsafe(bytes) : takeChunk();
      used = 0;
      return;
    }
    const wanted = Math.max(Math.min(chunk.length * 4, CHUNK_BYTES), used + bytes);
    const grown = wanted === CHUNK_BYTES ? takeChunk() : Buffer.allocUnsafe(wanted);
    grown.set(chunk.subarray(0, used));
    chunk = grown;
  }

  return {
    sample(labels, value) {
      makeRoom(nameBytes.length + labels.length + value.length + 2);
      chunk.set(nameBytes, used);
      chunk.set(labels, used + nameBytes.length);
      used = putValue(chunk, used + nameBytes.length + labels.length, value);
    },
    write(text) {
      makeRoom(Buffer.byteLength(text, 'utf8'));
      used += chunk.write(text, used, 'utf8');
    },
    finish() {
      if (used > 0) chunks.push(chunk.subarray(0, used));
      used = 0;
      return chunks;
    },
  };
}

const SPACE = 0x20;
const LINE_FEED = 0x0a;

/** Writes the end of a line. Numbers are ASCII: a call of the encoder for each costs more than its few characters. */
function putValue(chunk: Buffer, start: number, value: string): number {
  let at = start;
  chunk[at++] = SPACE;
  for (let index = 0; index < value.length; index++) chunk[at++] = value.charCodeAt(index);
  chunk[at++] = LINE_FEED;
  return at;
}
