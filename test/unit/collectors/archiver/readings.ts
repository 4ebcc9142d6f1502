import type { ArchiverReading } from '../../../../src/collectors/archiver/reading.ts';

export const MIB = 1024 * 1024;

/** A primary that archives and has just archived a segment, with these changes; its clock says 10000. */
export function readingOf(changes: Partial<ArchiverReading>): ArchiverReading {
  return {
    mode: 'on',
    inRecovery: false,
    configured: true,
    archivedCount: '7',
    failedCount: '0',
    lastArchivedFile: '000000010000000000000007',
    lastArchivedTime: 9_990,
    lastFailedTime: undefined,
    statsReset: 1_000,
    processes: 1,
    inCommand: false,
    readySegments: 0,
    oldestReadyTime: undefined,
    oldestReadySegment: undefined,
    lastArchivedClosed: 9_989,
    serverTime: 10_000,
    lsn: 0x800_0100n,
    timeline: 1,
    segmentBytes: 16 * MIB,
    ...changes,
  };
}
