import { type ArchiverReading, isArchivingExpected } from './reading.ts';

/** What the archiver is up to; the first that holds of this list. `losing` is known only where the archive is read. */
export const ARCHIVER_STATES = [
  'disabled',
  'standby',
  'not_configured',
  'losing',
  'down',
  'hung',
  'failing',
  'stalled',
  'lagging',
  'ok',
] as const;
export type ArchiverState = (typeof ARCHIVER_STATES)[number];

/** Whether the archiver process was there, at a moment of the server's clock. */
export interface ProcessSighting {
  readonly serverTime: number;
  readonly seen: boolean;
}

const DOWN_AFTER_SECONDS = 15;
const FEWEST_SIGHTINGS = 2;

/**
 * The state of the archiver, by time and not by the number of scrapes.
 *
 * @param sightings oldest first, the present one last; empty where the process cannot be seen
 * @param stalledAfterSeconds how long nothing may be archived while something waits
 */
export function archiverState(
  reading: ArchiverReading,
  sightings: readonly ProcessSighting[],
  stalledAfterSeconds: number,
): ArchiverState {
  if (reading.mode === 'off') return 'disabled';
  if (!isArchivingExpected(reading)) return 'standby';
  if (!reading.configured) return 'not_configured';
  if (isDown(sightings, reading.serverTime)) return 'down';
  const olderThanLimit = (time: number | undefined): boolean =>
    time === undefined || reading.serverTime - time > stalledAfterSeconds;
  const waitsTooLong = reading.oldestReadyTime !== undefined && olderThanLimit(reading.oldestReadyTime);
  const stuck = waitsTooLong && olderThanLimit(reading.lastArchivedTime);
  if (stuck && reading.inCommand && olderThanLimit(reading.lastFailedTime)) return 'hung';
  if ((reading.lastFailedTime ?? -Infinity) > (reading.lastArchivedTime ?? -Infinity)) return 'failing';
  if (stuck) return 'stalled';
  return waitsTooLong ? 'lagging' : 'ok';
}

/** No process in any sighting of the last seconds, and in two at least: a dying archiver is restarted every 10 s. */
function isDown(sightings: readonly ProcessSighting[], serverTime: number): boolean {
  const recent = sightings.filter((sighting) => serverTime - sighting.serverTime <= DOWN_AFTER_SECONDS);
  const considered = recent.length >= FEWEST_SIGHTINGS ? recent : sightings.slice(-FEWEST_SIGHTINGS);
  return considered.length >= FEWEST_SIGHTINGS && considered.every(({ seen }) => !seen);
}

/** What must be kept of the sightings for the next scrape. */
export function recentSightings(sightings: readonly ProcessSighting[]): readonly ProcessSighting[] {
  const last = sightings.at(-1);
  if (last === undefined) return [];
  const firstRecent = sightings.findIndex(({ serverTime }) => last.serverTime - serverTime <= DOWN_AFTER_SECONDS);
  return sightings.slice(Math.max(0, Math.min(firstRecent, sightings.length - FEWEST_SIGHTINGS)));
}
