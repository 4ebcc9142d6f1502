import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { ConnectionOptions } from '../../../src/postgres/connection-options.ts';
import type { DsnKeyword } from '../../../src/postgres/dsn.ts';
import { resolveConnection } from '../../../src/postgres/resolve.ts';
import { problemsOf } from '../support/problems.ts';

/** Keyword, variable, the option it becomes, and two texts with what they become. */
const sources = [
  ['host', 'PGHOST', 'host', ['a', 'a'], ['b', 'b']],
  ['hostaddr', 'PGHOSTADDR', 'host', ['10.0.0.1', '10.0.0.1'], ['10.0.0.2', '10.0.0.2']],
  ['port', 'PGPORT', 'port', ['1', 1], ['65535', 65_535]],
  ['user', 'PGUSER', 'user', ['a', 'a'], ['b', 'b']],
  ['password', 'PGPASSWORD', 'password', ['a', 'a'], ['b', 'b']],
  ['dbname', 'PGDATABASE', 'database', ['a', 'a'], ['b', 'b']],
  ['sslmode', 'PGSSLMODE', 'sslMode', ['disable', 'disable'], ['verify-full', 'verify-full']],
  ['sslrootcert', 'PGSSLROOTCERT', 'sslRootCert', ['a', 'a'], ['b', 'b']],
  ['sslcert', 'PGSSLCERT', 'sslCert', ['a', 'a'], ['b', 'b']],
  ['sslkey', 'PGSSLKEY', 'sslKey', ['a', 'a'], ['b', 'b']],
  ['connect_timeout', 'PGCONNECT_TIMEOUT', 'connectTimeoutMs', ['3', 3_000], ['7', 7_000]],
  ['application_name', 'PGAPPNAME', 'applicationName', ['a', 'a'], ['b', 'b']],
  ['options', 'PGOPTIONS', 'options', ['a', 'a'], ['b', 'b']],
] as const satisfies readonly (readonly [
  DsnKeyword,
  string,
  keyof ConnectionOptions,
  readonly [string, unknown],
  readonly [string, unknown],
])[];

describe('resolving a connection', () => {
  it('falls back to the defaults of libpq', () => {
    expect(resolveConnection({ user: 'walguard' }, {})).toEqual({
      host: 'localhost',
      port: 5432,
      user: 'walguard',
      password: undefined,
      database: 'walguard',
      sslMode: 'prefer',
      sslRootCert: undefined,
      sslCert: undefined,
      sslKey: undefined,
      connectTimeoutMs: 5_000,
      applicationName: 'walguard',
      options: undefined,
    });
  });

  it.each(sources)('takes %s from the connection string, else from %s', (...source) => {
    const [keyword, variable, option, [inEnvironment, fromEnvironment], [inDsn, fromDsn]] = source;
    const env = { [variable]: inEnvironment };
    expect(resolveConnection({}, env)[option]).toBe(fromEnvironment);
    expect(resolveConnection({ [keyword]: inDsn }, env)[option]).toBe(fromDsn);
  });

  it.each(sources)('takes %s for not given when it or %s is empty', (keyword, variable, option) => {
    const unset = resolveConnection({}, {})[option];
    expect(resolveConnection({ [keyword]: '' }, {})[option]).toBe(unset);
    expect(resolveConnection({}, { [variable]: '' })[option]).toBe(unset);
  });

  it('takes the user that walguard runs as where none is named, and for the database too', () => {
    const { username } = userInfo();
    expect(resolveConnection({}, {})).toMatchObject({ user: username, database: username });
  });

  it('takes the address rather than the name of the host', () => {
    expect(resolveConnection({ host: 'db', hostaddr: '10.0.0.1' }, {}).host).toBe('10.0.0.1');
  });

  it('takes the fallback for the application name only if no other is given', () => {
    const fallback = { fallback_application_name: 'fallback' };
    expect(resolveConnection(fallback, {}).applicationName).toBe('fallback');
    expect(resolveConnection(fallback, { PGAPPNAME: 'env' }).applicationName).toBe('env');
    expect(resolveConnection({ ...fallback, application_name: 'dsn' }, {}).applicationName).toBe('dsn');
  });

  it('counts connect_timeout in seconds', () => {
    expect(resolveConnection({ connect_timeout: '1' }, {}).connectTimeoutMs).toBe(1_000);
  });

  it.each(['0', '-1'])('waits for a connection without limit when connect_timeout is %s', (text) => {
    expect(resolveConnection({ connect_timeout: text }, {}).connectTimeoutMs).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('tells of values that cannot be used, with the cure', () => {
    const wrong = [
      { port: '0' },
      { port: '65536' },
      { port: 'five' },
      { port: '54.5' },
      { sslmode: 'requier' },
      { sslmode: 'no' },
      { connect_timeout: 'soon' },
      { connect_timeout: '1.5' },
    ];
    const told = wrong.map((dsn) => problemsOf(() => resolveConnection(dsn, {})));
    expect(told.join('\n')).toMatchInlineSnapshot(`
      "TARGET_BAD_DSN: the port "0" is not a number from 1 to 65535
        hint: PostgreSQL listens on 5432 by default.
      TARGET_BAD_DSN: the port "65536" is not a number from 1 to 65535
        hint: PostgreSQL listens on 5432 by default.
      TARGET_BAD_DSN: the port "five" is not a number from 1 to 65535
        hint: PostgreSQL listens on 5432 by default.
      TARGET_BAD_DSN: the port "54.5" is not a number from 1 to 65535
        hint: PostgreSQL listens on 5432 by default.
      TARGET_BAD_DSN: the sslmode "requier" is not known
        hint: Did you mean "require"?
      TARGET_BAD_DSN: the sslmode "no" is not known
        hint: Use one of disable, allow, prefer, require, verify-ca, verify-full.
      TARGET_BAD_DSN: the connect_timeout "soon" is not a whole number of seconds
      TARGET_BAD_DSN: the connect_timeout "1.5" is not a whole number of seconds"
    `);
  });
});
