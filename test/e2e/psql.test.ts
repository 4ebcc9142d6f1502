import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

import { certificateNames } from '../support/certificate-names.ts';
import { givenBy, type LoginRow, loginRows, nameOf, stringForms } from '../support/login-rows.ts';
import { startTlsServers, type TlsServers } from '../support/tls-server.ts';

const run = promisify(execFile);

/** How psql logs in with a string: with TLS, without, or not at all. Throws when there is no psql. */
async function askPsql(dsn: string, env: Readonly<Record<string, string>>): Promise<'tls' | 'plain' | 'refused'> {
  const query = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
  try {
    const { stdout } = await run('psql', ['-XAtw', '-c', query, dsn], {
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...env },
    });
    return stdout.trim() === 't' ? 'tls' : 'plain';
  } catch (thrown) {
    // 2: "the connection to the server went bad" and was never there.
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 2) return 'refused';
    throw thrown;
  }
}

function expectedOf({ leadsTo }: LoginRow, major: 13 | 18): string {
  const outcome = typeof leadsTo === 'string' ? leadsTo : leadsTo[major];
  return outcome.startsWith('TARGET_') ? 'refused' : outcome;
}

describe.each([13, 18] as const)('the table of logins to PostgreSQL %i', (major) => {
  it('says what psql does', async () => {
    await using servers: TlsServers = await startTlsServers(major);
    const rows = loginRows.filter(({ notForPsql }) => notForPsql === undefined);
    expect(rows.length).toBeGreaterThan(100);
    const told: string[] = [];
    const expected: string[] = [];

    for (const [index, row] of rows.entries()) {
      const [form, write] = index % 2 === 0 ? stringForms[0] : stringForms[1];
      const { parameters, env } = givenBy(row, servers);
      const name = `${nameOf(row)}, ${form}`;
      told.push(`${name}: ${await askPsql(write(parameters), env)}`);
      expected.push(`${name}: ${expectedOf(row, major)}`);
    }

    expect(told).toEqual(expected);
  }, 180_000);

  it('says whom psql takes for the host of a certificate', async () => {
    await using servers = await startTlsServers(major);
    const told: unknown[] = [];

    for (const subject of certificateNames) {
      await servers.present(subject);
      const good: string[] = [];
      for (const host of ['127.0.0.1', 'localhost']) {
        const files = `sslmode=verify-full sslrootcert=${servers.path('ca')}`;
        const dsn = `host=${host} hostaddr=127.0.0.1 port=${servers.on.port} user=walguard password=walguard dbname=postgres ${files}`;
        if ((await askPsql(dsn, { HOME: servers.path('no-home') })) === 'tls') good.push(host);
      }
      told.push({ ...subject, goodFor: good });
    }

    expect(told).toEqual(certificateNames);
  }, 120_000);
});
