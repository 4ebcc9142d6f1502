import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  availableMajors,
  createMonitorRole,
  type PostgresServer,
  startPostgres,
  waitFor,
} from '../../servers/index.ts';
import { signal } from '../../servers/process-tree.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { samplesOf, scrape, type Scrape, valueOf } from '../support/http.ts';
import { failedIn, failuresOf } from '../support/outcomes.ts';
import { type PackLab, startPackLab } from '../support/pack-lab.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const login = { user: 'walguard', password: 'walguard' };
const sessions = `FROM pg_stat_activity WHERE usename = 'walguard'`;

function page({ url }: Walguard): Promise<Scrape> {
  return scrape(`${url}/metrics`);
}

async function expectWhole(walguard: Walguard): Promise<Scrape> {
  const whole = await page(walguard);
  expect(valueOf(whole.families, 'pg_up')).toBe(1);
  expect(failedIn(whole.families)).toEqual([]);
  return whole;
}

/** Why a collector did not run; undefined if it did. */
function skipReason({ families }: Scrape, collector: string): string | undefined {
  return samplesOf(families, 'walguard_collector_skipped', { collector })[0]?.labels['reason'];
}

describe('a server that changes under a walguard that runs', () => {
  let lab: PackLab;
  let server: PostgresServer;
  let walguard: Walguard;

  beforeAll(async () => {
    lab = await startPackLab({ settings: { shared_preload_libraries: 'pg_stat_statements' } });
    ({ server } = lab);
    walguard = await startWalguard({
      dataSourceName: lab.monitorUrl,
      args: ['--scrape.timeout=60s'],
    });
  });
  afterAll(async () => {
    await walguard[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
  });

  it('is right in the next scrape after an extension was created, and after it was dropped', async () => {
    await using asking = await startWalguard({
      dataSourceName: lab.monitorUrl,
      args: ['--scrape.timeout=60s', '--collector.stat_statements'],
    });
    const pages: Scrape[] = [];
    for (const change of ['SELECT', 'CREATE EXTENSION pg_stat_statements', 'DROP EXTENSION pg_stat_statements']) {
      await server.sql(change);
      pages.push(await page(asking));
    }

    expect(pages.map(({ families }) => failedIn(families))).toEqual([['stat_statements'], [], ['stat_statements']]);
    expect(pages.map(({ families }) => valueOf(families, 'pg_up'))).toEqual([1, 1, 1]);
    const shown = pages.map(({ families }) => families.has('pg_stat_statements_calls_total'));
    expect(shown).toEqual([false, true, false]);
    const [, , last] = pages;
    expect(last && failuresOf(last.families, 'stat_statements')).toEqual({ query_failed: 2 });
    await waitFor('the cure to be told', () => asking.stderr.includes('Create the extension it comes with'));
    await server.sql('CREATE EXTENSION pg_stat_statements');
    await expectWhole(asking);
  });

  it('is right in the next scrape after the role lost pg_monitor, and after it got it again', async () => {
    const before = await expectWhole(walguard);
    await server.sql('REVOKE pg_monitor FROM walguard');
    const poorer = await page(walguard);
    await server.sql('GRANT pg_monitor TO walguard');
    const after = await expectWhole(walguard);

    expect(valueOf(poorer.families, 'pg_up')).toBe(1);
    // What it may not see is told by a reason, or left out; nothing is 0 for want of rights.
    expect(skipReason(poorer, 'wal_directory')).toBe('rights');
    expect(poorer.families.has('pg_wal_size_bytes')).toBe(false);
    for (const { families } of [before, after]) expect(valueOf(families, 'pg_wal_size_bytes')).toBeGreaterThan(0);
    expect(Object.keys(failuresOf(after.families, 'facts'))).toEqual([]);
  });

  it('is right in the scrape in the middle of which a database is dropped while it is asked: it fails there alone', async () => {
    await server.sql('CREATE DATABASE doomed');
    const pack = `
pg_lingers:
  query: SELECT 1 AS n FROM pg_sleep(CASE WHEN current_database() = 'doomed' THEN 100 ELSE 0 END)
  timeout: 100
  metrics: [{n: {usage: GAUGE}}]
`;
    await using slow = await lab.startWith(pack, ['--scrape.timeout=60s', '--databases.include=*']);
    const held = page(slow);
    const lingering = `${sessions} AND datname = 'doomed' AND wait_event = 'PgSleep'`;
    await server.waitForSql(`EXISTS (SELECT ${lingering})`, 30_000);
    await server.sql('DROP DATABASE doomed WITH (FORCE)');

    const { families } = await held;

    expect(valueOf(families, 'pg_up')).toBe(1);
    const ofOthers = samplesOf(families, 'walguard_collector_success').filter(
      ({ labels }) => labels['datname'] !== 'doomed',
    );
    expect(ofOthers.filter(({ value }) => value === 0)).toEqual([]);
    expect(failuresOf(families, 'lingers')).toEqual({ connection_lost: 1 });
    await expectWhole(slow);
  });

  it('is right in the next scrape after one backend crashed and took all others along', async () => {
    await expectWhole(walguard);
    const started = await server.sql('SELECT pg_postmaster_start_time()');
    const [[pid] = []] = await server.sql(`SELECT pid ${sessions}`);
    signal(Number(pid), 'SIGKILL');
    await waitFor(
      'the server to be back',
      async () => (await server.log()).includes('all server processes terminated; reinitializing'),
      30_000,
    );
    await server.waitForSql('NOT pg_is_in_recovery()', 30_000);

    await expectWhole(walguard);

    expect(await server.sql('SELECT pg_postmaster_start_time()')).toEqual(started);
  });
});

describe('one address', () => {
  it('is scraped right from the first time on when the next major answers there', async () => {
    const [older, newer] = availableMajors().slice(-2);
    await using before = await startPostgres(older === undefined ? {} : { major: older });
    await using after = await startPostgres(newer === undefined ? {} : { major: newer });
    for (const server of [before, after]) await createMonitorRole(server);
    await using proxy = await startFaultProxy(before.port);
    await using walguard = await startWalguard({
      dataSourceName: `${before.url({ ...login, port: proxy.port })}?sslmode=disable`,
    });
    const pages = [await expectWhole(walguard), await expectWhole(walguard)];
    await before.stop();
    proxy.upstreamPort = after.port;

    pages.push(await expectWhole(walguard), await expectWhole(walguard));

    const majors = pages.map(({ families }) => {
      const [info] = samplesOf(families, 'pg_static');
      return Number.parseInt(info?.labels['short_version'] ?? '', 10);
    });
    expect(majors).toEqual([older, older, newer, newer]);
    const [, last, first] = pages;
    expect(first?.families.size).toBeGreaterThan(last?.families.size ?? Infinity);
    await waitFor('the connections to the old one to be closed', () => proxy.openConnections === 2);
  });
});
