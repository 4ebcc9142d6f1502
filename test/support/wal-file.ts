import { open, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import { segmentName } from '../../src/core/segments.ts';

export interface MadeSegment {
  readonly timeline?: number;
  readonly segment: number;
  /** By default long ago, a second for each segment. */
  readonly timeSeconds?: number;
}

export const MADE_SEGMENT_BYTES = 1_048_576;
export const MADE_SYSTEM_IDENTIFIER = '7710864321451968091';
const LONG_AGO = 1_700_000_000;

/** Makes a segment of 1 MB that has a header and else nothing, and takes one block of the disk; returns its name. */
export async function makeSegment(folder: string, made: MadeSegment): Promise<string> {
  const { timeline = 1, segment, timeSeconds = LONG_AGO + segment } = made;
  const name = segmentName(timeline, segment, MADE_SEGMENT_BYTES);
  const path = join(folder, name);
  const file = await open(path, 'w');
  try {
    await file.write(walHeader(timeline, segment));
    await file.truncate(MADE_SEGMENT_BYTES);
  } finally {
    await file.close();
  }
  await utimes(path, timeSeconds, timeSeconds);
  return name;
}

/** Makes consecutive ones. */
export async function makeSegments(folder: string, first: number, count: number): Promise<readonly string[]> {
  const names: string[] = [];
  for (let segment = first; segment < first + count; segment += 1) names.push(await makeSegment(folder, { segment }));
  return names;
}

/** XLogLongPageHeaderData of PostgreSQL 15. */
export function walHeader(timeline: number, segment: number): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.writeUInt16LE(0xd110, 0);
  bytes.writeUInt16LE(2, 2);
  bytes.writeUInt32LE(timeline, 4);
  bytes.writeBigUInt64LE(BigInt(segment) * BigInt(MADE_SEGMENT_BYTES), 8);
  bytes.writeBigUInt64LE(BigInt(MADE_SYSTEM_IDENTIFIER), 24);
  bytes.writeUInt32LE(MADE_SEGMENT_BYTES, 32);
  bytes.writeUInt32LE(8192, 36);
  return bytes;
}
