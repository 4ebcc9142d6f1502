import type { Lsn } from './lsn.ts';
import { isSegmentSize } from './segments.ts';

/** What the first page of a segment says of itself. */
export interface WalHeader {
  /** Of the server that wrote the page: a parent's, where a timeline began in the middle of the segment. */
  readonly timeline: number;
  /** The segment's first byte. */
  readonly start: Lsn;
  /** Decimal text: it exceeds 2^53. */
  readonly systemIdentifier: string;
  readonly segmentBytes: number;
}

/** Bytes of XLogLongPageHeaderData, with which a segment begins (src/include/access/xlog_internal.h). */
export const WAL_HEADER_BYTES = 40;

/** Every PostgreSQL since 10 has a magic number that begins so; the rest of it grows with the format. */
const MAGIC_BYTE = 0xd1;
const LONG_HEADER = 0x0002;

/** Reads the beginning of a segment, in either byte order; undefined if it is not one. */
export function readWalHeader(bytes: Uint8Array): WalHeader | undefined {
  if (bytes.length < WAL_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, WAL_HEADER_BYTES);
  const little = bytes[1] === MAGIC_BYTE;
  if (!little && bytes[0] !== MAGIC_BYTE) return undefined;
  if ((view.getUint16(2, little) & LONG_HEADER) === 0) return undefined;
  const segmentBytes = view.getUint32(32, little);
  const start = view.getBigUint64(8, little);
  if (!isSegmentSize(segmentBytes) || start % BigInt(segmentBytes) !== 0n) return undefined;
  return {
    timeline: view.getUint32(4, little),
    start,
    systemIdentifier: view.getBigUint64(24, little).toString(),
    segmentBytes,
  };
}
