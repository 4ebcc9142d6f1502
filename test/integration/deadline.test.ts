import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import { createGate, type Gate, gatePack } from '../support/gate.ts';
import { fetchText, scrape, type Scrape, valueOf } from '../support/http.ts';
import { failedIn, failuresOf, succeededIn } from '../support/outcomes.ts';
import { startRecordingProxy } from '../support/recording-proxy.ts';
import { startSessionProbe } from '../support/session-probe.ts';
import { rowsOf } from '../support/sql.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const sleepPack = `
pg_sleeps_one: {query: SELECT 1 AS a FROM pg_sleep(90), timeout: 100, metrics: [{a: {usage: GAUGE}}]}
pg_sleeps_two: {query: SELECT 2 AS a FROM pg_sleep(90), timeout: 100, metrics: [{a: {usage: GAUGE}}]}
pg_sleeps_three: {query: SELECT 3 AS a FROM pg_sleep(90), timeout: 100, metrics: [{a: {usage: GAUGE}}]}
pg_awake: {query: SELECT 1 AS a, metrics: [{a: {usage: GAUGE}}]}
`;

/** In the order of a page. */
const sleepers = ['sleeps_one', 'sleeps_three', 'sleeps_two'];

const login = { user: 'walguard', password: 'walguard' };

function allowing(seconds: number): Readonly<Record<string, string>> {
  return { 'X-Prometheus-Scrape-Timeout-Seconds': String(seconds) };
}

let server: PostgresServer;
let gate: Gate;
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startPostgres({ settings: { shared_preload_libraries: 'pg_stat_statements' } });
  await createMonitorRole(server);
  await server.sql('CREATE EXTENSION pg_stat_statements');
  gate = await createGate(server);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** A walguard with a pack beside the shipped one, once the sessions of the one before have ended. */
async function startWith(pack: string, options: { readonly port?: number; readonly args?: readonly string[] } = {}) {
  await server.waitForSql(`NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'walguard')`);
  const path = await folder.write('pack.yaml', pack);
  const args = [`--extend.query-path=${path}`, ...(options.args ?? [])];
  return await startWalguard({ dataSourceName: server.url({ ...login, port: options.port ?? server.port }), args });
}

/** A scrape under way, which may be given up. */
function startScrape(walguard: Walguard, signal?: AbortSignal): Promise<string> {
  return fetch(`${walguard.url}/metrics`, signal === undefined ? {} : { signal }).then((response) => response.text());
}

describe('the deadline of a scrape', () => {
  it('ends it with a page of all that was read by then, and nothing runs on the server afterwards', async () => {
    await using walguard = await startWith(sleepPack, { args: ['--scrape.timeout=60s', '--scrape.connections=1'] });
    await scrape(`${walguard.url}/metrics?${sleepers.map((name) => `exclude[]=${name}`).join('&')}`);
    const started = performance.now();

    for (const count of [1, 2]) {
      const { families } = await scrape(`${walguard.url}/metrics`, allowing(4));
      expect(valueOf(families, 'pg_up')).toBe(1);
      expect(failedIn(families)).toEqual(sleepers);
      for (const name of sleepers) expect(failuresOf(families, name)).toEqual({ deadline: count });
      expect(succeededIn(families)).toEqual(expect.arrayContaining(['server', 'archiver', 'settings', 'awake']));
    }

    expect(performance.now() - started).toBeLessThan(40_000);
    await server.waitForSql(
      `NOT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(90)%' AND pid <> pg_backend_pid())`,
    );
  });

  it('is not spent on waiting for collectors that were slow of late: they are asked last', async () => {
    const twoGates = gatePack + gatePack.replace('pg_gate:', 'pg_gate_too:');
    await using walguard = await startWith(twoGates, { args: ['--scrape.connections=1'] });
    await scrape(`${walguard.url}/metrics`);
    await gate.close();
    const failed: (readonly string[])[] = [];
    for (let times = 0; times < 3; times += 1) {
      failed.push(failedIn((await scrape(`${walguard.url}/metrics`, allowing(3))).families));
    }
    await gate.open();

    expect(failed[2]).toEqual(['gate', 'gate_too']);
    expect(failedIn((await scrape(`${walguard.url}/metrics`)).families)).toEqual([]);
  });

  it('is that of --scrape.timeout where Prometheus allows more or says nothing', async () => {
    await using walguard = await startWith(sleepPack, { args: ['--scrape.timeout=2s'] });

    for (const [index, headers] of [allowing(80), {}].entries()) {
      const { families } = await scrape(`${walguard.url}/metrics?collect[]=sleeps_one&collect[]=awake`, headers);
      expect(failuresOf(families, 'sleeps_one')).toEqual({ deadline: index + 1 });
      expect(valueOf(families, 'pg_awake_a')).toBe(1);
    }
  });

  it('holds where the server falls silent in the middle, which is no reason to be silent too', async () => {
    await using proxy = await startRecordingProxy({ port: server.port });
    await using walguard = await startWith(gatePack, { port: proxy.port });
    await scrape(`${walguard.url}/metrics`);
    proxy.goSilent();

    const silent = await scrape(`${walguard.url}/metrics`, allowing(2));

    expect(valueOf(silent.families, 'pg_up')).toBe(0);
    expect(failuresOf(silent.families, 'facts')).toEqual({ deadline: 1 });
    expect(valueOf(silent.families, 'walguard_postgres_connections')).toBe(0);
    proxy.speakAgain();
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(failedIn(families)).toEqual([]);
  });

  it('holds where the server falls silent while the second connection is made', async () => {
    // Slow enough that the first session is there and the second is not. Each asks for TLS first, on a connection apart.
    await using proxy = await startRecordingProxy({ port: server.port, delayMs: 100 });
    await using walguard = await startWith(gatePack, { port: proxy.port });
    const page = scrape(`${walguard.url}/metrics`, allowing(6));
    await waitFor('the second session to be opened', () => proxy.connections.length === 4);
    proxy.goSilent();

    const { families } = await page;

    expect(valueOf(families, 'pg_up')).toBe(0);
    proxy.delayMs = 0;
    proxy.speakAgain();
    expect(valueOf((await scrape(`${walguard.url}/metrics`)).families, 'pg_up')).toBe(1);
  });

  it('that ends while nothing answers the first connection is told as the server being unreachable, once', async () => {
    await using proxy = await startRecordingProxy({ port: server.port });
    proxy.goSilent();
    await using walguard = await startWith(gatePack, { port: proxy.port });

    for (const count of [1, 2, 3, 4]) {
      const { families } = await scrape(`${walguard.url}/metrics`, allowing(0.5));
      expect(failuresOf(families, 'facts')).toEqual({ unreachable: count });
    }

    await walguard.stop();
    expect(walguard.logLines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});

describe('scrapes at the same time', () => {
  const statements = `SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query LIKE '%pass_gate()%' AND query NOT LIKE '%CREATE%'`;

  it('share one run and one page, and are counted', async () => {
    await using walguard = await startWith(gatePack);
    await scrape(`${walguard.url}/metrics`);
    const [[before = '0'] = []] = await server.sql(statements);
    await gate.close();
    const first = startScrape(walguard);
    await gate.waitForQueue();
    const others = [1, 2, 3, 4, 5].map(() => startScrape(walguard));
    await heardOut(walguard);
    await gate.open();

    const pages = await Promise.all([first, ...others]);

    const serverLines = pages.map((page) => page.split('\n').filter((line) => line.startsWith('pg_')));
    expect(serverLines[0]).toContain('pg_gate_passed 1');
    for (const lines of serverLines) expect(lines).toEqual(serverLines[0]);
    expect(Number((await server.sql(statements))[0]?.[0])).toBe(Number(before) + 1);
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(families, 'walguard_scrapes_shared_total')).toBe(5);
    expect(valueOf(families, 'walguard_scrapes_total')).toBe(8);
  });

  it('for other collectors wait for each other instead of taking more connections', async () => {
    await using walguard = await startWith(gatePack);
    await scrape(`${walguard.url}/metrics`);
    await gate.close();
    const first = startScrape(walguard);
    await gate.waitForQueue();
    const others = ['roles', 'wal', 'locks'].map((name) => scrape(`${walguard.url}/metrics?collect[]=${name}`));
    await heardOut(walguard);
    const sessions = `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'walguard'`;
    const [[connections] = []] = await server.sql(sessions);
    await gate.open();

    expect(await first).toContain('pg_gate_passed 1');
    for (const { families } of await Promise.all(others)) expect(failedIn(families)).toEqual([]);
    expect(connections).toBe('2');
    expect(await server.sql(sessions)).toEqual([['2']]);
  });

  it('end when the last reader has gone, and not before', async () => {
    await using proxy = await startRecordingProxy({ port: server.port });
    await using walguard = await startWith(gatePack, { port: proxy.port, args: ['--scrape.timeout=90s'] });
    await scrape(`${walguard.url}/metrics`);
    await gate.close();
    const [one, two] = [new AbortController(), new AbortController()];
    const gone = [startScrape(walguard, one.signal), startScrape(walguard, two.signal)];
    const settled = Promise.allSettled(gone);
    await gate.waitForQueue();
    await heardOut(walguard);

    one.abort();
    await heardOut(walguard);
    expect(proxy.openConnections).toBe(2);
    two.abort();
    await waitFor('the connections to be dropped', () => proxy.openConnections === 0);

    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await gate.open();
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(families, 'pg_gate_passed')).toBe(1);
    expect(failedIn(families)).toEqual([]);
    expect(failuresOf(families, 'gate')).toEqual({});
  });
});

/** Returns when walguard has read all that was sent to it before: it answers two requests made after that. */
async function heardOut(walguard: Walguard): Promise<void> {
  for (let times = 0; times < 2; times += 1) await fetchText(`${walguard.url}/-/healthy`);
}

describe('a session', () => {
  const settings = [
    'statement_timeout',
    'lock_timeout',
    'jit',
    'transaction_read_only',
    'intervalstyle',
    'search_path',
  ];
  const question = `SELECT ${settings.map((name) => `current_setting('${name}')`).join(', ')}, pg_current_xact_id_if_assigned()::text`;

  it('is left as it was: whoever uses it next finds the settings of the role', async () => {
    await server.sql(`
      CREATE ROLE pooled LOGIN PASSWORD 'pooled'; GRANT pg_monitor TO pooled;
      ALTER ROLE pooled SET statement_timeout = '77s'; ALTER ROLE pooled SET lock_timeout = '66s';
      ALTER ROLE pooled SET jit = on; ALTER ROLE pooled SET intervalstyle = iso_8601;
      ALTER ROLE pooled SET search_path = "elsewhere"`);
    const pack = await folder.write(
      'failing.yaml',
      `
pg_fails: {query: SELECT 1/0 AS a, metrics: [{a: {usage: GAUGE}}]}
pg_times_out: {query: SELECT 1 AS a FROM pg_sleep(60), timeout: 0.2, metrics: [{a: {usage: GAUGE}}]}
pg_writes: {query: CREATE TABLE made (a int), metrics: [{a: {usage: GAUGE}}]}`,
    );
    const account = { user: 'pooled', password: 'pooled' };
    await using probe = await startSessionProbe(server.port);
    await using walguard = await startWalguard({
      dataSourceName: server.url({ ...account, port: probe.port }),
      args: [`--extend.query-path=${pack}`],
    });
    const pages: Scrape[] = [];
    for (let times = 0; times < 3; times += 1) pages.push(await scrape(`${walguard.url}/metrics`));

    expect(failedIn(pages[2]?.families ?? new Map())).toEqual(['fails', 'times_out', 'writes']);
    const fresh = await rowsOf(server.url(account), question);
    expect(fresh).toEqual([['77s', '66s', 'on', 'off', 'iso_8601', 'elsewhere', null]]);
    expect(await probe.ask(question)).toEqual([fresh, fresh]);
    // The sessions were not disturbed by being asked.
    expect(valueOf((await scrape(`${walguard.url}/metrics`)).families, 'walguard_postgres_connections')).toBe(2);
  });
});
