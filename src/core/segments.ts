import type { Lsn } from './lsn.ts';

/** A segment's place in the WAL: its position divided by the size of segments. At most 2^44, so exact as a number. */
export type SegmentNumber = number;

/** The sizes that initdb --wal-segsize takes: powers of two from 1 MB to 1 GB. */
export function isSegmentSize(bytes: number): boolean {
  return bytes >= 1_048_576 && bytes <= 1_073_741_824 && Number.isInteger(Math.log2(bytes));
}

/** The segment that holds the position. */
export function segmentOf(lsn: Lsn, segmentBytes: number): SegmentNumber {
  return Number(lsn / BigInt(segmentBytes));
}

/** The first byte of a segment. */
export function startOfSegment(segment: SegmentNumber, segmentBytes: number): Lsn {
  return BigInt(segment) * BigInt(segmentBytes);
}

/** The name of a segment's file, as PostgreSQL's XLogFileName writes it. */
export function segmentName(timeline: number, segment: SegmentNumber, segmentBytes: number): string {
  const perLog = 2 ** 32 / segmentBytes;
  return [timeline, Math.floor(segment / perLog), segment % perLog].map(hex8).join('');
}

function hex8(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}
