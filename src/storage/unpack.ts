import { pipeline, Readable, Transform, type TransformCallback } from 'node:stream';
import * as zlib from 'node:zlib';

import { messageOf, WalguardError } from '../core/error.ts';
import { Lz4Unpacker } from '../core/lz4-stream.ts';
import { type Filter, UNPACK_PROGRAMS } from '../core/unpack-programs.ts';

const CHUNK_BYTES = 1_048_576;

/**
 * What a packed stream holds: by Node where it knows the packing (`gz`; '' is none), else by a program. Throws an Error
 * that says what is wrong with it, SOURCE_BAD_ANSWER for a packing that nobody here unpacks, and what the filter throws.
 */
export function unpacked(
  source: AsyncIterable<Uint8Array>,
  packing: string,
  filter: Filter,
): AsyncIterable<Uint8Array> {
  if (packing === '') return source;
  const own = unpackerOf(packing);
  if (own !== undefined) return through(source, own);
  const program = UNPACK_PROGRAMS[packing];
  if (program !== undefined) return filter(program, source);
  throw new WalguardError('SOURCE_BAD_ANSWER', `What ends in .${packing} cannot be unpacked by walguard`, {
    hint: 'Pack backups and WAL by gzip, lz4, zstd, bzip2 or xz.',
  });
}

function unpackerOf(packing: string): Transform | undefined {
  switch (packing) {
    case 'gz':
      return zlib.createGunzip({ chunkSize: CHUNK_BYTES });
    case 'br':
      return zlib.createBrotliDecompress({ chunkSize: CHUNK_BYTES });
    case 'lz4':
      return new Lz4Stream();
    case 'zst':
      return 'createZstdDecompress' in zlib ? (zlib.createZstdDecompress as () => Transform)() : undefined;
    default:
      return undefined;
  }
}

async function* through(source: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<Uint8Array> {
  let failure: Error | undefined;
  const readable = Readable.from(source, { objectMode: false });
  pipeline(readable, transform, (error) => {
    failure = error ?? undefined;
  });
  try {
    for await (const piece of transform) yield piece as Buffer;
  } finally {
    readable.destroy();
    transform.destroy();
  }
  if (failure !== undefined) throw failure;
}

class Lz4Stream extends Transform {
  readonly #unpacker = new Lz4Unpacker();

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      for (const each of this.#unpacker.add(piece)) this.push(each);
      done();
    } catch (thrown) {
      done(new Error(messageOf(thrown)));
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      this.#unpacker.finish();
      done();
    } catch (thrown) {
      done(new Error(messageOf(thrown)));
    }
  }
}

const MAGICS: readonly (readonly [packing: string, first: readonly number[]])[] = [
  ['gz', [0x1f, 0x8b]],
  ['bz2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['zst', [0x28, 0xb5, 0x2f, 0xfd]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
];

/** How a file is packed whose name does not say it, by its first bytes; '' is not, or by a program nobody knows. */
export function packingOf(head: Uint8Array): string {
  return MAGICS.find(([, first]) => first.every((byte, at) => head[at] === byte))?.[0] ?? '';
}
