import { startProxy } from './proxy.ts';
import type { ProxyReading } from './proxy-process.ts';
import type { Database } from './database.ts';
import type { StartSubject } from './subject.ts';

const WARM_UP = 3;

/** Counts what one warm scrape of each asks of the server, through a proxy without delay; by the subjects' names. */
export async function countNeeds(
  database: Database,
  starts: readonly StartSubject[],
): Promise<ReadonlyMap<string, ProxyReading>> {
  const needs = new Map<string, ProxyReading>();
  for (const start of starts) {
    await using proxy = await startProxy({ port: database.server.port, keepsRequests: true });
    await using subject = await start(database.url(proxy.port));
    for (let scrape = 0; scrape < WARM_UP; scrape++) await subject.takeTurn();
    await proxy.reset();
    await subject.takeTurn();
    needs.set(subject.name, await proxy.read());
  }
  return needs;
}
