import type { Lsn } from './lsn.ts';

/** A segment's place in the WAL: its position divided by the size of segments. At most 2^44, so exact as a number. */
export type SegmentNumber = number;

/** PostgreSQL's own size of segments, for where nothing tells. */
export const DEFAULT_SEGMENT_BYTES = 16_777_216;

/** Of WAL that is named by one number. */
const LOG_BYTES = 2 ** 32;

/** The segment that a file's name numbers by its log, and by its place in that. */
export function segmentAt(
  { log, segmentInLog }: { readonly log: number; readonly segmentInLog: number },
  segmentBytes: number,
): SegmentNumber {
  return log * segmentsPerLog(segmentBytes) + segmentInLog;
}

/** How many segments a log has. */
export function segmentsPerLog(segmentBytes: number): number {
  return LOG_BYTES / segmentBytes;
}

/** The sizes that initdb --wal-segsize takes: powers of two from 1 MB to 1 GB. */
export function isSegmentSize(bytes: number): boolean {
  return bytes >= 1_048_576 && bytes <= 1_073_741_824 && Number.isInteger(Math.log2(bytes));
}

/** All sizes that segments may have, ascending. */
export const SEGMENT_SIZES = Array.from({ length: 11 }, (_, power) => 1_048_576 * 2 ** power);

/** The size of segments by which a position lies in the file of that name; undefined if none fits, or several do. */
export function segmentBytesBy(lsn: Lsn, name: string): number | undefined {
  const timeline = Number.parseInt(name.slice(0, 8), 16);
  const fitting = SEGMENT_SIZES.filter((size) => segmentName(timeline, segmentOf(lsn, size), size) === name);
  return fitting.length === 1 ? fitting[0] : undefined;
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
  const perLog = segmentsPerLog(segmentBytes);
  return [timeline, Math.floor(segment / perLog), segment % perLog].map(hex8).join('');
}

/** Names of the segments behind one on its timeline; none if no segment can be so large. */
export function namesBehind(name: string, segmentBytes: number, count: number): readonly string[] {
  if (!isSegmentSize(segmentBytes)) return [];
  const [timeline = 0, log = 0, segmentInLog = 0] = [0, 8, 16].map((at) => Number.parseInt(name.slice(at, at + 8), 16));
  const first = segmentAt({ log, segmentInLog }, segmentBytes) + 1;
  return Array.from({ length: count }, (_, index) => segmentName(timeline, first + index, segmentBytes));
}

function hex8(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}
