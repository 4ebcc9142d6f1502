import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import { samplesOf, scrape, valueOf } from '../support/http.ts';
import { failedIn, failuresOf, succeededIn } from '../support/outcomes.ts';
import {
  consoleLogin,
  type PgBouncer,
  type PgBouncerOptions,
  startPgBouncer,
  statsLogin,
} from '../support/pgbouncer.ts';
import { rowsOf } from '../support/sql.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard, type WalguardOptions } from '../support/walguard.ts';

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
  await createMonitorRole(server);
});
afterAll(() => server[Symbol.asyncDispose]());

function startBouncer(options: Partial<PgBouncerOptions> = {}): Promise<PgBouncer> {
  return startPgBouncer(server, { mode: 'transaction', ...options });
}

function watch(bouncer: PgBouncer, options: WalguardOptions = {}): Promise<Walguard> {
  return startWalguard({ dataSourceName: bouncer.url(statsLogin), ...options });
}

describe('a console of PgBouncer that cannot be scraped', () => {
  it.each([
    {
      what: 'lets in admin_users and stats_users only',
      login: { user: 'walguard', password: 'walguard', database: 'pgbouncer' },
      said: /not allowed/,
      hint: /stats_users in pgbouncer\.ini/,
    },
    {
      what: 'refuses the password',
      login: { ...statsLogin, password: 'wrong' },
      said: /authentication failed/,
      hint: /auth_file or auth_query/,
    },
    {
      what: 'knows no such user',
      login: { ...statsLogin, user: 'nobody' },
      said: /authentication failed/,
      hint: /auth_file or auth_query/,
    },
  ])('as it $what, is down with a cure in the log', async ({ login, said, hint }) => {
    await using bouncer = await startBouncer();
    await using walguard = await startWalguard({ dataSourceName: bouncer.url(login) });
    await expectDown(walguard, 'authentication');
    const [line] = walguard.logLines.filter(({ msg }) => msg === 'collector failed');

    expect(line?.['code']).toBe('TARGET_AUTHENTICATION');
    expect(line?.['reason']).toMatch(said);
    expect(line?.['hint']).toMatch(hint);
    expect(walguard.stderr).not.toMatch(/wrong/);
  });

  it('as it was killed, is down, and right in the first scrape after it is back', async () => {
    const first = await startBouncer();
    await using walguard = await watch(first);
    await expectUp(walguard);
    await first[Symbol.asyncDispose]();

    await expectDown(walguard, 'unreachable');
    await using _second = await startBouncer({ port: first.port });

    await expectUp(walguard);
  });

  it('as it was restarted meanwhile, is not even missed', async () => {
    const first = await startBouncer();
    await using walguard = await watch(first);
    await expectUp(walguard);
    await first[Symbol.asyncDispose]();
    await using _second = await startBouncer({ port: first.port });

    await expectUp(walguard);
    expect(walguard.stderr).not.toContain('collector failed');
  });

  it('as it stands still, is down at the deadline, and right once it goes on', async () => {
    await using bouncer = await startBouncer();
    await using walguard = await watch(bouncer);
    await expectUp(walguard);
    bouncer.signal('SIGSTOP');
    const { families } = await scrape(`${walguard.url}/metrics`, { 'X-Prometheus-Scrape-Timeout-Seconds': '1' });
    bouncer.signal('SIGCONT');

    expect(valueOf(families, 'pg_up')).toBe(0);
    expect(valueOf(families, 'pgbouncer_up')).toBe(0);
    expect(failuresOf(families, 'facts')).toEqual({ unreachable: 1 });
    await expectUp(walguard);
  });
});

describe('a console of PgBouncer', () => {
  it('has room for who may ask it when max_client_conn is reached', async () => {
    await using bouncer = await startBouncer({ settings: { max_client_conn: 1 } });
    const client = new Client({ connectionString: bouncer.url(), ssl: false });
    client.on('error', () => undefined);
    await client.connect();
    const refused = rowsOf(bouncer.url(), 'SELECT 1');
    await expect(refused).rejects.toThrow('max_client_conn');
    await using walguard = await watch(bouncer);

    await expectUp(walguard);
    await client.end();
  });

  it('is up while PgBouncer gets no connection to a server', async () => {
    await using bouncer = await startBouncer({ serverPort: 1 });
    const query = rowsOf(bouncer.url(), 'SELECT 1').catch((error: unknown) => String(error));
    await using walguard = await watch(bouncer);

    await expectUp(walguard);
    await bouncer.kill();
    await query;
  });

  it('does not keep PgBouncer from ending, which waits for its clients to go', async () => {
    const bouncer = await startBouncer();
    await using walguard = await watch(bouncer);
    await expectUp(walguard);
    // Releases before 1.23 end at once.
    bouncer.signal('SIGTERM');

    await waitFor('PgBouncer to end', () => bouncer.hasEnded);
    await expectDown(walguard, 'unreachable');
    await bouncer[Symbol.asyncDispose]();
  });

  it.each([
    { what: 'an admin_user asks it', login: consoleLogin, query: '' },
    { what: 'a primary is asked for, which it is not', login: statsLogin, query: '?target_session_attrs=primary' },
  ])('is scraped also where $what', async ({ login, query }) => {
    await using bouncer = await startBouncer();
    await using walguard = await startWalguard({ dataSourceName: `${bouncer.url(login)}${query}` });
    await expectUp(walguard);
  });

  it('is known by its answer and not by its name: a database of PostgreSQL may be called pgbouncer', async () => {
    await server.sql('CREATE DATABASE pgbouncer');
    await using walguard = await startWalguard({ dataSourceName: server.url({ database: 'pgbouncer', ...MONITOR }) });
    const { families } = await scrape(`${walguard.url}/metrics`);

    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(failedIn(families)).toEqual([]);
    expect(succeededIn(families)).toContain('locks');
    expect([...families.keys()].filter((name) => name.startsWith('pgbouncer_'))).toEqual([]);
    expect(samplesOf(families, 'walguard_collector_skipped', { reason: 'pgbouncer' })).toEqual([]);
  });
});

const MONITOR = { user: 'walguard', password: 'walguard' };

const PACK = `
pool_size:
  name: pgbouncer_old_and_new
  query: SHOW POOLS;
  min_version: 10800
  max_version: 11800
  tags: [pgbouncer]
  metrics: [{database: {usage: LABEL}}, {cl_active: {usage: GAUGE, rename: before_1_18}}]
pool_size_118:
  name: pgbouncer_old_and_new
  query: show pools
  ttl: 60
  min_version: 11800
  tags: [pgbouncer]
  metrics:
    - database: {usage: LABEL, rename: datname}
    - user: {usage: LABEL}
    - maxwait_us: {usage: GAUGE, scale: 1e-6, rename: wait}
    - of_no_release: {usage: GAUGE}
pgbouncer_future: {query: SHOW POOLS, min_version: 19900, tags: [pgbouncer], metrics: [{cl_active: {usage: GAUGE}}]}
pgbouncer_unknown: {query: SHOW NONSENSE, tags: [pgbouncer], metrics: [{a: {usage: GAUGE}}]}
pgbouncer_ends: {query: SHUTDOWN, tags: [pgbouncer], metrics: [{a: {usage: GAUGE}}]}
pgbouncer_two: {query: SHOW POOLS; PAUSE, tags: [pgbouncer], metrics: [{a: {usage: GAUGE}}]}
pg_one: {query: SELECT 1 AS one, ttl: 0, min_version: 100000, metrics: [{one: {usage: GAUGE}}]}
`;

describe('a pack with blocks that have the tag pgbouncer', () => {
  it('runs these on a console, by the version of PgBouncer, and nothing but SHOW commands', async () => {
    await using folder = await temporaryFolder();
    const args = [`--extend.query-path=${await folder.write('pack.yaml', PACK)}`];
    await using bouncer = await startBouncer();
    await using walguard = await watch(bouncer, { args: [...args] });
    await scrape(`${walguard.url}/metrics`);
    const { families } = await scrape(`${walguard.url}/metrics`);
    const reasons = samplesOf(families, 'walguard_collector_skipped').map(({ labels }) => [
      labels['collector'],
      labels['reason'],
    ]);
    const failures = walguard.logLines.filter(({ msg }) => msg === 'collector failed');

    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(reasons).toEqual(
      expect.arrayContaining([
        ['one', 'pgbouncer'],
        ['pgbouncer_future', 'version'],
      ]),
    );
    expect(samplesOf(families, 'pgbouncer_old_and_new_wait')).toMatchObject([
      { labels: { datname: 'pgbouncer', user: 'pgbouncer' } },
    ]);
    expect(families.has('pgbouncer_old_and_new_before_1_18')).toBe(false);
    expect(failedIn(families)).toEqual(['pgbouncer_ends', 'pgbouncer_two', 'pgbouncer_unknown']);
    expect(Object.fromEntries(failures.map(({ collector, code }) => [collector, code]))).toEqual({
      pgbouncer_ends: 'QUERY_NOT_ONE_STATEMENT',
      pgbouncer_two: 'QUERY_NOT_ONE_STATEMENT',
      pgbouncer_unknown: 'QUERY_OBJECT_MISSING',
    });
    // As an admin it could have done harm.
    await using admin = await startWalguard({ dataSourceName: bouncer.url(consoleLogin), args });
    await scrape(`${admin.url}/metrics`);
    expect(bouncer.hasEnded).toBe(false);
    expect(bouncer.log).not.toContain('SHUTDOWN');
  });

  it('runs the others on a server, and passes over these', async () => {
    await using folder = await temporaryFolder();
    const args = [`--extend.query-path=${await folder.write('pack.yaml', PACK)}`];
    await using walguard = await startWalguard({ dataSourceName: server.url(MONITOR), args });
    const { families } = await scrape(`${walguard.url}/metrics`);
    const skipped = samplesOf(families, 'walguard_collector_skipped', { reason: 'pgbouncer' });

    expect(valueOf(families, 'pg_one_one')).toBe(1);
    expect(skipped.map(({ labels }) => labels['collector'])).toEqual([
      'pgbouncer_old_and_new',
      'pgbouncer_future',
      'pgbouncer_unknown',
      'pgbouncer_ends',
      'pgbouncer_two',
    ]);
  });
});

/** Two scrapes that do not reach it. */
async function expectDown(walguard: Walguard, reason: string): Promise<void> {
  for (const _ of [1, 2]) {
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(families, 'pg_up')).toBe(0);
    expect(valueOf(families, 'pgbouncer_up')).toBe(0);
    expect(failedIn(families)).toEqual(['facts']);
    expect(Object.keys(failuresOf(families, 'facts'))).toEqual([reason]);
  }
  expect(walguard.hasEnded).toBe(false);
}

async function expectUp(walguard: Walguard): Promise<void> {
  const { families } = await scrape(`${walguard.url}/metrics`);
  expect(valueOf(families, 'pg_up')).toBe(1);
  expect(valueOf(families, 'pgbouncer_up')).toBe(1);
  expect(failedIn(families)).toEqual([]);
  expect(succeededIn(families)).toContain('pgbouncer_pools');
}
