import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createAuthority } from '../support/certificates.ts';
import { scrape, valueOf } from '../support/http.ts';
import { failuresOf } from '../support/outcomes.ts';
import { startInterceptor } from '../support/tls-interceptor.ts';
import { startTlsServers, type TlsServers } from '../support/tls-server.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

let servers: TlsServers;

beforeAll(async () => {
  servers = await startTlsServers(18);
});
afterAll(() => servers[Symbol.asyncDispose]());

/** pg_up, or why there was no answer. */
async function upOf({ url }: Walguard): Promise<unknown> {
  const { families } = await scrape(`${url}/metrics`);
  return valueOf(families, 'pg_up') === 1 ? 1 : failuresOf(families, 'facts');
}

async function startWith(parameters: string): Promise<Walguard> {
  const dataSourceName = `host=127.0.0.1 dbname=postgres ${parameters}`;
  return await startWalguard({ dataSourceName, env: { HOME: servers.path('no-home') } });
}

describe('a client certificate', () => {
  it('that is replaced while walguard runs is shown at the next login', async () => {
    const take = async (owner: string): Promise<void> => {
      for (const end of ['crt', 'key'])
        await copyFile(servers.path(`${owner}.${end}`), join(servers.folder.path, `current.${end}`));
    };
    const endSessions = async (): Promise<void> => {
      await servers.on.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'certified'`);
      await servers.on.waitForSql(`NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'certified')`, 60_000);
    };
    await take('client');
    const files = `sslcert=${servers.path('current.crt')} sslkey=${servers.path('current.key')} sslmode=require`;
    await using walguard = await startWith(`port=${servers.on.port} user=certified ${files}`);
    expect(await upOf(walguard)).toBe(1);
    await take('stranger');
    expect(await upOf(walguard)).toBe(1);
    await endSessions();
    expect(await upOf(walguard)).not.toBe(1);
    await take('client');
    expect(await upOf(walguard)).toBe(1);
  });
});

describe('who stands between walguard and the server with a certificate of his own', () => {
  it.each([
    ['require', { authentication: 1 }],
    ['prefer', { authentication: 1 }],
    ['disable', 1],
  ])('with channel_binding=%s has what becomes of it', async (binding, expected) => {
    const own = createAuthority('in between').issue({ commonName: 'db', names: ['127.0.0.1'] });
    await using between = await startInterceptor(servers.on.port, own);
    const login = `port=${between.port} user=walguard password=walguard sslmode=require`;
    await using walguard = await startWith(`${login} channel_binding=${binding}`);
    expect(await upOf(walguard)).toEqual(expected);
  });
});
