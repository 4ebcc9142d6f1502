import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startStandby, waitFor } from '../../servers/index.ts';
import { createGate, type Gate, gatePack } from '../support/gate.ts';
import { fetchText, samplesOf, scrape, type Scrape, valueOf } from '../support/http.ts';
import { failedIn, failuresOf } from '../support/outcomes.ts';
import { type PackLab, startPackLab } from '../support/pack-lab.ts';
import type { Walguard } from '../support/walguard.ts';

const monitor = { user: 'walguard', password: 'walguard' };
const readers = 50;
/** Three of them are kept for superusers. */
const mostConnections = 20;

let lab: PackLab;
let gate: Gate;
const clients: Client[] = [];

beforeAll(async () => {
  lab = await startPackLab({
    databases: ['shop'],
    settings: { shared_preload_libraries: 'pg_stat_statements', max_connections: String(mostConnections) },
  });
  await lab.server.sql('CREATE EXTENSION pg_stat_statements');
  gate = await createGate(lab.server);
});
afterAll(() => lab[Symbol.asyncDispose]());
afterEach(() => Promise.all(clients.splice(0).map((client) => client.end())));

/** A session of a test's own, which ends with the test. */
async function openSession(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  return client;
}

function page({ url }: Walguard, query = ''): Promise<Scrape> {
  return scrape(`${url}/metrics${query}`);
}

/** Settled `sent` says that the whole request is on its way. */
function ask(url: string, agent: Agent): { readonly sent: Promise<unknown>; readonly answer: Promise<string> } {
  const asked = request(url, { agent });
  const sent = once(asked, 'finish');
  const answer = once(asked, 'response').then(([response]) => text(response as NodeJS.ReadableStream));
  asked.end();
  return { sent, answer };
}

describe('a table that is locked whole', () => {
  it('costs what reads it, after a tenth of a second, and is told; all else and the next scrape are right', async () => {
    await lab.server.sql('CREATE TABLE orders AS SELECT 1 AS id; CREATE TABLE free AS SELECT 1 AS id');
    await using walguard = await lab.startWith(
      'pg_orders: {query: SELECT count(*) AS n FROM public.orders, metrics: [{n: {usage: GAUGE}}]}',
    );
    await lab.server.sql('GRANT SELECT ON orders TO walguard');
    expect(failedIn((await page(walguard)).families)).toEqual([]);
    const holder = await openSession(lab.server.url());
    await holder.query('BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');

    const { families } = await page(walguard);

    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(failedIn(families)).toEqual(['orders']);
    expect(failuresOf(families, 'orders')).toEqual({ lock_timeout: 1 });
    expect(valueOf(families, 'pg_stat_user_tables_seq_scan', { relname: 'free' })).toBeGreaterThanOrEqual(0);
    expect(valueOf(families, 'pg_locks_count', { datname: 'postgres', mode: 'accessexclusivelock' })).toBe(1);
    await holder.query('ROLLBACK');
    const after = await page(walguard);
    expect(failedIn(after.families)).toEqual([]);
    expect(valueOf(after.families, 'pg_orders_n')).toBe(1);
  });

  it('is no reason for its sizes to be missing of all the others, where it is met at the first reading', async () => {
    const holder = await openSession(lab.server.url());
    await holder.query('BEGIN; LOCK TABLE free IN ACCESS EXCLUSIVE MODE');
    await using walguard = await lab.startWith('{}');

    const { families } = await page(walguard);

    expect(failedIn(families)).toEqual([]);
    const sized = samplesOf(families, 'pg_stat_user_tables_table_size_bytes').map(({ labels }) => labels['relname']);
    expect(sized).toContain('orders');
    expect(sized).not.toContain('free');
  });
});

describe('a server that has no connection left', () => {
  it('is told to be so, and is right as soon as there is one; a walguard that had its own goes on over them', async () => {
    await using early = await lab.startWith(gatePack);
    await page(early);
    await lab.server.waitForSql(`(SELECT count(*) = 2 FROM pg_stat_activity WHERE usename = 'walguard')`);
    await lab.server.sql(`CREATE ROLE crowd LOGIN PASSWORD 'crowd'`);
    const crowd = lab.server.url({ user: 'crowd', password: 'crowd' });
    await expect(
      (async () => {
        for (;;) await openSession(crowd);
      })(),
    ).rejects.toMatchObject({ code: '53300' });
    await using late = await lab.startWith(gatePack);

    for (const count of [1, 2]) {
      const { families } = await page(late);
      expect(valueOf(families, 'pg_up')).toBe(0);
      expect(failuresOf(families, 'facts')).toEqual({ too_many_connections: count });
      expect(failedIn((await page(early)).families)).toEqual([]);
    }

    await Promise.all(clients.splice(0).map((client) => client.end()));
    await waitFor('a connection to be free', async () => valueOf((await page(late)).families, 'pg_up') === 1);
    await waitFor('both to be open', async () => {
      const { families } = await page(late);
      return valueOf(families, 'walguard_postgres_connections') === 2 && failedIn(families).length === 0;
    });
    await lab.server.waitForSql(`(SELECT count(*) = 4 FROM pg_stat_activity WHERE usename = 'walguard')`);
  });
});

describe(`${readers} Prometheus servers at once`, () => {
  it('have one page, which the server gave once', async () => {
    const calls = `SELECT coalesce(sum(calls), 0) FROM pg_stat_statements
                   WHERE query LIKE '%pass_gate()%' AND query NOT LIKE '%CREATE%'`;
    await using walguard = await lab.startWith(gatePack, ['--scrape.timeout=60s']);
    await page(walguard);
    const [[before] = []] = await lab.server.sql(calls);
    await gate.close();
    const agent = new Agent({ keepAlive: true });
    const first = ask(`${walguard.url}/metrics`, agent);
    await gate.waitForQueue();
    const askOthers = (path: string): readonly ReturnType<typeof ask>[] =>
      Array.from({ length: readers - 1 }, () => ask(walguard.url + path, agent));
    // A connection that is made late would be heard late.
    await Promise.all(askOthers('/-/healthy').map(({ answer }) => answer));
    const others = askOthers('/metrics');
    await Promise.all(others.map(({ sent }) => sent));
    // What was sent before has been read by then: walguard answers two requests made after that.
    for (let times = 0; times < 2; times += 1) await fetchText(`${walguard.url}/-/healthy`);
    await gate.open();

    const pages = await Promise.all([first, ...others].map(({ answer }) => answer));

    agent.destroy();
    const ofServer = pages.map((each) => each.split('\n').filter((line) => line.startsWith('pg_')));
    for (const lines of ofServer) expect(lines).toEqual(ofServer[0]);
    expect(ofServer[0]).toContain('pg_gate_passed 1');
    expect(Number((await lab.server.sql(calls))[0]?.[0])).toBe(Number(before) + 1);
    const { families } = await page(walguard);
    expect(valueOf(families, 'walguard_scrapes_shared_total')).toBe(readers - 1);
    expect(valueOf(families, 'walguard_postgres_connections')).toBe(2);
  });
});

describe('a standby whose replay ends what runs', () => {
  it('costs the queries that were in its way, once', async () => {
    await using standby = await startStandby(lab.server, { settings: { max_standby_streaming_delay: '0' } });
    await lab.server.sql(`
      CREATE TABLE shelf AS SELECT n FROM generate_series(1, 100) AS n;
      GRANT SELECT ON shelf TO walguard`);
    await standby.waitForSql(`to_regclass('shelf') IS NOT NULL`);
    await using walguard = await lab.startWith(
      `
pg_shelf:
  query: SELECT (SELECT count(*) FROM public.shelf) * pass_gate() AS n
  timeout: 100
  metrics: [{n: {usage: GAUGE}}]
`,
      ['--scrape.timeout=60s'],
      standby.url(monitor),
    );
    expect(valueOf((await page(walguard)).families, 'pg_shelf_n')).toBe(100);
    await gate.close();
    await standby.waitForSql('EXISTS (SELECT FROM gate_closed)');
    const held = page(walguard);
    await standby.waitForSql(
      `EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%pass_gate()%' AND wait_event = 'PgSleep')`,
    );
    await lab.server.sql('TRUNCATE shelf');
    await gate.open();

    const { families } = await held;

    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(failedIn(families)).toEqual(['shelf']);
    expect(failuresOf(families, 'shelf')).toEqual({ query_failed: 1 });
    await standby.waitForSql(`NOT EXISTS (SELECT FROM gate_closed) AND NOT EXISTS (SELECT FROM shelf)`);
    const after = await page(walguard);
    expect(failedIn(after.families)).toEqual([]);
    expect(valueOf(after.families, 'pg_shelf_n')).toBe(0);
    const told = walguard.logLines.find(({ collector }) => collector === 'shelf');
    expect(JSON.stringify(told)).toContain('Replay on the standby ended the query');
  });
});
