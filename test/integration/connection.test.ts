import { userInfo } from 'node:os';
import { escapeIdentifier } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres } from '../../servers/index.ts';
import { type Account, dataSourceForms, type DataSourceForm } from '../support/data-sources.ts';
import { scrape, valueOf } from '../support/http.ts';
import { failuresOf } from '../support/outcomes.ts';
import { everythingSaidBy, expectNoSecret, plantedSecret } from '../support/secret-hunt.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard, type WalguardOptions } from '../support/walguard.ts';

/** Runs walguard at its most talkative, told about the account in one way, and stops it afterwards. */
async function withTarget(
  { give }: DataSourceForm,
  account: Account,
  use: (walguard: Walguard) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder();
  const { env, args } = await give(account, folder);
  await using walguard = await startWalguard({ env, args: [...args, '--log.level=debug'] });
  await use(walguard);
}

describe('the way to a server', () => {
  let server: PostgresServer;
  let account: Account;

  beforeAll(async () => {
    server = await startPostgres({ databases: ['a/b "c"?'] });
    account = { port: server.port, user: `it's "me"@home`, password: plantedSecret, database: 'a/b "c"?' };
    await createMonitorRole(server, account.user, plantedSecret);
    await createMonitorRole(server, 'walguard');
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Who is logged in as walguard, and where; sessions of one that was ended just now may still be there. */
  function logins() {
    return server.sql(`SELECT DISTINCT usename, datname FROM pg_stat_activity WHERE application_name = 'walguard'`);
  }

  describe.each(dataSourceForms)('given by $form', (form) => {
    it('leads to the named database with a password of all special characters, which is said nowhere', async () => {
      await withTarget(form, account, async (walguard) => {
        const { families } = await scrape(`${walguard.url}/metrics`);

        expect(valueOf(families, 'pg_up')).toBe(1);
        await expect.poll(logins).toEqual([[account.user, account.database]]);
        const said = await everythingSaidBy(walguard);
        expect(said).toContain('walguard serves');
        expectNoSecret(said);
      });
    });

    it('says the password nowhere when it is refused either', async () => {
      await withTarget(form, { ...account, user: 'walguard' }, async (walguard) => {
        const { families } = await scrape(`${walguard.url}/metrics`);

        expect(valueOf(families, 'pg_up')).toBe(0);
        expect(failuresOf(families, 'facts')).toEqual({ authentication: 1 });
        const said = await everythingSaidBy(walguard);
        expect(said).toContain('collector still fails');
        expectNoSecret(said);
      });
    });
  });

  async function scrapeOnce(options: WalguardOptions): Promise<number | undefined> {
    await using walguard = await startWalguard(options);
    const { families } = await scrape(`${walguard.url}/metrics`);
    return valueOf(families, 'pg_up');
  }

  it('may be a Unix-domain socket, in a URL, as a keyword, and by PGHOST', async () => {
    const { socketDirectory: directory, port } = server;
    const local = { PGHOST: directory, PGPORT: String(port), PGUSER: 'walguard', PGDATABASE: 'postgres' };

    // The socket asks for no password, so that a way over TCP would fail.
    const ways: readonly WalguardOptions[] = [
      { dataSourceName: `postgresql:///postgres?host=${directory}&port=${port}&user=walguard` },
      { dataSourceName: `postgresql://walguard@${encodeURIComponent(directory)}:${port}/postgres` },
      { dataSourceName: `host=${directory} port=${port} user=walguard dbname=postgres` },
      { env: local },
      { dataSourceName: `postgresql://walguard:any@:${port}/postgres?host=${directory}&sslmode=disable` },
      { dataSourceName: `user=walguard host=${directory} port=${port} dbname=postgres sslmode=disable` },
    ];
    const up: unknown[] = [];
    for (const way of ways) up.push(await scrapeOnce(way));

    expect(up).toEqual(ways.map(() => 1));
  });

  it('goes without TLS where sslmode is prefer, allow or disable and the server has none', async () => {
    const url = server.url({ user: 'walguard', password: 'walguard' });

    expect(
      await Promise.all(
        ['?sslmode=prefer', '?sslmode=allow', '?sslmode=disable', ''].map((mode) =>
          scrapeOnce({ dataSourceName: url + mode }),
        ),
      ),
    ).toEqual([1, 1, 1, 1]);
  });

  it('has libpq defaults for what the connection string leaves out: the user, and the database of the same name', async () => {
    const me = userInfo().username;
    await server.sql(`CREATE DATABASE ${escapeIdentifier(me)}`).catch(ignoreExisting);
    await createMonitorRole(server, me).catch(ignoreExisting);
    await using walguard = await startWalguard({
      dataSourceName: `host=${server.socketDirectory} port=${server.port}`,
    });

    const { families } = await scrape(`${walguard.url}/metrics`);

    expect(valueOf(families, 'pg_up')).toBe(1);
    await expect.poll(logins).toEqual([[me, me]]);
  });
});

/** Where the tests run as postgres, role and database are there. */
function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && error.message.includes('already exists'))) throw error;
}
