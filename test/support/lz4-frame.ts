import { xxHash32 } from '../../src/core/xxhash32.ts';

export interface Lz4FrameOptions {
  /** Compressed ones that stand for the content; by default blocks in which it stands as it is. */
  readonly blocks?: readonly Buffer[];
  /** The frame says how large its content is. */
  readonly sized?: boolean;
  readonly blockChecksums?: boolean;
}

const LARGEST_BLOCK_BYTES = 65_536;
const NOT_COMPRESSED = 0x8000_0000;

/** An LZ4 frame as programs write it, with the checksum of its content; the byte that checks its header is not right. */
export function lz4Frame(content: Buffer, options: Lz4FrameOptions = {}): Buffer {
  const { blocks, sized = false, blockChecksums = false } = options;
  const flags = 0b0110_0100 | (sized ? 8 : 0) | (blockChecksums ? 16 : 0);
  const size = Buffer.alloc(sized ? 8 : 0);
  if (sized) size.writeBigUInt64LE(BigInt(content.length));
  const written = blocks?.map((block) => ({ block, flag: 0 })) ?? plainBlocks(content);
  const parts = written.flatMap(({ block, flag }) => [
    uint32(block.length + flag),
    block,
    ...(blockChecksums ? [uint32(xxHash32(block))] : []),
  ]);
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, flags, 0x40]);
  return Buffer.concat([head, size, Buffer.alloc(1), ...parts, uint32(0), uint32(xxHash32(content))]);
}

function plainBlocks(content: Buffer): readonly { readonly block: Buffer; readonly flag: number }[] {
  const count = Math.ceil(content.length / LARGEST_BLOCK_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const from = index * LARGEST_BLOCK_BYTES;
    return { block: content.subarray(from, from + LARGEST_BLOCK_BYTES), flag: NOT_COMPRESSED };
  });
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
