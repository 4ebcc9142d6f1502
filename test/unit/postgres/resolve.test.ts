import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { ConnectionOptions, FileChoice } from '../../../src/postgres/connection-options.ts';
import { resolveConnection } from '../../../src/postgres/resolve.ts';
import { problemsOf } from '../support/problems.ts';

type Read = (options: ConnectionOptions) => unknown;

/** Keyword, variable, where it goes, and two texts with what they become. */
const sources: readonly (readonly [
  keyword: string,
  variable: string,
  read: Read,
  readonly [string, unknown],
  readonly [string, unknown],
])[] = [
  ['host', 'PGHOST', ({ hosts }) => hosts[0].name, ['a', 'a'], ['b', 'b']],
  ['hostaddr', 'PGHOSTADDR', ({ hosts }) => hosts[0].address, ['10.0.0.1', '10.0.0.1'], ['10.0.0.2', '10.0.0.2']],
  ['port', 'PGPORT', ({ hosts }) => hosts[0].port, ['1', 1], ['65535', 65_535]],
  ['user', 'PGUSER', ({ user }) => user, ['a', 'a'], ['b', 'b']],
  ['password', 'PGPASSWORD', ({ password }) => password, ['a', 'a'], ['b', 'b']],
  ['passfile', 'PGPASSFILE', ({ passFile }) => passFile?.path, ['a', 'a'], ['b', 'b']],
  ['dbname', 'PGDATABASE', ({ database }) => database, ['a', 'a'], ['b', 'b']],
  [
    'target_session_attrs',
    'PGTARGETSESSIONATTRS',
    ({ sessionAttrs }) => sessionAttrs,
    ['primary', 'primary'],
    ['standby', 'standby'],
  ],
  [
    'load_balance_hosts',
    'PGLOADBALANCEHOSTS',
    ({ inRandomOrder }) => inRandomOrder,
    ['disable', false],
    ['random', true],
  ],
  ['connect_timeout', 'PGCONNECT_TIMEOUT', ({ connectTimeoutMs }) => connectTimeoutMs, ['3', 3_000], ['7', 7_000]],
  ['application_name', 'PGAPPNAME', ({ applicationName }) => applicationName, ['a', 'a'], ['b', 'b']],
  ['options', 'PGOPTIONS', ({ options }) => options, ['a', 'a'], ['b', 'b']],
  [
    'channel_binding',
    'PGCHANNELBINDING',
    ({ channelBinding }) => channelBinding,
    ['disable', 'disable'],
    ['require', 'require'],
  ],
  [
    'require_auth',
    'PGREQUIREAUTH',
    ({ authMethods }) => [...(authMethods ?? [])].join(),
    ['md5', 'md5'],
    ['!md5,!none', 'password,scram-sha-256'],
  ],
  ['sslmode', 'PGSSLMODE', ({ tls }) => tls.mode, ['disable', 'disable'], ['verify-full', 'verify-full']],
  ['sslrootcert', 'PGSSLROOTCERT', ({ tls }) => tls.rootCert, ['a', named('a')], ['b', named('b')]],
  ['sslcrl', 'PGSSLCRL', ({ tls }) => tls.crl, ['a', named('a')], ['b', named('b')]],
  ['sslcert', 'PGSSLCERT', ({ tls }) => tls.cert, ['a', named('a')], ['b', named('b')]],
  ['sslkey', 'PGSSLKEY', ({ tls }) => tls.key, ['a', named('a')], ['b', named('b')]],
  ['sslcertmode', 'PGSSLCERTMODE', ({ tls }) => tls.cert === undefined, ['disable', true], ['allow', false]],
  ['sslsni', 'PGSSLSNI', ({ tls }) => tls.tellsServerName, ['0', false], ['1', true]],
  [
    'ssl_min_protocol_version',
    'PGSSLMINPROTOCOLVERSION',
    ({ tls }) => tls.minVersion,
    ['TLSv1.2', 'TLSv1.2'],
    ['TLSv1.3', 'TLSv1.3'],
  ],
  [
    'ssl_max_protocol_version',
    'PGSSLMAXPROTOCOLVERSION',
    ({ tls }) => tls.maxVersion,
    ['TLSv1.2', 'TLSv1.2'],
    ['TLSv1.3', 'TLSv1.3'],
  ],
];

function named(path: string): FileChoice {
  return { path, named: true };
}

function usual(path: string): FileChoice {
  return { path, named: false };
}

describe('resolving a connection', () => {
  it('falls back to the defaults of libpq', () => {
    expect(resolveConnection({ user: 'walguard' }, { HOME: '/srv/me' })).toEqual({
      hosts: [{ name: 'localhost', address: undefined, port: 5432 }],
      inRandomOrder: false,
      sessionAttrs: 'any',
      user: 'walguard',
      password: undefined,
      passFile: usual('/srv/me/.pgpass'),
      database: 'walguard',
      tls: {
        mode: 'prefer',
        direct: false,
        rootCert: usual('/srv/me/.postgresql/root.crt'),
        crl: usual('/srv/me/.postgresql/root.crl'),
        cert: usual('/srv/me/.postgresql/postgresql.crt'),
        key: usual('/srv/me/.postgresql/postgresql.key'),
        keyPassword: undefined,
        tellsServerName: true,
        minVersion: undefined,
        maxVersion: undefined,
        systemBundle: undefined,
      },
      channelBinding: 'prefer',
      authMethods: undefined,
      connectTimeoutMs: 5_000,
      applicationName: 'walguard',
      options: undefined,
    });
  });

  it.each(sources)('takes %s from the connection string, else from %s', (...source) => {
    const [keyword, variable, read, [inEnvironment, fromEnvironment], [inDsn, fromDsn]] = source;
    const env = { [variable]: inEnvironment };
    expect(read(resolveConnection({}, env))).toEqual(fromEnvironment);
    expect(read(resolveConnection({ [keyword]: inDsn }, env))).toEqual(fromDsn);
  });

  it.each(sources)('takes %s for not given when it or %s is empty', (keyword, variable, read) => {
    const unset = read(resolveConnection({}, {}));
    expect(read(resolveConnection({ [keyword]: '' }, {}))).toEqual(unset);
    expect(read(resolveConnection({}, { [variable]: '' }))).toEqual(unset);
  });

  it('takes the user that walguard runs as where none is named, and for the database too', () => {
    const { username } = userInfo();
    expect(resolveConnection({}, {})).toMatchObject({ user: username, database: username });
  });

  it('asks for a certificate of any authority only with the strictest check', () => {
    expect(resolveConnection({ sslrootcert: 'system' }, {}).tls).toMatchObject({
      mode: 'verify-full',
      rootCert: 'system',
    });
    expect(resolveConnection({ sslmode: 'verify-full' }, { PGSSLROOTCERT: 'system' }).tls.rootCert).toBe('system');
  });

  it('takes sslnegotiation from the connection string, else from PGSSLNEGOTIATION', () => {
    const env = { PGSSLNEGOTIATION: 'direct', PGSSLMODE: 'require' };
    expect(resolveConnection({}, env).tls.direct).toBe(true);
    expect(resolveConnection({ sslnegotiation: 'postgres' }, env).tls.direct).toBe(false);
  });

  it('requires TLS where PGREQUIRESSL says so and nothing else does', () => {
    expect(resolveConnection({}, { PGREQUIRESSL: '1' }).tls.mode).toBe('require');
    expect(resolveConnection({}, { PGREQUIRESSL: '1', PGSSLMODE: 'allow' }).tls.mode).toBe('allow');
  });

  it('takes parameters that make no difference here', () => {
    const given = {
      gssencmode: 'prefer',
      keepalives_idle: '30',
      client_encoding: 'LATIN1',
      min_protocol_version: '3.0',
    };
    expect(resolveConnection(given, { HOME: '/' })).toEqual(resolveConnection({}, { HOME: '/' }));
  });

  it('says what it cannot honour, wherever it is asked for', () => {
    expect(problemsOf(() => resolveConnection({}, { PGGSSENCMODE: 'require' }))).toBe(
      problemsOf(() => resolveConnection({ gssencmode: 'require' }, {})),
    );
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
      { host: 'a,b', port: '1,2,3' },
      { host: 'a,b', hostaddr: '10.0.0.1' },
      { target_session_attrs: 'master' },
      { sslmode: 'require', sslrootcert: 'system' },
      { sslnegotiation: 'direct' },
      { sslmode: 'verify-full', hostaddr: '10.0.0.1' },
      { sslcertmode: 'require' },
      { ssl_min_protocol_version: 'TLSv1.3', ssl_max_protocol_version: 'TLSv1.2' },
      { ssl_max_protocol_version: 'TLSv1.1' },
      { require_auth: 'md5,!none' },
      { require_auth: 'gss' },
      { require_auth: 'scram' },
      { gssencmode: 'require' },
      { krbsrvname: 'postgres' },
      { requirepeer: 'postgres' },
      { min_protocol_version: '3.2' },
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
      TARGET_BAD_DSN: the connect_timeout "1.5" is not a whole number of seconds
      TARGET_BAD_DSN: the lists of servers do not match: 3 ports for 2 hosts
        hint: Give as many of each, or one port for all: host=a,b port=5432.
      TARGET_BAD_DSN: the lists of servers do not match: 2 host names for 1 addresses (hostaddr)
        hint: Give as many of each, or one port for all: host=a,b port=5432.
      TARGET_BAD_DSN: the target_session_attrs "master" is not known
        hint: Use one of any, read-write, read-only, primary, standby, prefer-standby.
      TARGET_BAD_DSN: sslmode=require is too weak for sslrootcert=system: anybody can have a certificate the system trusts
        hint: Use sslmode=verify-full.
      TARGET_BAD_DSN: sslmode=prefer is too weak for sslnegotiation=direct, which knows no way without TLS
        hint: Use sslmode=require, verify-ca or verify-full.
      TARGET_BAD_DSN: sslmode=verify-full needs the name of the host, and only hostaddr=10.0.0.1 is given
        hint: Give host too: what the certificate of the server names.
      TARGET_BAD_DSN: sslcertmode=require cannot be honoured: Node.js does not tell whether the server asked
        hint: Use sslcertmode=allow.
      TARGET_BAD_DSN: ssl_max_protocol_version=TLSv1.2 is below ssl_min_protocol_version=TLSv1.3
      TARGET_BAD_DSN: ssl_max_protocol_version=TLSv1.1 is below ssl_min_protocol_version=TLSv1.2
      TARGET_BAD_DSN: the require_auth "md5,!none" mixes methods with and without "!"
      TARGET_BAD_DSN: the require_auth "gss" leaves no method walguard has
        hint: It has password, md5, scram-sha-256, none.
      TARGET_BAD_DSN: the require_auth "scram" is not known
        hint: Use one of password, md5, scram-sha-256, none, gss, sspi, oauth.
      TARGET_BAD_DSN: the parameter gssencmode cannot be honoured: walguard has no GSSAPI
        hint: Leave gssencmode out, or use disable.
      TARGET_BAD_DSN: the parameter krbsrvname cannot be honoured: walguard has no GSSAPI
        hint: Leave krbsrvname out.
      TARGET_BAD_DSN: the parameter requirepeer cannot be honoured: Node.js cannot ask who owns the other end of a socket
        hint: Leave requirepeer out.
      TARGET_BAD_DSN: the parameter min_protocol_version cannot be honoured: walguard speaks version 3.0 of the protocol
        hint: Leave min_protocol_version out, or use 3.0."
    `);
  });
});
