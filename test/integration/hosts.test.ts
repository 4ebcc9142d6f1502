import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, freePort, type PostgresServer, startPostgres, startStandby } from '../../servers/index.ts';
import { renderError, WalguardError } from '../../src/core/error.ts';
import { connect } from '../../src/postgres/connect.ts';
import { resolveConnection } from '../../src/postgres/resolve.ts';
import { createBudget } from '../../src/scrape/budget.ts';
import { Sessions } from '../../src/scrape/sessions.ts';
import { fetchText, scrape, valueOf } from '../support/http.ts';
import { failuresOf } from '../support/outcomes.ts';
import { startRecordingProxy } from '../support/recording-proxy.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const login = { user: 'walguard', password: 'walguard', dbname: 'postgres' };

/** The port of the server a connection leads to, or what there is against all. */
async function portReached(parameters: Readonly<Record<string, string>>, timeoutMs = 20_000): Promise<number | string> {
  try {
    const options = resolveConnection({ ...login, ...parameters }, { HOME: '/nowhere' });
    const { client, place } = await connect(options, { timeoutMs, place: undefined, warn: () => undefined });
    const { rows } = await client.query<{ port: string }>('SHOW port');
    await client.end();
    expect(place.host.port).toBe(Number(rows[0]?.port));
    return place.host.port;
  } catch (thrown) {
    if (thrown instanceof WalguardError) return renderError(thrown);
    throw thrown;
  }
}

function hosts(...ports: readonly number[]): { readonly host: string; readonly port: string } {
  return { host: ports.map(() => '127.0.0.1').join(), port: ports.join() };
}

describe.each([13, 18] as const)('several hosts of PostgreSQL %i', (major) => {
  let primary: PostgresServer;
  let standby: PostgresServer;
  let dead: number;

  beforeAll(async () => {
    primary = await startPostgres({ major });
    await createMonitorRole(primary);
    standby = await startStandby(primary);
    await standby.waitForSql(`EXISTS (SELECT FROM pg_roles WHERE rolname = 'walguard')`);
    dead = await freePort();
  });
  afterAll(() => Promise.all([primary, standby].map((server) => server[Symbol.asyncDispose]())));

  it.each([
    ['any', 'primary', 'standby'],
    ['read-write', 'primary', 'primary'],
    ['read-only', 'standby', 'standby'],
    ['primary', 'primary', 'primary'],
    ['standby', 'standby', 'standby'],
    ['prefer-standby', 'standby', 'standby'],
  ])('with target_session_attrs=%s lead to the %s, and in the other order to the %s', async (attrs, first, second) => {
    const [one, two] = [primary.port, standby.port];
    const portOf = (name: string): number => (name === 'primary' ? one : two);

    expect(await portReached({ ...hosts(one, two), target_session_attrs: attrs })).toBe(portOf(first));
    expect(await portReached({ ...hosts(two, one), target_session_attrs: attrs })).toBe(portOf(second));
    expect(await portReached({ ...hosts(dead, one, two), target_session_attrs: attrs })).toBe(portOf(first));
  });

  it('lead to a primary where a standby is only preferred and there is none', async () => {
    expect(await portReached({ ...hosts(dead, primary.port), target_session_attrs: 'prefer-standby' })).toBe(
      primary.port,
    );
  });

  it('are told with a reason for each when none will do', async () => {
    const told = await portReached({ ...hosts(dead, standby.port), target_session_attrs: 'primary' });

    expect(String(told).replaceAll(String(dead), 'DEAD').replaceAll(String(standby.port), 'STANDBY'))
      .toMatchInlineSnapshot(`
      "TARGET_WRONG_ROLE: none of the servers will do: no connection to 127.0.0.1:DEAD: connect ECONNREFUSED 127.0.0.1:DEAD; 127.0.0.1:STANDBY: it is a standby, and target_session_attrs is primary
        hint: Check that one of them runs, can be reached, and is what target_session_attrs asks for."
    `);
  });

  it('are tried no further once one refuses the login', async () => {
    const told = await portReached({ ...hosts(dead, primary.port, standby.port), password: 'wrong' });

    expect(told).toContain('TARGET_AUTHENTICATION: PostgreSQL says: password authentication failed');
    expect(told).not.toContain('none of the servers');
  });

  it('are tried further where one takes connections and says nothing', async () => {
    await using silent = await startRecordingProxy({ port: primary.port });
    silent.goSilent();

    expect(await portReached(hosts(silent.port, standby.port), 4_000)).toBe(standby.port);
  });

  it('are tried further where one has no name, and a name leads to all its addresses', async () => {
    const port = `1,${primary.port}`;

    expect(await portReached({ host: 'nobody.invalid,localhost', port })).toBe(primary.port);
    expect(await portReached({ host: 'nobody.invalid,db', hostaddr: '127.0.0.1,127.0.0.1', port })).toBe(primary.port);
  });

  it('are taken in any order where they are to share the load', async () => {
    const balanced = { ...hosts(primary.port, standby.port), load_balance_hosts: 'random' };
    const reached = new Set<number | string>();
    // That one of two never comes up in 60 tries happens once in 10^17 times.
    for (let tries = 0; tries < 60 && reached.size < 2; tries += 1) reached.add(await portReached(balanced));

    expect(reached).toEqual(new Set([primary.port, standby.port]));
  });

  it('have all sessions of a scrape at one of them', async () => {
    const balanced = { ...login, ...hosts(primary.port, standby.port), load_balance_hosts: 'random' };
    const source = {
      name: 'both',
      database: 'postgres',
      read: () => resolveConnection(balanced, { HOME: '/nowhere' }),
    };
    const log = { debug: fail, info: fail, warn: fail, error: fail };
    await using sessions = new Sessions(source, 10, log);
    using budget = createBudget(20_000, new AbortController().signal);

    const open = await sessions.acquire(budget);

    expect(open).toHaveLength(10);
    const ours = `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'walguard'`;
    const counts = await Promise.all([primary, standby].map(async (server) => (await server.sql(ours))[0]?.[0]));
    expect(counts.map(Number).toSorted((a, b) => a - b)).toEqual([0, 10]);
  });

  it('are one target, by all their names', async () => {
    const target = `127.0.0.1:${primary.port},127.0.0.1:${standby.port}`;
    await using walguard = await startWalguard({
      dataSourceName: `postgresql://walguard:walguard@${target}/postgres?target_session_attrs=standby`,
    });

    const { families } = await scrape(`${walguard.url}/metrics`);

    expect(valueOf(families, 'walguard_postgres_connections', { target })).toBe(2);
  });
});

function fail(): never {
  throw new Error('nothing is to be logged');
}

describe('servers that change their roles under a walguard that runs', () => {
  let primary: PostgresServer;
  let standbys: readonly [PostgresServer, PostgresServer];

  beforeAll(async () => {
    primary = await startPostgres();
    await createMonitorRole(primary);
    standbys = [await startStandby(primary, { name: 'one' }), await startStandby(primary, { name: 'two' })];
    for (const server of standbys) await server.waitForSql(`EXISTS (SELECT FROM pg_roles WHERE rolname = 'walguard')`);
  });
  afterAll(() => Promise.all([primary, ...standbys].map((server) => server[Symbol.asyncDispose]())));

  async function portScraped(walguard: Walguard): Promise<number | undefined> {
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(families, 'pg_up')).toBe(1);
    return valueOf(families, 'pg_settings_port');
  }

  function start(attrs: string, ...servers: readonly PostgresServer[]): Promise<Walguard> {
    const places = servers.map(({ port }) => `127.0.0.1:${port}`);
    return startWalguard({
      dataSourceName: `postgresql://walguard:walguard@${places.join()}/postgres?target_session_attrs=${attrs}`,
    });
  }

  it('are left in the same scrape for one that fits, and told of when none does', async () => {
    const [one, two] = standbys;
    await using reading = await start('standby', one, two);
    await using writing = await start('read-write', primary, one);
    expect(await portScraped(reading)).toBe(one.port);
    expect(await portScraped(writing)).toBe(primary.port);

    await one.promote();
    await primary.alterSystem({ default_transaction_read_only: 'on' });

    expect(await portScraped(reading)).toBe(two.port);
    expect(await portScraped(writing)).toBe(one.port);

    await two.promote();

    const { families } = await scrape(`${reading.url}/metrics`);
    expect(valueOf(families, 'pg_up')).toBe(0);
    expect(failuresOf(families, 'facts')).toEqual({ wrong_role: 1 });
    expect((await fetchText(`${reading.url}/-/ready`)).status).toBe(200);
  });
});
