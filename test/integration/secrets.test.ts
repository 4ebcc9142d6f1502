import { createPrivateKey } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { escapeLiteral } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres } from '../../servers/index.ts';
import { connect } from '../../servers/sql.ts';
import { shippedCollectors } from '../../src/app/collectors.ts';
import { createAuthority } from '../support/certificates.ts';
import { scrape, valueOf } from '../support/http.ts';
import { everythingSaidBy, expectNoSecret, plantedSecret } from '../support/secret-hunt.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runWalguard, startWalguard, type WalguardOptions } from '../support/walguard.ts';

const literal = escapeLiteral(plantedSecret);

/** Settings of the server whose text may hold a password. */
const talkativeSettings = {
  archive_mode: 'on',
  archive_command: `true --password=${plantedSecret}`,
  restore_command: `fetch --password=${plantedSecret} %f %p`,
  archive_cleanup_command: `clean --password=${plantedSecret} %r`,
  recovery_end_command: `clean --password=${plantedSecret} all`,
  primary_conninfo: `host=127.0.0.1 password='${plantedSecret.replaceAll(/['\\]/g, '\\$&')}'`,
  ssl_passphrase_command: `echo ${plantedSecret.replaceAll('%', '%%')}`,
  log_statement: 'all',
};

/** Objects of a database whose definition holds a password. */
const talkativeObjects = `
  CREATE EXTENSION postgres_fdw;
  CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1');
  CREATE USER MAPPING FOR public SERVER elsewhere OPTIONS (user 'somebody', password ${literal});
  CREATE PUBLICATION orders FOR ALL TABLES;
  CREATE SUBSCRIPTION orders CONNECTION 'host=127.0.0.1 password=pl4nted-S3cret' PUBLICATION orders
    WITH (connect = false);
  CREATE TABLE accounts (password text);
  INSERT INTO accounts VALUES (${literal});
  COMMENT ON TABLE accounts IS ${literal};
`;

describe('a password', () => {
  let server: PostgresServer;
  let monitor: WalguardOptions;

  beforeAll(async () => {
    server = await startPostgres({ settings: talkativeSettings });
    await createMonitorRole(server, 'walguard', plantedSecret);
    monitor = {
      dataSourceName: server.url({ user: 'walguard', password: plantedSecret }),
      args: ['--log.level=debug'],
    };
    for (const statement of talkativeObjects.split(';\n')) await server.sql(statement);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('in what the server is configured with, holds and runs is shown nowhere', async () => {
    const login = { host: server.socketDirectory, port: server.port, user: 'postgres', database: 'postgres' };
    const changer = await connect(login);
    try {
      await changer.query(`BEGIN; CREATE ROLE clerk PASSWORD ${literal}`);
      const everyCollector = shippedCollectors().map(({ name }) => `--collector.${name}`);
      await using walguard = await startWalguard({ ...monitor, args: ['--log.level=debug', ...everyCollector] });
      const { families } = await scrape(`${walguard.url}/metrics`);
      expect(valueOf(families, 'pg_up')).toBe(1);

      const said = await everythingSaidBy(walguard);

      expect(said).toContain('pg_archiver_command_configured 1');
      expectNoSecret(said);
    } finally {
      await changer.end();
    }
  });

  it('of a service file is shown nowhere, when it is taken and when it is refused', async () => {
    await using folder = await temporaryFolder();
    const password = plantedSecret.trimEnd();
    const login = `host=127.0.0.1\nport=${server.port}\ndbname=postgres\npassword=${password}`;
    const services = `[good]\n${login}\nuser=clerk\n[bad]\n${login}\nuser=walguard\n[broken]\n${password}\n`;
    const env = { PGSERVICEFILE: await folder.write('services', services) };
    await createMonitorRole(server, 'clerk', password);
    const saidBy = async (service: string, up: number): Promise<string> => {
      await using walguard = await startWalguard({ ...monitor, dataSourceName: `service=${service}`, env });
      const { families } = await scrape(`${walguard.url}/metrics`);
      expect(valueOf(families, 'pg_up')).toBe(up);
      return await everythingSaidBy(walguard);
    };

    expectNoSecret(await saidBy('good', 1));
    expectNoSecret(await saidBy('bad', 0));
    const { code, stdout, stderr } = await runWalguard([], { dataSourceName: 'service=broken', env });

    expect(code).toBe(2);
    expect(stderr).toContain('services:14: TARGET_BAD_DSN');
    expectNoSecret(stdout + stderr);
  });

  it('of a client key is shown nowhere, nor is the key', async () => {
    await using folder = await temporaryFolder();
    const { certificate, key } = createAuthority('authority').issue({ commonName: 'walguard' });
    const locked = createPrivateKey(key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'another',
    });
    const keyFile = await folder.write('client.key', locked.toString());
    await chmod(keyFile, 0o600);
    const files = `sslcert=${await folder.write('client.crt', certificate)} sslkey=${keyFile}`;
    const password = `'${plantedSecret.replaceAll(/['\\]/g, '\\$&')}'`;
    const dataSourceName = `host=127.0.0.1 port=${server.port} user=walguard sslmode=require ${files} sslpassword=${password}`;
    await using walguard = await startWalguard({ ...monitor, dataSourceName });
    await scrape(`${walguard.url}/metrics`);

    const said = await everythingSaidBy(walguard);

    expect(said).toContain('TARGET_TLS');
    expectNoSecret(said);
    for (const line of locked.toString().split('\n').slice(1, 4)) expect(said).not.toContain(line);
  });

  it('in a table is not shown when a query of a pack stumbles over it', async () => {
    await server.sql('GRANT SELECT ON accounts TO walguard');
    await using folder = await temporaryFolder();
    const pack = await folder.write(
      'pack.yaml',
      `stumbling:
  query: SELECT password::int AS value FROM public.accounts
  metrics:
    - value: {usage: GAUGE, description: A number.}
`,
    );
    await using walguard = await startWalguard({
      ...monitor,
      args: [`--extend.query-path=${pack}`, '--log.level=debug'],
    });
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(families, 'walguard_collector_success', { collector: 'stumbling' })).toBe(0);

    const said = await everythingSaidBy(walguard);

    expect(said).toContain('22P02');
    expectNoSecret(said);
  });

  it('is not in what the server sees and logs of walguard', async () => {
    const before = await server.log();
    await using walguard = await startWalguard(monitor);
    await scrape(`${walguard.url}/metrics`);

    const seen = await server.sql(
      `SELECT query, application_name, wait_event FROM pg_stat_activity WHERE usename = 'walguard'`,
    );
    const logged = (await server.log())
      .slice(before.length)
      .split('\n')
      .filter((line) => line.includes('walguard@'));

    expect(seen.length).toBeGreaterThan(0);
    expect(logged.length).toBeGreaterThan(0);
    expectNoSecret(JSON.stringify(seen) + logged.join('\n'));
  });

  it.each(['exception', 'rejection'])('is not in what a crash by an uncaught %s leaves behind', async (crash) => {
    const crashing = fileURLToPath(new URL('../support/crash-after-login.mjs', import.meta.url));
    await using walguard = await startWalguard({
      ...monitor,
      env: { NODE_OPTIONS: `--import=${crashing}`, PLANTED_CRASH: crash },
    });
    await scrape(`${walguard.url}/metrics`).catch(() => undefined);

    const { code, stdout, stderr } = await walguard.finished;

    expect(code).toBe(1);
    expect(walguard.logLines.at(-1)).toMatchObject({ level: 'error', code: 'BUG', reason: 'planted crash' });
    expectNoSecret(stdout + stderr);
  });
});
