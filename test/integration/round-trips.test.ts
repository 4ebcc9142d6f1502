import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { samplesOf, scrape, valueOf } from '../support/http.ts';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';
import { newestSharedServer } from '../support/shared-servers.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

/** What a warm scrape of the whole shipped pack may take; a client that asks one thing at a time takes thirty. */
const MOST_WARM_TURNS = 4;

/** Messages of the type Query. Source: PostgreSQL, "Message Formats". */
function countQueries(messages: Buffer): number {
  let queries = 0;
  for (let at = 0; at < messages.length; at += 1 + messages.readInt32BE(at + 1)) {
    if (messages.toString('latin1', at, at + 1) === 'Q') queries++;
  }
  return queries;
}

describe('round trips of a scrape', () => {
  let proxy: RecordingProxy;
  let walguard: Walguard;
  let coldTurns = 0;

  beforeAll(async () => {
    const server = newestSharedServer();
    proxy = await startRecordingProxy({ port: server.port, keepsRequests: true });
    const dsn = new URL(server.monitorUrl);
    dsn.port = String(proxy.port);
    walguard = await startWalguard({ dataSourceName: dsn.href });
    await scrape(`${walguard.url}/metrics`);
    coldTurns = proxy.turns;
    await scrape(`${walguard.url}/metrics`);
  });

  afterAll(async () => {
    await walguard[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });

  it('a warm scrape of all collectors takes at most four turns over at most two connections', async () => {
    proxy.reset();

    const { families } = await scrape(`${walguard.url}/metrics`);

    console.log(`round trips: ${proxy.turns} turns warm, ${coldTurns} cold, ${proxy.openConnections} connections`);
    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(proxy.turns).toBeGreaterThan(0);
    expect(proxy.turns).toBeLessThanOrEqual(MOST_WARM_TURNS);
    expect(proxy.connections.length).toBeLessThanOrEqual(2);
  });

  it('a warm scrape asks one query a collector, and one for the facts', async () => {
    proxy.reset();

    const { families } = await scrape(`${walguard.url}/metrics`);

    const ran = samplesOf(families, 'walguard_collector_success').length;
    const queries = proxy.connections.reduce((sum, { said }) => sum + countQueries(Buffer.concat(said)), 0);
    console.log(`round trips: ${queries} queries for ${ran} collectors`);
    expect(queries).toBeGreaterThan(20);
    expect(queries).toBeLessThanOrEqual(ran);
  });

  it('a warm scrape over a single connection takes one turn', async () => {
    await using narrow = await startWalguard({
      dataSourceName: newestSharedServer().monitorUrl.replace(/:\d+\//, `:${proxy.port}/`),
      args: ['--scrape.connections=1'],
    });
    await scrape(`${narrow.url}/metrics`);
    await scrape(`${narrow.url}/metrics`);
    proxy.reset();

    const { families } = await scrape(`${narrow.url}/metrics`);

    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(proxy.turns).toBe(1);
  });

  it('a cold scrape takes more turns than a warm one: to log in, to learn the facts, to have the queries parsed', () => {
    expect(coldTurns).toBeGreaterThan(MOST_WARM_TURNS);
    expect(coldTurns).toBeLessThanOrEqual(20);
  });
});
