import type { ServerSighting } from '../../core/server-watch.ts';
import { archivedEnd } from './lag.ts';
import type { ArchiverMemory } from './memory.ts';
import { type ArchiverReading, isArchivingExpected } from './reading.ts';
import type { ArchiverState } from './state.ts';

/**
 * What a reading says of the server.
 *
 * @param memory with this reading taken up
 */
export function toSighting(reading: ArchiverReading, memory: ArchiverMemory, state: ArchiverState): ServerSighting {
  const archivingExpected = isArchivingExpected(reading);
  return {
    timeSeconds: reading.serverTime,
    systemIdentifier: reading.systemIdentifier,
    inRecovery: reading.inRecovery,
    segmentBytes: reading.segmentBytes,
    lsn: reading.lsn,
    archivingExpected,
    archiverState: state,
    archivedEnd: archivedEnd(reading, memory.archived),
    lastArchivedFile: reading.lastArchivedFile,
    lastArchivedTimeSeconds: reading.lastArchivedTime,
    lastArchivedClosedSeconds: memory.newestSegment?.closedTime,
    // A node that is not to archive may have old ones left over.
    readySegments: archivingExpected ? reading.readySegments : undefined,
    oldestReadyTimeSeconds: archivingExpected ? reading.oldestReadyTime : undefined,
    receivers: reading.receivers,
    ...(reading.baseBackups === undefined ? {} : { baseBackups: reading.baseBackups }),
    ...(reading.databases === undefined ? {} : { databases: reading.databases }),
  };
}
