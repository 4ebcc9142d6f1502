import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import { openMetricsAccept, samplesOf, scrape, type Scrape, valueOf } from '../support/http.ts';
import { dropsOf, failedIn, succeededIn } from '../support/outcomes.ts';
import { type PgBouncer, startPgBouncer, statsLogin } from '../support/pgbouncer.ts';
import { namedRows, problemsOfShow, recordShows, SHOWN } from '../support/pgbouncer-shows.ts';
import { checkMetrics } from '../support/promtool.ts';
import { startRecordingProxy } from '../support/recording-proxy.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const BY_DEFAULT = [
  'facts',
  'pgbouncer_config',
  'pgbouncer_databases',
  'pgbouncer_lists',
  'pgbouncer_memory',
  'pgbouncer_pools',
  'pgbouncer_servers',
  'pgbouncer_stats_totals',
  'pgbouncer_version',
];
/** Releases before have no SHOW STATE, or nothing to count in SHOW USERS. */
const SINCE = { pgbouncer_state: 119, pgbouncer_users: 123 } as const;

/** Nothing changes by itself: no connection is tested or closed for being idle. */
const SETTINGS = {
  server_check_delay: 3_600,
  server_idle_timeout: 3_600,
  default_pool_size: 2,
  max_client_conn: 77,
  query_wait_timeout: 33.5,
};

let server: PostgresServer;
let bouncer: PgBouncer;
let walguard: Walguard;
/** 118 is 1.18. */
let release: number;

beforeAll(async () => {
  server = await startPostgres();
  await createMonitorRole(server);
  bouncer = await startPgBouncer(server, { mode: 'transaction', settings: SETTINGS });
  walguard = await startWalguard({ dataSourceName: bouncer.url(statsLogin) });
  const [[version = ''] = []] = await bouncer.admin('SHOW VERSION');
  release = Number(/1\.(\d+)/.exec(version ?? '')?.[1]) + 100;
  await runTransactions(3);
});
afterAll(async () => {
  for (const started of [walguard, bouncer, server]) await started?.[Symbol.asyncDispose]();
});

function page(query = ''): Promise<Scrape> {
  return scrape(`${walguard.url}/metrics${query}`);
}

describe('the console of PgBouncer as a stats_user', () => {
  it('is up, and all collectors that this release can serve succeed without a word in the log', async () => {
    const { families } = await page();

    const since = Object.entries(SINCE);
    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(valueOf(families, 'pgbouncer_up')).toBe(1);
    expect(succeededIn(families)).toEqual(
      [...BY_DEFAULT, ...since.flatMap(([name, first]) => (release >= first ? [name] : []))].toSorted(),
    );
    expect(failedIn(families)).toEqual([]);
    expect(skippedIn(families)).toEqual(
      since.flatMap(([name, first]) => (release < first ? [`${name} version`] : [])).toSorted(),
    );
    expect(valueOf(families, 'walguard_postgres_connections')).toBe(0);
    expect(walguard.logLines.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it.each(SHOWN.map(({ command }) => command))('gives the values of %s', async (command) => {
    const shown = SHOWN.find((each) => each.command === command);
    if (shown === undefined || release < (shown.since ?? 0)) return expect(release).toBeLessThan(shown?.since ?? 0);
    const { families } = await page();
    const rows = await namedRows(bouncer.url(statsLogin), command);

    expect(rows.length).toBeGreaterThan(0);
    expect(problemsOfShow(shown, rows, families)).toEqual([]);
  });

  it('gives the counts of SHOW LISTS, and the settings of SHOW CONFIG that are limits', async () => {
    const { families } = await page();
    const lists = await namedRows(bouncer.url(statsLogin), 'SHOW LISTS');
    const settings = await namedRows(bouncer.url(statsLogin), 'SHOW CONFIG');

    for (const name of ['databases', 'users', 'pools', 'used_servers', 'free_servers']) {
      const items = lists.find(({ list }) => list === name)?.['items'];
      expect(valueOf(families, `pgbouncer_${name}`)).toBe(Number(items));
    }
    const shown = [...families.values()].filter(({ name }) => name.startsWith('pgbouncer_config_'));
    const told = shown.map(({ name, samples }) => [
      name
        .replace('pgbouncer_config_', '')
        .replace(/_seconds$/, '')
        .replace('max_client_connections', 'max_client_conn'),
      samples[0]?.value,
    ]);
    expect(told.length).toBeGreaterThanOrEqual(15);
    expect(told).toEqual(told.map(([name]) => [name, Number(settings.find(({ key }) => key === name)?.['value'])]));
    expect(valueOf(families, 'pgbouncer_config_max_client_connections')).toBe(77);
    expect(valueOf(families, 'pgbouncer_config_query_wait_timeout_seconds')).toBe(33.5);
  });

  it('answers with the columns and keys that are recorded of its release', async () => {
    const record = await recordShows(bouncer.url(statsLogin), release);

    const lines = Object.entries(record).map((entry) => entry.map((part) => JSON.stringify(part)).join(': '));
    await expect(`{\n${lines.join(',\n')}\n}\n`).toMatchFileSnapshot(`../golden/pgbouncer-1.${release - 100}.json`);
  });

  it('says which version it is, and with how many connections to servers', async () => {
    const { families } = await page();
    const [[version] = []] = await bouncer.admin('SHOW VERSION');

    expect(samplesOf(families, 'pgbouncer_version_info')).toMatchObject([{ labels: { version }, value: 1 }]);
    expect(samplesOf(families, 'pgbouncer_servers_connections')).toMatchObject([
      { labels: { state: 'idle', tls: 'false' }, value: 1 },
    ]);
  });

  it('has no family of a server of PostgreSQL, and no line of collectors that are for one', async () => {
    const { families, text } = await page();

    const ofServers = [...families.keys()].filter((name) => /^pg_(?!up$|exporter_|scrape_collector_)/.test(name));
    expect(ofServers).toEqual([]);
    expect(text).not.toContain('"locks"');
  });

  it('passes over a collector of PostgreSQL that is asked for by name, and says why', async () => {
    const { families } = await page('?collect[]=locks&collect[]=pgbouncer_pools');

    expect(succeededIn(families)).toEqual(['facts', 'pgbouncer_pools']);
    expect(skippedIn(families)).toEqual(['locks pgbouncer']);
  });

  it('is one page in both formats, to which promtool has no objection', async () => {
    const text = await page();
    const open = await scrape(`${walguard.url}/metrics`, { Accept: openMetricsAccept });

    expect(open.format).toBe('openmetrics');
    expect(seriesOf(open)).toEqual(seriesOf(text));
    expect((await checkMetrics(text.text)).filter((complaint) => complaint.startsWith('pgbouncer_'))).toEqual([]);
  });

  it('is asked in one turn after the login, over one connection, which then ends', async () => {
    await using proxy = await startRecordingProxy({ port: bouncer.port });
    await using behind = await startWalguard({ dataSourceName: bouncer.url({ ...statsLogin, port: proxy.port }) });
    await scrape(`${behind.url}/metrics`);
    proxy.reset();

    const { families } = await scrape(`${behind.url}/metrics`);

    expect(failedIn(families)).toEqual([]);
    // TLS asked for in vain, the login, and the two messages of SCRAM; the goodbye may be one more.
    expect([5, 6]).toContain(proxy.turns);
    await waitFor('the connection to end', () => proxy.openConnections === 0);
  });

  it('counts what goes through it', async () => {
    const before = await page();
    await runTransactions(25);
    const after = await page();

    const [one, other] = [before, after].map(
      ({ families }) =>
        (name: string): number =>
          valueOf(families, name, { database: 'postgres' }) ?? Number.NaN,
    );
    const rise = (name: string): number => (other?.(name) ?? Number.NaN) - (one?.(name) ?? Number.NaN);
    expect(rise('pgbouncer_stats_totals_sql_transactions_pooled_total')).toBe(25);
    expect(rise('pgbouncer_stats_totals_queries_pooled_total')).toBe(75);
    expect(rise('pgbouncer_stats_totals_received_bytes_total')).toBeGreaterThan(25 * 20);
    expect(rise('pgbouncer_stats_totals_queries_duration_seconds_total')).toBeGreaterThan(0);
    expect(rise('pgbouncer_stats_totals_queries_duration_seconds_total')).toBeLessThan(60);
  });

  it('shows clients that wait, and how long the first has', async () => {
    await using holders = await connectAll(2);
    await using waiting = await connectAll(3);
    for (const holder of holders.clients) await holder.query('BEGIN');
    const answers = waiting.clients.map((client) => client.query('SELECT 1'));
    const pool = { database: 'postgres', user: 'walguard' };
    const gauge = async (name: string): Promise<number | undefined> =>
      valueOf((await page()).families, `pgbouncer_pools_${name}`, pool);

    await waitFor('a second of waiting', async () => (await gauge('client_maxwait_seconds')) === 1);
    expect(await gauge('client_waiting_connections')).toBe(3);
    expect(await gauge('client_active_connections')).toBe(2);
    expect(await gauge('server_active_connections')).toBe(2);
    expect(await gauge('server_idle_connections')).toBe(0);
    for (const holder of holders.clients) await holder.query('COMMIT');
    await Promise.all(answers);
    expect(await gauge('client_waiting_connections')).toBe(0);
    expect(await gauge('client_maxwait_seconds')).toBe(0);
    const { families } = await page();
    expect(
      valueOf(families, 'pgbouncer_stats_totals_client_wait_seconds_total', { database: 'postgres' }),
    ).toBeGreaterThan(3);
  });

  it('stays up while all its databases or one of them are paused, and says so', async () => {
    const paused = { name: 'postgres' };
    await bouncer.admin('PAUSE postgres');
    const one = await page();
    await bouncer.admin('RESUME postgres');
    await bouncer.admin('PAUSE');
    const all = await page();
    await bouncer.admin('RESUME');
    const none = await page();

    expect([one, all, none].map(({ families }) => valueOf(families, 'pg_up'))).toEqual([1, 1, 1]);
    expect(valueOf(one.families, 'pgbouncer_databases_paused', paused)).toBe(1);
    expect(valueOf(none.families, 'pgbouncer_databases_paused', paused)).toBe(0);
    const states = [one, all, none].map(({ families }) => valueOf(families, 'pgbouncer_state', { state: 'paused' }));
    expect(states).toEqual(release >= SINCE.pgbouncer_state ? [0, 1, 0] : [undefined, undefined, undefined]);
  });

  it('counts its clients where that is switched on, by state and by the names they give themselves', async () => {
    const args = ['--collector.pgbouncer_clients', '--collector.pgbouncer_client_names'];
    await using counting = await startWalguard({ dataSourceName: bouncer.url(statsLogin), args });
    await using others = await connectAll(4, 'worker');
    const { families } = await scrape(`${counting.url}/metrics`);

    const named = samplesOf(families, 'pgbouncer_client_connections', { application_name: 'worker' });
    expect(others.clients).toHaveLength(4);
    expect(named).toMatchObject([{ labels: { database: 'postgres', user: 'walguard' }, value: 4 }]);
    const all = samplesOf(families, 'pgbouncer_clients_connections');
    // The walguard that counts is a client too.
    expect(all.reduce((sum, { value }) => sum + value, 0)).toBe(5);
    expect(all.every(({ labels }) => labels['tls'] === 'false')).toBe(true);
    expect(dropsOf(families, 'pgbouncer_clients')).toEqual({});
  });
});

function skippedIn(families: Scrape['families']): readonly string[] {
  return samplesOf(families, 'walguard_collector_skipped')
    .map(({ labels }) => `${labels['collector']} ${labels['reason']}`)
    .toSorted();
}

function seriesOf({ families }: Scrape): readonly string[] {
  return [...families.values()]
    .filter(({ name }) => name.startsWith('pgbouncer_'))
    .flatMap(({ samples }) => samples.map(({ name, labels }) => `${name}${JSON.stringify(labels)}`))
    .toSorted();
}

/** Each of three statements, on the one connection that PgBouncer keeps for them. */
async function runTransactions(count: number): Promise<void> {
  await using one = await connectAll(1);
  const [client] = one.clients;
  for (let index = 0; index < count; index++)
    for (const statement of ['BEGIN', 'SELECT 1', 'COMMIT']) await client?.query(statement);
}

async function connectAll(
  count: number,
  name = 'test',
): Promise<AsyncDisposable & { readonly clients: readonly Client[] }> {
  const clients = Array.from(
    { length: count },
    () => new Client({ connectionString: bouncer.url(), ssl: false, application_name: name }),
  );
  for (const client of clients) client.on('error', () => undefined);
  await Promise.all(clients.map((client) => client.connect()));
  return {
    clients,
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
