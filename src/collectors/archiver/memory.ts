import { parseWalFileName, type WalFileName } from '../../core/lsn.ts';
import { type ArchiverReading, isArchivingExpected, namesSegment } from './reading.ts';
import { NO_PROCESS, type ProcessMemory, rememberProcess } from './process.ts';

/** A segment that was archived. Times are Unix seconds by the server's clock. */
interface ArchivedSegment {
  readonly file: string;
  readonly closedTime: number;
  readonly archivedTime: number;
}

/** What is known of one server's archiver from this scrape and those before. */
export interface ArchiverMemory {
  readonly systemIdentifier: string | undefined;
  readonly process: ProcessMemory;
  /** Something waits for too long. */
  readonly waitsTooLong: boolean;
  /** Something waits for too long, and as long nothing was archived. */
  readonly stuck: boolean;
  /** When this node was last seen with nothing to archive, as a standby. */
  readonly notExpectedTime: number | undefined;
  /** Nothing was archived after this moment; a reset of the statistics does not change it. */
  readonly nothingSince: number | undefined;
  /** Of the last failure, also after the statistics were reset, until something is archived. */
  readonly lastFailedTime: number | undefined;
  /** What PostgreSQL last named as archived and that has a position. */
  readonly archived: WalFileName | undefined;
  readonly newestSegment: ArchivedSegment | undefined;
}

/** Of a server that was not scraped yet. */
export const NO_MEMORY: ArchiverMemory = {
  systemIdentifier: undefined,
  process: NO_PROCESS,
  waitsTooLong: false,
  stuck: false,
  notExpectedTime: undefined,
  nothingSince: undefined,
  lastFailedTime: undefined,
  archived: undefined,
  newestSegment: undefined,
};

/** Takes up a reading. Another system identifier is another server: nothing of the one before holds for it. */
export function remember(known: ArchiverMemory, reading: ArchiverReading, stalledAfterSeconds: number): ArchiverMemory {
  const { systemIdentifier, serverTime } = reading;
  const before = known.systemIdentifier === systemIdentifier ? known : NO_MEMORY;
  const files = {
    systemIdentifier,
    archived: lastPosition(before, reading),
    newestSegment: newestSegment(before, reading),
  };
  // A standby has no archiver, which must not count against it once it is promoted.
  if (!isArchivingExpected(reading)) return { ...NO_MEMORY, ...files, notExpectedTime: serverTime };
  const { notExpectedTime } = before;
  const nothingSince = nothingArchivedSince(before, reading);
  // What failed still waits; where nothing does, it was archived before the statistics were reset.
  const nothingWaits = reading.readySegments !== undefined && reading.oldestReadyTime === undefined;
  const remembered = nothingWaits ? undefined : past(before.lastFailedTime, serverTime);
  const lastFailedTime = past(reading.lastFailedTime, serverTime) ?? remembered;
  const tooLong = (time: number): boolean => serverTime - time > stalledAfterSeconds;
  // A server that starts, or a new primary, may find old files to archive; one that got nowhere before still does not.
  const couldSince = before.stuck ? -Infinity : Math.max(reading.serverStart, notExpectedTime ?? -Infinity);
  const waitsTooLong = reading.oldestReadyTime !== undefined && tooLong(Math.max(reading.oldestReadyTime, couldSince));
  return {
    ...files,
    process: rememberProcess(before.process, reading),
    waitsTooLong,
    stuck: waitsTooLong && tooLong(nothingSince ?? -Infinity),
    notExpectedTime,
    nothingSince,
    lastFailedTime,
  };
}

/** What was archived later than now, before the server's clock went back, was so at the latest when that was seen. */
function nothingArchivedSince(before: ArchiverMemory, reading: ArchiverReading): number | undefined {
  const { lastArchivedTime, statsReset, serverTime } = reading;
  const fallback = lastArchivedTime === undefined ? statsReset : serverTime;
  return past(lastArchivedTime, serverTime) ?? past(before.nothingSince, serverTime) ?? fallback;
}

/** After the server's clock went back, a time later than now says nothing. */
function past(time: number | undefined, serverTime: number): number | undefined {
  return time !== undefined && time <= serverTime ? time : undefined;
}

/** A .history file has no position: what was archived before it still holds; a .backup may come after later segments. */
function lastPosition({ archived }: ArchiverMemory, reading: ArchiverReading): WalFileName | undefined {
  const { lastArchivedFile, segmentBytes } = reading;
  if (lastArchivedFile === undefined) return undefined;
  const named = parseWalFileName(lastArchivedFile, segmentBytes);
  if (named === undefined) return archived;
  const later = archived !== undefined && archived.timeline === named.timeline && archived.end > named.end;
  return later && !namesSegment(lastArchivedFile) ? archived : named;
}

/** A checkpoint takes the record of when a segment was closed away; and other files than segments do not count. */
function newestSegment(before: ArchiverMemory, reading: ArchiverReading): ArchivedSegment | undefined {
  const { lastArchivedFile: file, lastArchivedTime: archivedTime, lastArchivedClosed: closedTime } = reading;
  if (file === undefined || archivedTime === undefined) return undefined;
  if (!namesSegment(file) || before.newestSegment?.file === file) return before.newestSegment;
  return closedTime === undefined ? undefined : { file, closedTime, archivedTime };
}
