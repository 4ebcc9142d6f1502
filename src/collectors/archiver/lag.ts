import { type Lsn, segmentStart, type WalFileName } from '../../core/lsn.ts';
import { type ArchiverReading, isArchivingExpected, namesSegment } from './reading.ts';

/** How far the archive is behind the server. */
export interface ArchiveLag {
  readonly bytes: bigint;
  /** Segments complete and not archived. */
  readonly segments: bigint;
}

/**
 * The current position minus the end of what is archived; never negative.
 *
 * @param archived what PostgreSQL last named as archived and that has a position, undefined if nothing is known
 */
export function archiveLag(reading: ArchiverReading, archived: WalFileName | undefined): ArchiveLag | undefined {
  const { lsn, segmentBytes } = reading;
  const from = archivedUpTo(reading, archived);
  if (lsn === undefined || from === undefined) return undefined;
  const size = BigInt(segmentBytes);
  return from >= lsn ? { bytes: 0n, segments: 0n } : { bytes: lsn - from, segments: lsn / size - from / size };
}

/**
 * The position up to which WAL is archived.
 *
 * On the current timeline a segment's name says it. Where the last archived file is none (a `.history`, a `.backup`,
 * which may come after later segments), or nothing was archived yet, the statistics reset or a timeline begun, the
 * oldest waiting segment does; and where none waits, everything before the current segment is archived. Undefined
 * while the position is unknown, or what waits cannot be read and is needed.
 */
function archivedUpTo(reading: ArchiverReading, archived: WalFileName | undefined): Lsn | undefined {
  const { lsn, timeline, lastArchivedFile } = reading;
  const sameTimeline = timeline === undefined || archived?.timeline === timeline;
  if (archived !== undefined && sameTimeline && namesSegment(lastArchivedFile ?? '')) return archived.end;
  if (lsn === undefined) return undefined;
  if (reading.oldestReadySegment !== undefined) return reading.oldestReadySegment.start;
  if (reading.readySegments !== undefined) return segmentStart(lsn, reading.segmentBytes);
  // Without a look at what waits the last one named, of another timeline too, is the best that is known.
  return archived !== undefined && (sameTimeline || archived.end <= lsn) ? archived.end : undefined;
}

/**
 * The end of what PostgreSQL believes to be archived; undefined before it archived anything.
 *
 * What waits on a node that is not to archive was left over, so there only the name counts.
 */
export function archivedEnd(reading: ArchiverReading, archived: WalFileName | undefined): Lsn | undefined {
  if (reading.lastArchivedFile === undefined) return undefined;
  return isArchivingExpected(reading) ? archivedUpTo(reading, archived) : archived?.end;
}
