import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../servers/index.ts';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';
import { newestSharedServer } from '../support/shared-servers.ts';

async function proxied(delayMs = 0): Promise<RecordingProxy> {
  return startRecordingProxy({ port: newestSharedServer().port, delayMs });
}

async function connectThrough(proxy: RecordingProxy): Promise<Client> {
  const url = new URL(newestSharedServer().superuserUrl);
  url.port = String(proxy.port);
  const client = new Client({ connectionString: url.href, pipeline: true });
  client.on('error', () => {});
  await client.connect();
  return client;
}

describe('a recording proxy', () => {
  test('counts a turn a query, and one for a pipeline', async () => {
    await using proxy = await proxied();
    const client = await connectThrough(proxy);
    // Startup, SASLInitialResponse, SASLResponse.
    expect(proxy.turns).toBe(3);
    proxy.reset();
    expect(proxy.turns).toBe(0);
    await client.query('SELECT 1');
    await client.query('SELECT 2');
    expect(proxy.turns).toBe(2);
    await Promise.all([1, 2, 3, 4, 5].map((n) => client.query(`SELECT ${n}`)));
    expect(proxy.turns).toBe(3);
    expect(proxy.connections[0]?.bytesToServer).toBeGreaterThan(7 * 'SELECT 1'.length);
    expect(proxy.connections[0]?.bytesToClient).toBeGreaterThan(0);
    expect(proxy.openConnections).toBe(1);
    await client.end();
    await waitFor('the end of the connection', () => proxy.openConnections === 0);
    proxy.reset();
    expect(proxy.connections).toEqual([]);
  });

  test('delays each direction, and does not take what is on its way for an answer', async () => {
    await using proxy = await proxied();
    const client = await connectThrough(proxy);
    proxy.delayMs = 30;
    proxy.reset();
    const start = performance.now();
    const first = client.query('SELECT 1');
    await sleep(40);
    const second = client.query('SELECT 2');
    await first;
    expect(performance.now() - start).toBeGreaterThanOrEqual(58);
    await second;
    expect(proxy.turns).toBe(1);
    await client.end();
  });

  test('cuts connections by a reset, and takes new ones', async () => {
    await using proxy = await proxied();
    const client = await connectThrough(proxy);
    const sleeping = client.query('SELECT pg_sleep(60)');
    proxy.cut();
    await expect(sleeping).rejects.toThrow('ECONNRESET');
    expect(proxy.openConnections).toBe(0);
    const another = await connectThrough(proxy);
    await another.end();
  });

  test('goes silent for old and new connections, and goes on where it stopped', async () => {
    await using proxy = await proxied();
    const client = await connectThrough(proxy);
    proxy.goSilent();
    const answers = Promise.all([client.query('SELECT 1'), connectThrough(proxy)]);
    expect(await Promise.race([answers, sleep(300, 'silence')])).toBe('silence');
    proxy.speakAgain();
    const [, another] = await answers;
    await Promise.all([client.end(), another.end()]);
  });
});
