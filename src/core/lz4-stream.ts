import { type Lz4Frame, type Output, readFrame, unpackBlock } from './lz4.ts';
import { XxHash32 } from './xxhash32.ts';

const MAGIC_BYTES = 4;
const SKIPPABLE = 0x184d2a50;
const SIZE_BYTES = 4;
const CHECKSUM_BYTES = 4;
/** The longest beginning of a frame: magic, flags, block size, content size, dictionary, checksum. */
const LONGEST_HEAD_BYTES = 19;
const NOT_COMPRESSED = 0x8000_0000;
/** How far back a block may refer to the one before it. */
const WINDOW_BYTES = 65_536;
const LARGEST_BLOCK_BYTES = 4 * 1_048_576;

/** Unpacks LZ4 frames, one after the other, as their bytes come; LZ4 frame format 1.6. */
export class Lz4Unpacker {
  readonly #output: Output = { bytes: new Uint8Array(WINDOW_BYTES + LARGEST_BLOCK_BYTES), length: 0 };
  #rest: Uint8Array = new Uint8Array(0);
  #frame: Lz4Frame | undefined;
  #hash = new XxHash32();
  #skipBytes = 0;
  #isStarted = false;

  /** What is unpacked by now, in pieces that are the caller's. Throws an Error that says what is wrong with a frame. */
  add(piece: Uint8Array): readonly Uint8Array[] {
    this.#rest = this.#rest.length === 0 ? piece : joined(this.#rest, piece);
    const unpacked: Uint8Array[] = [];
    while (this.#step(unpacked));
    return unpacked;
  }

  /** Throws an Error if the last frame has not come to its end. */
  finish(): void {
    if (this.#frame !== undefined || this.#rest.length > 0 || this.#skipBytes > 0 || !this.#isStarted)
      throw new Error('the LZ4 frame is cut off');
  }

  /** False if more has to come first. */
  #step(unpacked: Uint8Array[]): boolean {
    if (this.#skipBytes > 0) return this.#skip();
    return this.#frame === undefined ? this.#begin() : this.#takeBlock(this.#frame, unpacked);
  }

  #skip(): boolean {
    const bytes = Math.min(this.#skipBytes, this.#rest.length);
    this.#skipBytes -= bytes;
    this.#rest = this.#rest.subarray(bytes);
    return bytes > 0;
  }

  #begin(): boolean {
    if (this.#rest.length < MAGIC_BYTES + SIZE_BYTES) return false;
    const view = viewOf(this.#rest);
    if ((view.getUint32(0, true) & 0xfffffff0) === SKIPPABLE) {
      this.#skipBytes = MAGIC_BYTES + SIZE_BYTES + view.getUint32(MAGIC_BYTES, true);
      return true;
    }
    const frame = readFrame(this.#rest);
    if (frame === undefined && this.#rest.length >= LONGEST_HEAD_BYTES) throw new Error('it is no LZ4 frame');
    if (frame === undefined || this.#rest.length < frame.start) return false;
    this.#rest = this.#rest.subarray(frame.start);
    this.#frame = frame;
    this.#hash = new XxHash32();
    this.#output.length = 0;
    this.#isStarted = true;
    return true;
  }

  #takeBlock({ hasBlockChecksums, hasChecksum }: Lz4Frame, unpacked: Uint8Array[]): boolean {
    if (this.#rest.length < SIZE_BYTES) return false;
    const size = viewOf(this.#rest).getUint32(0, true);
    if (size === 0) return this.#end(hasChecksum);
    const isPlain = size >= NOT_COMPRESSED;
    const bytes = isPlain ? size - NOT_COMPRESSED : size;
    if (bytes > LARGEST_BLOCK_BYTES) throw new Error('a block of the LZ4 frame is larger than any can be');
    const end = SIZE_BYTES + bytes + (hasBlockChecksums ? CHECKSUM_BYTES : 0);
    if (this.#rest.length < end) return false;
    const block = this.#rest.subarray(SIZE_BYTES, SIZE_BYTES + bytes);
    this.#rest = this.#rest.subarray(end);
    unpacked.push(this.#unpack(block, isPlain));
    return true;
  }

  #unpack(block: Uint8Array, isPlain: boolean): Uint8Array {
    const output = this.#output;
    if (output.length > WINDOW_BYTES) {
      output.bytes.copyWithin(0, output.length - WINDOW_BYTES, output.length);
      output.length = WINDOW_BYTES;
    }
    const from = output.length;
    if (isPlain) {
      output.bytes.set(block, from);
      output.length += block.length;
    } else if (!unpackBlock(block, output)) throw new Error('a block of the LZ4 frame is damaged');
    const content = output.bytes.slice(from, output.length);
    this.#hash.add(content);
    return content;
  }

  #end(hasChecksum: boolean): boolean {
    const end = SIZE_BYTES + (hasChecksum ? CHECKSUM_BYTES : 0);
    if (this.#rest.length < end) return false;
    if (hasChecksum && viewOf(this.#rest).getUint32(SIZE_BYTES, true) !== this.#hash.value)
      throw new Error('the checksum of the LZ4 frame differs');
    this.#rest = this.#rest.subarray(end);
    this.#frame = undefined;
    return true;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
