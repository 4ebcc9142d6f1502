import { type ArchiverMemory, NO_MEMORY, remember } from '../../../../src/collectors/archiver/memory.ts';
import type { ArchiverReading } from '../../../../src/collectors/archiver/reading.ts';
import { archiverState, type ArchiverState } from '../../../../src/collectors/archiver/state.ts';

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
    processStart: 2_000,
    inCommand: false,
    readySegments: 0,
    oldestReadyTime: undefined,
    oldestReadySegment: undefined,
    lastArchivedClosed: 9_989,
    serverTime: 10_000,
    serverStart: 1_500,
    systemIdentifier: '7443210987654321098',
    lsn: 0x800_0100n,
    timeline: 1,
    segmentBytes: 16 * MIB,
    receivers: [],
    baseBackups: [],
    ...changes,
  };
}

export const STALLED_AFTER = 120;

/** What each of these readings, taken one after the other, shows. */
export function statesOf(
  readings: readonly Partial<ArchiverReading>[],
  stalledAfterSeconds = STALLED_AFTER,
): readonly ArchiverState[] {
  let memory: ArchiverMemory = NO_MEMORY;
  return readings.map((changes) => {
    const reading = readingOf(changes);
    memory = remember(memory, reading, stalledAfterSeconds);
    return archiverState(reading, memory, stalledAfterSeconds);
  });
}

/** What the last of these readings shows. */
export function lastStateOf(...readings: readonly Partial<ArchiverReading>[]): ArchiverState | undefined {
  return statesOf(readings).at(-1);
}
