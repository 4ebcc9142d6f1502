import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, freePort, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import { writeServerFile } from '../../servers/configuration.ts';
import { scrape, valueOf } from '../support/http.ts';
import { failedIn, failuresOf, serverFamiliesOf, succeededIn } from '../support/outcomes.ts';
import { startRecordingProxy } from '../support/recording-proxy.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

interface Refusal {
  readonly dataSourceName: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Of walguard_collector_failures_total. */
  readonly reason: string;
  readonly code: string;
  /** What the log says to do. */
  readonly cure: RegExp;
}

/** Scrapes three times in vain, heals what was wrong, scrapes twice more, and looks at what was logged over all that. */
async function expectRefusal(refusal: Refusal, heal?: () => Promise<unknown>): Promise<void> {
  const { dataSourceName, env, reason, code, cure } = refusal;
  await using walguard = await startWalguard({ dataSourceName, ...(env === undefined ? {} : { env }) });
  for (const count of [1, 2, 3]) await expectDown(walguard, { [reason]: count });
  await heal?.();
  if (heal !== undefined) {
    await expectUp(walguard, { [reason]: 3 });
    await expectUp(walguard, { [reason]: 3 });
  }
  expect(await walguard.stop()).toBe(0);
  const logged = walguard.logLines.filter(({ collector }) => collector === 'facts');
  expect(logged.map((line) => [line['level'], line['msg'], line['code']])).toEqual([
    ['warn', 'collector failed', code],
    ...(heal === undefined ? [] : [['info', 'collector works again', code]]),
  ]);
  expect(logged[0]?.['hint']).toMatch(cure);
  expect(walguard.stderr.match(new RegExp(cure, 'g'))).toHaveLength(1);
}

/** One scrape: an answer, valid, that says the server is down and why, and has nothing of the server. */
async function expectDown(walguard: Walguard, failures: Readonly<Record<string, number>>): Promise<void> {
  const { families } = await scrape(`${walguard.url}/metrics`);
  expect(valueOf(families, 'pg_up')).toBe(0);
  expect(failuresOf(families, 'facts')).toEqual(failures);
  expect(failedIn(families)).toEqual(['facts']);
  // What is known of archives and backups needs no server.
  expect(succeededIn(families)).toEqual(['recoverability']);
  expect(serverFamiliesOf(families)).toEqual([]);
  expect(valueOf(families, 'walguard_postgres_connections')).toBe(0);
}

async function expectUp(walguard: Walguard, failures: Readonly<Record<string, number>>): Promise<void> {
  const { families } = await scrape(`${walguard.url}/metrics`);
  expect(valueOf(families, 'pg_up')).toBe(1);
  expect(failuresOf(families, 'facts')).toEqual(failures);
  expect(failedIn(families)).toEqual([]);
  expect(valueOf(families, 'pg_in_recovery')).toBe(0);
}

describe('a server that cannot be scraped', () => {
  let server: PostgresServer;
  let monitorUrl: string;
  const login = { user: 'walguard', password: 'walguard' };

  beforeAll(async () => {
    server = await startPostgres({
      hba: ['hostssl all tls_only 127.0.0.1/32 scram-sha-256', 'host all tls_only all reject'],
    });
    monitorUrl = await createMonitorRole(server);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('because the password is wrong is down, until the role has that password', async () => {
    await createMonitorRole(server, 'forgetful', 'the right one');
    const dataSourceName = server.url({ user: 'forgetful', password: 'the wrong one' });

    await expectRefusal(
      { dataSourceName, reason: 'authentication', code: 'TARGET_AUTHENTICATION', cure: /Check user and password/ },
      () => server.sql(`ALTER ROLE forgetful PASSWORD 'the wrong one'`),
    );
  });

  it('because the role does not exist is down, until it is made', async () => {
    const dataSourceName = server.url({ user: 'newcomer', password: 'walguard' });

    await expectRefusal(
      { dataSourceName, reason: 'authentication', code: 'TARGET_AUTHENTICATION', cure: /Check user and password/ },
      () => createMonitorRole(server, 'newcomer'),
    );
  });

  it('because pg_hba.conf refuses the role is down, and the log names the file to correct', async () => {
    const dataSourceName = await createMonitorRole(server, 'tls_only');

    await expectRefusal({
      dataSourceName,
      reason: 'authentication',
      code: 'TARGET_AUTHENTICATION',
      cure: /add a line for it and this host to pg_hba\.conf/,
    });
  });

  it('because it asks for a password and none was given is down, and the log says how to give one', async () => {
    const dataSourceName = server.url({ user: 'walguard', password: '' });

    await expectRefusal({
      dataSourceName,
      // No .pgpass either.
      env: { HOME: '/nonexistent' },
      reason: 'authentication',
      code: 'TARGET_AUTHENTICATION',
      cure: /DATA_SOURCE_PASS_FILE/,
    });
  });

  it('because the database does not exist is down, until it is made', async () => {
    await expectRefusal(
      {
        dataSourceName: server.url({ ...login, database: 'not yet' }),
        reason: 'database_missing',
        code: 'TARGET_DATABASE_MISSING',
        cure: /Name an existing database/,
      },
      () => server.sql('CREATE DATABASE "not yet"'),
    );
  });

  it('because the role has no connection left is down, until it may have more', async () => {
    const dataSourceName = await createMonitorRole(server, 'crowded');
    await server.sql('ALTER ROLE crowded CONNECTION LIMIT 0');

    await expectRefusal(
      {
        dataSourceName,
        reason: 'too_many_connections',
        code: 'TARGET_TOO_MANY_CONNECTIONS',
        cure: /CONNECTION LIMIT/,
      },
      () => server.sql('ALTER ROLE crowded CONNECTION LIMIT -1'),
    );
  });

  it('because sslmode asks for TLS it does not have is down, and the log says where to set either', async () => {
    await expectRefusal({
      dataSourceName: `${monitorUrl}?sslmode=require`,
      reason: 'tls',
      code: 'TARGET_TLS',
      cure: /Set ssl = on on the server, or sslmode=disable/,
    });
  });

  it('because it answers nothing at all is down, until it answers', async () => {
    await using proxy = await startRecordingProxy({ port: server.port });
    proxy.goSilent();

    await expectRefusal(
      {
        dataSourceName: `${server.url({ ...login, port: proxy.port })}?connect_timeout=1`,
        reason: 'unreachable',
        code: 'TARGET_UNREACHABLE',
        cure: /no firewall is in between/,
      },
      async () => proxy.speakAgain(),
    );
  });

  it('because no host has its name is down', async () => {
    const port = await freePort();

    await expectRefusal({
      dataSourceName: `postgresql://walguard:walguard@no-such-host.invalid:${port}/postgres?connect_timeout=2`,
      reason: 'unreachable',
      code: 'TARGET_UNREACHABLE',
      cure: /Check that the server runs/,
    });
  });

  it('because it is older than PostgreSQL 13 is down, and the log says to upgrade', async () => {
    await using old = await startPostgres({ major: 12 });

    await expectRefusal({
      dataSourceName: old.url(),
      reason: 'too_old',
      code: 'TARGET_TOO_OLD',
      cure: /Upgrade the server/,
    });
  });

  it('because it does not run is down, until it is started', async () => {
    await server.stop();

    await expectRefusal(
      {
        dataSourceName: monitorUrl,
        reason: 'unreachable',
        code: 'TARGET_UNREACHABLE',
        cure: /Check that the server runs/,
      },
      () => server.start(),
    );
  });

  it('because it recovers and takes no connections yet is down, until it takes them', async () => {
    const signalFile = join(server.dataDirectory, 'standby.signal');
    await server.alterSystem({ hot_standby: 'off' });
    await server.stop();
    await writeServerFile(server.cluster, 'standby.signal', []);
    await server.start();

    await expectRefusal(
      {
        dataSourceName: monitorUrl,
        reason: 'starting',
        code: 'TARGET_STARTING',
        cure: /Wait until the server accepts connections/,
      },
      async () => {
        await server.stop('immediate');
        await rm(signalFile);
        await server.start();
        // It counts as started while it still recovers from the immediate stop.
        const answers = (): Promise<boolean> =>
          server.sql('SELECT 1').then(
            () => true,
            () => false,
          );
        await waitFor('the server to take connections', answers);
      },
    );
  });
});
