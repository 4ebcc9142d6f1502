import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { WalguardError } from '../../src/core/error.ts';
import { connect } from '../../src/postgres/connect.ts';
import { parseDsn } from '../../src/postgres/dsn.ts';
import { resolveConnection } from '../../src/postgres/resolve.ts';
import { certificateNames } from '../support/certificate-names.ts';
import { givenBy, type LoginOutcome, loginRows, nameOf, stringForms } from '../support/login-rows.ts';
import { startTlsServers, type TlsServers } from '../support/tls-server.ts';

interface Outcome {
  readonly outcome: string;
  /** Everything an error says. */
  readonly said: string;
}

async function logIn(dsn: string, env: Readonly<Record<string, string>>): Promise<Outcome> {
  try {
    const limits = { timeoutMs: 20_000, place: undefined, warn: () => undefined };
    const { client } = await connect(resolveConnection(parseDsn(dsn), env), limits);
    const { rows } = await client.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await client.end();
    return { outcome: rows[0]?.ssl === true ? 'tls' : 'plain', said: '' };
  } catch (thrown) {
    if (!(thrown instanceof WalguardError)) throw thrown;
    return { outcome: thrown.code, said: `${thrown.message} ${thrown.hint}` };
  }
}

describe.each([13, 18] as const)('a login to PostgreSQL %i', (major) => {
  let servers: TlsServers;

  beforeAll(async () => {
    servers = await startTlsServers(major);
  });
  afterAll(() => servers[Symbol.asyncDispose]());

  describe.each(stringForms)('by %s', (_, write) => {
    it.each(loginRows.map((row) => [nameOf(row), row] as const))('%s', async (_name, row) => {
      const { parameters, env } = givenBy(row, servers);
      const expected: LoginOutcome = typeof row.leadsTo === 'string' ? row.leadsTo : row.leadsTo[major];

      const { outcome, said } = await logIn(write(parameters), env);

      expect(outcome, said).toBe(expected);
    });
  });

  it('offers a wrong password once, whatever else could be tried', async () => {
    const refused = async (): Promise<number> =>
      (await servers.on.log()).split('password authentication failed').length - 1;
    const before = await refused();

    for (const sslmode of ['allow', 'prefer']) {
      const dsn = `host=127.0.0.1 port=${servers.on.port} user=walguard password=wrong sslmode=${sslmode}`;
      expect((await logIn(dsn, { HOME: servers.path('no-home') })).outcome).toBe('TARGET_AUTHENTICATION');
    }

    expect((await refused()) - before).toBe(2);
  });

  it('shows the certificate that is in the file at that moment', async () => {
    const { folder } = servers;
    const outcomes: string[] = [];
    for (const owner of ['client', 'stranger', 'client']) {
      for (const end of ['crt', 'key'])
        await copyFile(servers.path(`${owner}.${end}`), join(folder.path, `now.${end}`));
      const files = `sslcert=${servers.path('now.crt')} sslkey=${servers.path('now.key')} sslmode=require`;
      const dsn = `host=127.0.0.1 port=${servers.on.port} user=certified dbname=postgres ${files}`;
      outcomes.push((await logIn(dsn, { HOME: servers.path('no-home') })).outcome);
    }

    expect(outcomes).toEqual(['tls', 'TARGET_TLS', 'tls']);
  });

  it.each(certificateNames)('with verify-full takes $commonName with $names for $goodFor', async (subject) => {
    await servers.present(subject);
    const good: string[] = [];
    for (const host of ['127.0.0.1', 'localhost']) {
      const files = `sslmode=verify-full sslrootcert=${servers.path('ca')}`;
      const dsn = `host=${host} hostaddr=127.0.0.1 port=${servers.on.port} user=walguard password=walguard dbname=postgres ${files}`;
      if ((await logIn(dsn, { HOME: servers.path('no-home') })).outcome === 'tls') good.push(host);
    }

    expect(good).toEqual(subject.goodFor);
  });

  it('asks nothing of TLS over a socket', async () => {
    const dsn = `host=${servers.on.socketDirectory} port=${servers.on.port} user=postgres sslmode=verify-full`;
    expect(await logIn(dsn, { HOME: servers.path('no-home') })).toEqual({ outcome: 'plain', said: '' });
  });
});
