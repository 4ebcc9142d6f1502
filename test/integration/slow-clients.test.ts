import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { HTTP_LIMITS } from '../../src/http/limits.ts';
import { WebServer } from '../../src/http/server.ts';
import { Protection } from '../../src/http/web/protection.ts';
import { fetchText, scrape, valueOf } from '../support/http.ts';
import { openConnections } from '../support/open-connections.ts';
import { successOf } from '../support/outcomes.ts';
import { type PackLab, startPackLab } from '../support/pack-lab.ts';
import { getRequest, RawClient } from '../support/raw-http.ts';
import { ask } from '../support/web-client.ts';
import { startWebLab } from '../support/web-lab.ts';

const REQUEST = getRequest('/metrics');
const MOST_AT_ONCE = 3;

/** Its query goes on until the table has a row. */
const PACK = `
held:
  timeout: 60
  query: SELECT 1 AS held FROM public.wait_for_leave()
  metrics: [held: {usage: GAUGE}]
`;
const WAIT = `
CREATE TABLE leave (n int);
CREATE FUNCTION wait_for_leave() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
  WHILE NOT EXISTS (SELECT FROM public.leave) LOOP PERFORM pg_sleep(0.02); END LOOP;
  RETURN 1;
END $$;
GRANT SELECT ON leave TO walguard;`;

let lab: PackLab;

beforeAll(async () => {
  lab = await startPackLab();
  await lab.server.sql(WAIT);
});
afterAll(() => lab[Symbol.asyncDispose]());
beforeEach(async () => {
  await lab.server.sql('DELETE FROM leave');
});

const letGo = () => lab.server.sql('INSERT INTO leave VALUES (1)');
const HELD = `EXISTS (SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%wait_for_leave%' AND pid <> pg_backend_pid())`;

describe('scrapes beyond what may be answered at once', () => {
  it('are told so, while health is answered and the others get their page', async () => {
    await using walguard = await lab.startWith(PACK, [`--web.max-requests=${MOST_AT_ONCE}`, '--scrape.timeout=60s']);
    const askHeld = () => fetchText(`${walguard.url}/metrics?collect[]=held`);
    const answers: Awaited<ReturnType<typeof askHeld>>[] = [];
    const asked = Array.from({ length: 2 * MOST_AT_ONCE }, async () => answers.push(await askHeld()));
    await waitFor('the others to be refused', () => answers.length === MOST_AT_ONCE, 60_000);
    for (const { status, text, headers } of answers) {
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      expect(text).toBe('3 requests are being answered already.\n');
    }
    for (const path of ['/-/healthy', '/-/ready', '/health', '/primary', '/', '/api/v1/status'])
      expect([path, (await fetchText(`${walguard.url}${path}`)).status]).toEqual([path, 200]);
    await letGo();
    await Promise.all(asked);
    const pages = answers.slice(MOST_AT_ONCE);
    expect(pages.map(({ status, text }) => [status, text.includes('\nheld_held 1\n')])).toEqual(
      pages.map(() => [200, true]),
    );
    expect(valueOf((await scrape(`${walguard.url}/metrics`)).families, 'pg_up')).toBe(1);
  });
});

describe('a client that says it has hardly any time', () => {
  it('does not take the time of those who have more', async () => {
    await using walguard = await lab.startWith(PACK, ['--scrape.timeout=60s']);
    const url = `${walguard.url}/metrics?collect[]=held`;
    const hasty = scrape(url, { 'X-Prometheus-Scrape-Timeout-Seconds': '3' });
    await lab.server.waitForSql(HELD);
    const honest = scrape(url);
    expect(successOf((await hasty).families, 'held')).toBe(0);
    await letGo();
    const { families } = await honest;
    expect([valueOf(families, 'pg_up'), successOf(families, 'held')]).toEqual([1, 1]);
  });
});

describe('clients that send slowly, or nothing', { concurrent: true }, () => {
  it('are closed when their time is over, and those who ask meanwhile get their page', async () => {
    await using walguard = await lab.startWith('{}');
    const clients = Array.from({ length: 40 }, () => new RawClient(walguard.port));
    const [silent, half, drops, idle] = [0, 10, 20, 30].map((from) => clients.slice(from, from + 10));
    for (const client of half ?? []) client.send('GET /metrics HTTP/1.1\r\nHost: wal');
    for (const client of idle ?? []) client.send(REQUEST.replace('Connection: close\r\n', ''));
    const areAllClosed = () => [silent, half, drops].flat().every((client) => client?.isClosed);
    for (let at = 0; !areAllClosed() && at < 300; at++) {
      for (const client of drops ?? []) client.send(REQUEST.charAt(at) || 'X');
      const { families } = await scrape(`${walguard.url}/metrics`, { Connection: 'close' });
      expect(valueOf(families, 'pg_up')).toBe(1);
      await sleep(200);
    }
    expect([silent, half, drops].flat().map((client) => client?.isClosed)).not.toContain(false);
    expect(half?.map(({ statuses }) => statuses)).toEqual(half?.map(() => [408]));
    // Between two requests one may wait for longer.
    expect(idle?.map(({ isClosed, statuses }) => [isClosed, statuses])).toEqual(idle?.map(() => [false, [200]]));
    for (const client of clients) client[Symbol.dispose]();
    await openConnections(walguard, 0);
  });

  it('are closed too where there is TLS, before the handshake and after it', async () => {
    await using secured = await startWebLab();
    await using web = await secured.start('tls_server_config: {cert_file: web.crt, key_file: web.key}');
    using silent = new RawClient(web.walguard.port);
    const { port } = web.walguard;
    const half = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () =>
      half.write('GET / HTTP/1.1\r\n'),
    );
    half.on('error', () => undefined).resume();
    expect(await silent.closed()).toEqual([]);
    await waitFor('the other to be closed', () => half.destroyed, 60_000);
    expect((await ask(`${web.url}/metrics`, { ca: secured.authority.certificate })).status).toBe(200);
    await openConnections(web.walguard, 0);
  });

  it('make room for new ones when there are too many, the oldest first', async () => {
    await using walguard = await lab.startWith('{}');
    const more = 40;
    const clients: RawClient[] = [];
    for (let n = 0; n < HTTP_LIMITS.connections + more; n++) {
      const client = new RawClient(walguard.port);
      clients.push(client);
      if (n % 50 === 0) await waitFor('it to be connected', () => !client.socket.connecting, 60_000);
    }
    await waitFor('the oldest to be closed', () => clients.slice(0, more).every(({ isClosed }) => isClosed), 60_000);
    expect(valueOf((await scrape(`${walguard.url}/metrics`)).families, 'pg_up')).toBe(1);
    expect(clients.slice(-100).every(({ isClosed }) => !isClosed)).toBe(true);
    for (const client of clients) client[Symbol.dispose]();
  });
});

describe('a client that does not take its page', () => {
  it('is closed when its time is over, and the page is given back', async () => {
    const counts = { made: 0, released: 0 };
    const line = Buffer.from(`large{text="${'x'.repeat(64 * 1_024)}"} 1\n`);
    const page = Array.from({ length: 1_000 }, () => line);
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    await using web = new WebServer({
      addresses: [{ host: '127.0.0.1', port: 0 }],
      telemetryPath: '/metrics',
      log,
      limits: { ...HTTP_LIMITS, sendMs: 1_500 },
      mostRequests: 10,
      protection: new Protection(undefined, log),
      longestScrapeMs: () => 500,
      reload: undefined,
      pageFiles: { style: '', script: '', icon: '' },
      servers: {
        only: () => undefined,
        find: () => undefined,
        targets: () => [],
        probe: () => ({ status: 404, reason: 'There is none.' }),
        makeOwnPage() {
          counts.made++;
          return Promise.resolve({ chunks: page, release: () => void counts.released++ });
        },
      },
    });
    const port = Number((await web.listen())[0]?.split(':').at(-1));
    const clients = ['', 'Accept-Encoding: identity', 'Accept-Encoding: gzip'].map((header) => {
      const client = new RawClient(port);
      client.send(getRequest('/metrics', ...(header === '' ? [] : [header])));
      return client;
    });
    for (const { socket } of clients.slice(0, 2)) socket.pause();
    await waitFor('their pages to be made', () => counts.made === clients.length);
    const { text } = await fetchText(`http://127.0.0.1:${port}/metrics`);
    expect(text).toHaveLength(line.length * page.length);
    await waitFor('all pages to be given back', () => counts.released === clients.length + 1, 60_000);
    for (const { socket } of clients) socket.resume();
    const statuses = await Promise.all(clients.map((client) => client.closed()));
    expect(statuses).toEqual([[200], [200], [200]]);
    expect(clients.slice(0, 2).every(({ received }) => received.length < line.length * page.length)).toBe(true);
  });
});
