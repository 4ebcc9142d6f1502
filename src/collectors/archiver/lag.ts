import { type Lsn, segmentStart, type WalFileName } from '../../core/lsn.ts';
import type { ArchiverReading } from './reading.ts';

/** How far the archive is behind the server. */
export interface ArchiveLag {
  readonly bytes: bigint;
  /** Segments complete and not archived. */
  readonly segments: bigint;
}

/**
 * The current position minus the end of what is archived; never negative.
 *
 * On the current timeline the last archived segment says where that is. Where it does not (nothing archived yet, the
 * statistics reset, a timeline begun), the oldest waiting segment does; and where none waits, everything before the
 * current segment is archived. Undefined while the position is unknown, or what waits cannot be read and is needed.
 *
 * @param lastArchived the segment that was archived last, undefined if none is known
 */
export function archiveLag(reading: ArchiverReading, lastArchived: WalFileName | undefined): ArchiveLag | undefined {
  const { lsn, segmentBytes } = reading;
  if (lsn === undefined) return undefined;
  const from = archivedUpTo(reading, lsn, lastArchived);
  if (from === undefined) return undefined;
  const size = BigInt(segmentBytes);
  return from >= lsn ? { bytes: 0n, segments: 0n } : { bytes: lsn - from, segments: lsn / size - from / size };
}

function archivedUpTo(reading: ArchiverReading, lsn: Lsn, lastArchived: WalFileName | undefined): Lsn | undefined {
  const sameTimeline = reading.timeline === undefined || lastArchived?.timeline === reading.timeline;
  if (lastArchived !== undefined && sameTimeline) return lastArchived.end;
  if (reading.oldestReadySegment !== undefined) return reading.oldestReadySegment.start;
  if (reading.readySegments !== undefined) return segmentStart(lsn, reading.segmentBytes);
  // Without a look at what waits the last segment of the other timeline is the best that is known.
  return lastArchived !== undefined && lastArchived.end <= lsn ? lastArchived.end : undefined;
}
