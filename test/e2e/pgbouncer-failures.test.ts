import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import { scrape, valueOf } from '../support/http.ts';
import { failedIn, failuresOf, succeededIn } from '../support/outcomes.ts';
import { type PgBouncer, type PgBouncerOptions, startPgBouncer } from '../support/pgbouncer.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

interface Expected {
  readonly reason: string;
  readonly code: string;
  readonly hint: RegExp;
}

interface Refusal extends Expected {
  readonly what: string;
  readonly auths: readonly ('userlist' | 'query')[];
  readonly change: (url: string) => string;
}

describe.each([13, 18] as const)('when PgBouncer before PostgreSQL %i has no connection to give', (major) => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres({ major });
    await createMonitorRole(server);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  function startBouncer(options: Partial<PgBouncerOptions> = {}): Promise<PgBouncer> {
    return startPgBouncer(server, { mode: 'transaction', ...options });
  }

  it.each<Refusal>([
    {
      what: 'refuses the options of a connection string',
      auths: ['userlist', 'query'],
      change: (url: string) => `${url}?options=-c%20jit%3Doff`,
      reason: 'parameter_refused',
      code: 'TARGET_PARAMETER_REFUSED',
      hint: /Take options out of the connection string/,
    },
    {
      what: 'has no such database',
      // In a database it does not have it cannot ask for passwords, and says no more than that.
      auths: ['userlist'],
      change: (url: string) => url.replace(/postgres$/, 'nowhere'),
      reason: 'database_missing',
      code: 'TARGET_DATABASE_MISSING',
      hint: /\[databases\]/,
    },
    {
      what: 'refuses the password',
      auths: ['userlist', 'query'],
      change: (url: string) => url.replace('walguard@', 'wrong@'),
      reason: 'authentication',
      code: 'TARGET_AUTHENTICATION',
      hint: /auth_file or auth_query/,
    },
    {
      what: 'knows no such user',
      auths: ['userlist', 'query'],
      change: (url: string) => url.replace('walguard:', 'nobody:'),
      reason: 'authentication',
      code: 'TARGET_AUTHENTICATION',
      hint: /auth_file or auth_query/,
    },
  ])('as it $what: walguard says why and what to do', async ({ change, auths, reason, code, hint }) => {
    for (const auth of auths) {
      await using bouncer = await startBouncer({ auth });
      await using walguard = await startWalguard({ dataSourceName: change(bouncer.url()) });
      await expectDown(walguard, { reason, code, hint });
      expect(walguard.stderr).not.toMatch(/wrong@|:walguard@/);
    }
  });

  it('as it is in statement mode, walguard says which mode to set', async () => {
    await using bouncer = await startBouncer({ mode: 'statement' });
    await using walguard = await startWalguard({ dataSourceName: bouncer.url() });
    await scrape(`${walguard.url}/metrics`);
    expect(walguard.stderr).toContain('Set pool_mode = transaction');
    expect(walguard.hasEnded).toBe(false);
  });

  it('as all its clients are taken, walguard says so; as one is free, it makes do with that one', async () => {
    await using bouncer = await startBouncer({ settings: { max_client_conn: 1 } });
    await using walguard = await startWalguard({ dataSourceName: bouncer.url() });
    {
      await using _other = await connectTo(bouncer);
      await expectDown(walguard, {
        reason: 'too_many_connections',
        code: 'TARGET_TOO_MANY_CONNECTIONS',
        hint: /max_client_conn/,
      });
    }
    // It lets go of a client a moment after that one's connection has ended.
    await waitFor('PgBouncer to take another client', async () => {
      const { families } = await scrape(`${walguard.url}/metrics`);
      return valueOf(families, 'pg_up') === 1;
    });
    await expectWhole(walguard, 1);
  });

  it('as another client holds its only server connection, walguard says so and is right once it is free', async () => {
    const settings = { default_pool_size: 1, query_wait_timeout: 1 };
    await using bouncer = await startBouncer({ settings });
    await using walguard = await startWalguard({ dataSourceName: bouncer.url() });
    {
      await using other = await connectTo(bouncer);
      await other.client.query('BEGIN');
      await expectDown(walguard, { reason: 'unreachable', code: 'TARGET_UNREACHABLE', hint: /SHOW POOLS/ });
    }
    await expectWhole(walguard, 2);
  });

  it('as the server behind it is down, walguard says that nothing answers', async () => {
    await using bouncer = await startBouncer({ serverPort: 1 });
    await using walguard = await startWalguard({ dataSourceName: `${bouncer.url()}?connect_timeout=1` });
    await expectDown(walguard, {
      reason: 'unreachable',
      code: 'TARGET_UNREACHABLE',
      hint: /Check that the server runs/,
    });
  });

  it('as it is down itself, walguard says that nothing answers, and is right once it is back', async () => {
    const first = await startBouncer();
    await using walguard = await startWalguard({ dataSourceName: first.url() });
    await expectWhole(walguard, 2);
    await first[Symbol.asyncDispose]();

    await expectDown(walguard, {
      reason: 'unreachable',
      code: 'TARGET_UNREACHABLE',
      hint: /Check that the server runs/,
    });
    await using _second = await startBouncer({ port: first.port });

    await expectWhole(walguard, 2);
  });
});

describe.each([
  { major: 13, mode: 'session' },
  { major: 18, mode: 'transaction' },
] as const)('behind PgBouncer in $mode mode, once PostgreSQL $major was', ({ major, mode }) => {
  let server: PostgresServer;
  let bouncer: PgBouncer;
  let walguard: Walguard;

  beforeAll(async () => {
    server = await startPostgres({ major });
    await createMonitorRole(server);
    bouncer = await startPgBouncer(server, { mode });
    walguard = await startWalguard({ dataSourceName: bouncer.url() });
    await expectWhole(walguard, 2);
  });
  afterAll(async () => {
    for (const started of [walguard, bouncer, server]) await started?.[Symbol.asyncDispose]();
  });

  it('restarted, the very next scrape is right', async () => {
    await server.restart();

    await expectWhole(walguard, 2);
  });

  it('killed and started again, the very next scrape is right', async () => {
    await server.kill();
    await server.start();

    await expectWhole(walguard, 2);
  });

  it('parted from its sessions, the very next scrape is right', async () => {
    await server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'walguard'`);

    await expectWhole(walguard, 2);
  });
});

/** Two scrapes that do not reach the server, of which the log tells once. */
async function expectDown(walguard: Walguard, { reason, code, hint }: Expected): Promise<void> {
  for (const count of [1, 2]) {
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(families, 'pg_up')).toBe(0);
    expect(failedIn(families)).toEqual(['facts']);
    expect(failuresOf(families, 'facts')).toEqual({ [reason]: count });
  }
  const lines = walguard.logLines.filter(({ msg }) => msg === 'collector failed');
  expect(lines).toMatchObject([{ collector: 'facts', code }]);
  expect(lines[0]?.['hint']).toMatch(hint);
  expect(walguard.hasEnded).toBe(false);
}

async function expectWhole(walguard: Walguard, connections: number): Promise<void> {
  const { families } = await scrape(`${walguard.url}/metrics`);
  expect(valueOf(families, 'pg_up')).toBe(1);
  expect(failedIn(families)).toEqual([]);
  expect(succeededIn(families).length).toBeGreaterThan(25);
  expect(valueOf(families, 'walguard_postgres_connections')).toBe(connections);
}

/** Another client of PgBouncer's, as long as it is in use. */
async function connectTo(bouncer: PgBouncer): Promise<AsyncDisposable & { readonly client: Client }> {
  const client = new Client({ connectionString: bouncer.url(), ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  return { client, [Symbol.asyncDispose]: () => client.end() };
}
