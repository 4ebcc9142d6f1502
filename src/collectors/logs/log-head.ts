import { createHash } from 'node:crypto';

import type { OpenLog } from '../../core/log-place.ts';

/** How much of a log's beginning tells it from another that was given its inode, or that took its place. */
const HEAD_BYTES = 256;

/** The beginning of a log, as far as it was there when it was looked at. */
export interface LogHead {
  readonly bytes: number;
  readonly checksum: string;
}

/** @param most of the beginning to look at, as of a head seen before */
export async function headOf(log: OpenLog, most = HEAD_BYTES): Promise<LogHead> {
  const room = Buffer.alloc(most);
  const bytes = await log.read(room, 0);
  return { bytes, checksum: createHash('sha256').update(room.subarray(0, bytes)).digest('hex') };
}

/** True of a log whose beginning is not known. */
export async function isSame(log: OpenLog, head: LogHead | undefined): Promise<boolean> {
  if (head === undefined) return true;
  const now = await headOf(log, head.bytes);
  return now.checksum === head.checksum;
}
