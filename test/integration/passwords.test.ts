import { userInfo } from 'node:os';
import { escapeLiteral } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres } from '../../servers/index.ts';
import { connect } from '../../src/postgres/connect.ts';
import { resolveConnection } from '../../src/postgres/resolve.ts';

const me = userInfo().username;

async function logIn(server: PostgresServer, user: string, password: string, host = '127.0.0.1'): Promise<unknown> {
  const options = resolveConnection(
    { host, port: String(server.port), user, password, dbname: 'postgres' },
    { HOME: '/nowhere' },
  );
  const { client } = await connect(options, { timeoutMs: 20_000, place: undefined, warn: () => undefined });
  const { rows } = await client.query<{ name: string }>('SELECT current_user AS name');
  await client.end();
  return rows[0]?.name;
}

describe.each([13, 18] as const)('a password of PostgreSQL %i', (major) => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres({ major, hba: ['host all md5-user all md5', `local all ${me},stranger peer`] });
    for (const role of [me, 'stranger']) await server.sql(`CREATE ROLE "${role}" LOGIN`).catch(ignoreExisting);
    await createMonitorRole(server, 'walguard');
    await createMonitorRole(server, 'md5-user');
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.each([
    ['letters beyond ASCII', 'pässwörd'],
    ['letters in two parts', 'pa\u0308sswort'],
    ['a compatible form', 'Ⅸ ﬁ'],
    ['what is mapped to nothing', 'I\u00ADX'],
    ['a space beyond ASCII', 'a\u00A0b'],
    ['an emoji', '😀'],
    ['another script', 'пароль密码'],
    ['a quote, a backslash and a percent sign', String.raw`'\%"`],
  ])('may have %s', async (_, password) => {
    await server.sql(
      `SET password_encryption = 'scram-sha-256'; ALTER ROLE walguard PASSWORD ${escapeLiteral(password)}`,
    );
    await server.sql(`SET password_encryption = 'md5'; ALTER ROLE "md5-user" PASSWORD ${escapeLiteral(password)}`);

    expect(await logIn(server, 'walguard', password)).toBe('walguard');
    expect(await logIn(server, 'md5-user', password)).toBe('md5-user');
  });

  it('is not needed over a socket where the system says who asks', async () => {
    expect(await logIn(server, me, '', server.socketDirectory)).toBe(me);
    await expect(logIn(server, 'stranger', '', server.socketDirectory)).rejects.toThrow(
      'Peer authentication failed for user "stranger"',
    );
  });
});

it('a password may be stored with many more iterations than by default', async () => {
  await using server = await startPostgres({ major: 18 });
  await createMonitorRole(server, 'walguard');
  await server.sql(`SET scram_iterations = 600000; ALTER ROLE walguard PASSWORD 'slow'`);

  expect(await logIn(server, 'walguard', 'slow')).toBe('walguard');
});

/** Where the tests run as postgres, the role is there. */
function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && error.message.includes('already exists'))) throw error;
}
