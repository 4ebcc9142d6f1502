import { constants, gunzipSync } from 'node:zlib';

import { unpackLz4 } from '../core/lz4.ts';
import type { Compression } from '../core/wal-names.ts';
import { readWalHeader, WAL_HEADER_BYTES, type WalHeader } from '../core/wal-header.ts';
import type { EndsWanted, FileEnds } from './file-access.ts';

/** What the ends of a segment's file show. */
export type EndsVerdict =
  | { readonly kind: 'header'; readonly header: WalHeader; readonly packed: boolean }
  /** Compressed or encrypted so that only its end was seen. */
  | { readonly kind: 'opaque' }
  /** Compressed, and not to its end. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'wrong' };

/** Enough of gzip and LZ4 for the 40 bytes that are wanted, and of any other for its end. */
export const SEGMENT_ENDS: EndsWanted = { headBytes: 512, tailBytes: 16 };

type Format = Compression | 'encrypted' | 'unknown';

const BEGINNINGS: readonly (readonly [Format, readonly number[]])[] = [
  ['gz', [0x1f, 0x8b]],
  ['zst', [0x28, 0xb5, 0x2f, 0xfd]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['bz2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  // `openssl enc` and pgBackRest: "Salted__"; age: "age-encryption.org".
  ['encrypted', [...Buffer.from('Salted__')]],
  ['encrypted', [...Buffer.from('age-')]],
];
/** First bytes of OpenPGP messages: encrypted session keys, by public key or passphrase, old format and new. */
const OPENPGP = new Set([0x84, 0x85, 0x8c, 0xc1, 0xc3]);

/** Looks at the first and last bytes of a file, whatever its name says of its content. */
export function inspectEnds(ends: FileEnds): EndsVerdict {
  const { head } = ends;
  const header = readWalHeader(head);
  if (header !== undefined) return { kind: 'header', header, packed: false };
  const format = formatOf(head);
  switch (format) {
    case 'unknown':
      return { kind: 'wrong' };
    case 'gz':
      return inspectGzip(ends);
    case 'lz4':
      return inspectLz4(ends);
    default:
      return { kind: isWhole(format, ends) ? 'opaque' : 'cut' };
  }
}

/** What a file begins as, whatever its name says. */
export function formatOf(head: Buffer): Format {
  const found = BEGINNINGS.find(([, bytes]) => bytes.every((byte, index) => head[index] === byte));
  return found?.[0] ?? (OPENPGP.has(head[0] ?? 0) ? 'encrypted' : 'unknown');
}

/** A gzip file ends with the size of what was compressed, modulo 2^32 (RFC 1952). */
function inspectGzip({ head, tail }: FileEnds): EndsVerdict {
  const header = readWalHeader(firstBytes(head));
  if (header === undefined) return { kind: 'wrong' };
  const contentBytes = tail.length < 4 ? undefined : tail.readUInt32LE(tail.length - 4);
  return contentBytes === header.segmentBytes ? { kind: 'header', header, packed: true } : { kind: 'cut' };
}

function firstBytes(head: Buffer): Buffer {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, WAL_HEADER_BYTES);
  } catch {
    return Buffer.alloc(0);
  }
}

function inspectLz4({ head, tail }: FileEnds): EndsVerdict {
  const content = unpackLz4(head, WAL_HEADER_BYTES);
  const isAtEnd = endsAsLz4(head, tail);
  // It needs a dictionary.
  if (content === undefined) return { kind: isAtEnd ? 'opaque' : 'cut' };
  const header = readWalHeader(content.bytes);
  if (header === undefined) return { kind: 'wrong' };
  const { contentBytes = header.segmentBytes } = content;
  return isAtEnd && contentBytes === header.segmentBytes ? { kind: 'header', header, packed: true } : { kind: 'cut' };
}

function isWhole(format: Format, { tail }: FileEnds): boolean {
  switch (format) {
    case 'bz2':
      return endsAsBzip2(tail);
    case 'xz':
      return tail.subarray(-2).toString('latin1') === 'YZ';
    default:
      return true;
  }
}

/** After the last block come four zeros, and a checksum if bit 2 of the flags says so (LZ4 frame format). */
function endsAsLz4(head: Buffer, tail: Buffer): boolean {
  const hasChecksum = ((head[4] ?? 0) & 0b100) !== 0;
  const end = tail.length - (hasChecksum ? 4 : 0);
  return end >= 4 && tail.readUInt32LE(end - 4) === 0;
}

const BZIP2_END = 0x177245385090n;

/** The mark of the end and a checksum of 32 bits, followed by less than a byte, wherever in a byte they begin. */
function endsAsBzip2(tail: Buffer): boolean {
  const bits = BigInt(`0x0${tail.toString('hex')}`);
  return [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n].some(
    (padding) => ((bits >> (padding + 32n)) & 0xffffffffffffn) === BZIP2_END,
  );
}
