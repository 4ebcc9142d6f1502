import type { ArchiverReading } from './reading.ts';

/** What was seen of the archiver process at a moment of the server's clock. */
export interface ProcessSighting {
  readonly serverTime: number;
  readonly seen: boolean;
  /** It waited for the archive command. */
  readonly inCommand: boolean;
}

/** Longer than PostgreSQL waits before it restarts an archiver that died. */
const WINDOW_SECONDS = 15;
const FEWEST_SIGHTINGS = 2;

/** PostgreSQL starts archivers no closer together than this: one that lives longer does not die of each attempt. */
const RESTART_SECONDS = 10;

/** What is known of the archiver process from this scrape and those before. */
export interface ProcessMemory {
  readonly sightings: readonly ProcessSighting[];
  /** No process in any sighting of the last 15 seconds, and in two at least, 10 seconds apart. */
  readonly down: boolean;
  /** The first of the sightings without a process that came last; undefined if the last one had one. */
  readonly missingSince: number | undefined;
  /** When the process that was seen last started. */
  readonly start: number | undefined;
  /** It archived something, or lived longer than one that dies of each attempt. */
  readonly lived: boolean;
  /** The one before it died without that. */
  readonly doubtful: boolean;
}

/** Of a server that was not scraped yet, or that hides its processes. */
export const NO_PROCESS: ProcessMemory = {
  sightings: [],
  down: false,
  missingSince: undefined,
  start: undefined,
  lived: true,
  doubtful: false,
};

/**
 * Takes up a reading. An archiver that dies of each attempt is started again every 10 s and lives for a moment: after
 * one that died so, or once it is down, a process counts only when it has shown that it lives. Otherwise each scrape
 * that hits such a moment would show it as repaired.
 */
export function rememberProcess(before: ProcessMemory, reading: ArchiverReading): ProcessMemory {
  const { serverTime, processes, processStart, inCommand } = reading;
  if (processes === undefined) return NO_PROCESS;
  const there = processes > 0;
  const lived = there ? showsLife(reading) : before.lived;
  const replaced = there && before.start !== undefined && processStart !== before.start;
  const doubtful = !(there && lived) && (before.doubtful || before.down || (replaced && !before.lived));
  // After the server's clock went back, what was seen later than now says nothing.
  const past = before.sightings.filter((sighting) => sighting.serverTime <= serverTime);
  const seen = there && !doubtful;
  const all = [...past, { serverTime, seen, inCommand }];
  const sightings = all.slice(Math.max(0, Math.min(firstRecent(all), all.length - FEWEST_SIGHTINGS)));
  const missingSince = seen ? undefined : Math.min(before.missingSince ?? serverTime, serverTime);
  const down = missingSince !== undefined && isDown(sightings, missingSince);
  return { sightings, down, missingSince, start: there ? processStart : before.start, lived, doubtful };
}

/** It was in the archive command within the last 15 seconds: a scrape may hit the moment between two commands. */
export function wasInCommand({ sightings }: ProcessMemory): boolean {
  return sightings.slice(firstRecent(sightings)).some(({ inCommand }) => inCommand);
}

function isDown(sightings: readonly ProcessSighting[], missingSince: number): boolean {
  // Several Prometheus may look at the same moment: that is one life that ended, and the next may be about to begin.
  if ((sightings.at(-1)?.serverTime ?? 0) - missingSince < RESTART_SECONDS) return false;
  const recent = sightings.slice(firstRecent(sightings));
  const considered = recent.length >= FEWEST_SIGHTINGS ? recent : sightings.slice(-FEWEST_SIGHTINGS);
  return considered.length >= FEWEST_SIGHTINGS && considered.every(({ seen }) => !seen);
}

function showsLife({ processStart, lastArchivedTime, serverTime }: ArchiverReading): boolean {
  if (processStart === undefined) return true;
  return (lastArchivedTime ?? -Infinity) >= processStart || serverTime - processStart >= RESTART_SECONDS;
}

function firstRecent(sightings: readonly ProcessSighting[]): number {
  const now = sightings.at(-1)?.serverTime ?? 0;
  return sightings.findIndex(({ serverTime }) => now - serverTime <= WINDOW_SECONDS);
}
