import type { ArchiverMemory } from './memory.ts';
import { type ArchiverReading, isArchivingExpected } from './reading.ts';
import { wasInCommand } from './process.ts';

/** What the archiver is up to; the first that holds of this list. `losing` is seen only where the archive is read. */
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

/**
 * The state of the archiver, by time and not by the number of scrapes.
 *
 * @param memory with this reading taken up
 * @param stalledAfterSeconds how long nothing may be archived while something waits
 */
export function archiverState(
  reading: ArchiverReading,
  memory: ArchiverMemory,
  stalledAfterSeconds: number,
): ArchiverState {
  if (reading.mode === 'off') return 'disabled';
  if (!isArchivingExpected(reading)) return 'standby';
  if (!reading.configured) return 'not_configured';
  if (memory.process.down) return 'down';
  const lastFailed = memory.lastFailedTime ?? -Infinity;
  const failedLately = reading.serverTime - lastFailed <= stalledAfterSeconds;
  if (memory.stuck && wasInCommand(memory.process) && !failedLately) return 'hung';
  if (lastFailed > (memory.nothingSince ?? -Infinity)) return 'failing';
  if (memory.stuck) return 'stalled';
  return memory.waitsTooLong ? 'lagging' : 'ok';
}

const BEFORE_LOSING: ReadonlySet<ArchiverState> = new Set(['disabled', 'standby', 'not_configured']);

/** The state of an archiver of which the archive does not hold what PostgreSQL believes it archived. */
export function whileLosing(state: ArchiverState): ArchiverState {
  return BEFORE_LOSING.has(state) ? state : 'losing';
}
