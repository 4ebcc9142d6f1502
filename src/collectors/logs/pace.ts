import { setTimeout as sleep } from 'node:timers/promises';

/** What is read of a log at once: so little that a scrape in between does not wait for it. */
export const CHUNK_BYTES = 65_536;

/**
 * Scrapes come first: who catches up with a log leaves them as much of the processor as it takes.
 *
 * @param startedMs when it began with its last chunk, by the clock of `performance`
 */
export async function giveWay(startedMs: number): Promise<void> {
  await sleep(performance.now() - startedMs);
}
