import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDsn } from '../../../src/postgres/dsn.ts';
import { ALL_KEYWORDS } from '../../../src/postgres/keywords.ts';
import { errorsOf, problemsOf } from '../support/problems.ts';
import { anyText, textOf } from '../support/texts.ts';

const anyValue = fc.oneof(anyText, textOf(`@:/?#[]%&='"\\ ,\n\taé`)).filter((text) => text !== '');
const anyServer = fc.record({ user: anyValue, password: anyValue, host: anyValue, dbname: anyValue });

describe('the URL form of a connection string', () => {
  it.each([
    ['postgresql://', {}],
    ['postgres://db', { host: 'db' }],
    ['postgresql://db:5433', { host: 'db', port: '5433' }],
    ['postgresql://db:/app', { host: 'db', dbname: 'app' }],
    ['postgresql:///app', { dbname: 'app' }],
    ['postgresql://walguard@db', { user: 'walguard', host: 'db' }],
    ['postgresql://walguard:@db', { user: 'walguard', host: 'db' }],
    ['postgresql://:secret@db', { password: 'secret', host: 'db' }],
    ['postgresql://walguard:a:b@db', { user: 'walguard', password: 'a:b', host: 'db' }],
    ['postgresql://walguard:p@ss@db', { user: 'walguard', password: 'p@ss', host: 'db' }],
    ['postgresql://[::1]:5433/app', { host: '::1', port: '5433', dbname: 'app' }],
    ['postgresql://[2001:db8::1]', { host: '2001:db8::1' }],
    ['postgresql://%2Fvar%2Frun%2Fpostgresql/app', { host: '/var/run/postgresql', dbname: 'app' }],
    ['postgresql:///app?host=/var/run&port=5433', { dbname: 'app', host: '/var/run', port: '5433' }],
    [
      'postgresql://db/app?sslmode=require&connect_timeout=3',
      { host: 'db', dbname: 'app', sslmode: 'require', connect_timeout: '3' },
    ],
    ['postgresql://db?options=-c%20jit%3Doff&', { host: 'db', options: '-c jit=off' }],
    ['postgresql://db?application_name=a=b', { host: 'db', application_name: 'a=b' }],
    ['postgresql://db?password=', { host: 'db', password: '' }],
    ['postgresql://one,two', { host: 'one,two' }],
    ['postgresql://one:1,two:2/app', { host: 'one,two', port: '1,2', dbname: 'app' }],
    ['postgresql://one,two:2/app', { host: 'one,two', port: ',2', dbname: 'app' }],
    [
      'postgresql://u:p,w@[::1]:1,[fe80::1%25eth0]/app',
      {
        user: 'u',
        password: 'p,w',
        host: '::1,fe80::1%eth0',
        port: '1,',
        dbname: 'app',
      },
    ],
    [
      'postgresql://u:p@:5432/app?host=/run/postgresql',
      {
        user: 'u',
        password: 'p',
        port: '5432',
        dbname: 'app',
        host: '/run/postgresql',
      },
    ],
    ['postgresql:///app?host=one,two&port=1,2', { dbname: 'app', host: 'one,two', port: '1,2' }],
    ['postgresql://db?ssl=true', { host: 'db', sslmode: 'require' }],
    [
      'postgresql://db?service=main&target_session_attrs=primary',
      {
        host: 'db',
        service: 'main',
        target_session_attrs: 'primary',
      },
    ],
  ])('%s is read', (dsn, expected) => {
    expect(parseDsn(dsn)).toEqual(expected);
  });

  it('keeps any user, password, host and database that are percent-encoded', () => {
    fc.assert(
      fc.property(anyServer, ({ user, password, host, dbname }) => {
        const [u, p, h, d] = [user, password, host, dbname].map(encodeURIComponent);
        expect(parseDsn(`postgresql://${u}:${p}@${h}:5432/${d}`)).toEqual({
          user,
          password,
          host,
          port: '5432',
          dbname,
        });
      }),
    );
  });

  it('keeps any value of a parameter that is percent-encoded', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ALL_KEYWORDS), anyValue, (keyword, value) => {
        expect(parseDsn(`postgresql://?${keyword}=${encodeURIComponent(value)}`)).toEqual({ [keyword]: value });
      }),
    );
  });
});

describe('the keyword form of a connection string', () => {
  it.each([
    ['', {}],
    ['   ', {}],
    ['host=db', { host: 'db' }],
    ['host=db user=walguard', { host: 'db', user: 'walguard' }],
    ['  host = db   port= 5433\tdbname =app\n', { host: 'db', port: '5433', dbname: 'app' }],
    ["password='a b' user=x", { password: 'a b', user: 'x' }],
    [String.raw`password='it\'s' user=x`, { password: "it's", user: 'x' }],
    [String.raw`password=a\ b\\c user=x`, { password: String.raw`a b\c`, user: 'x' }],
    ["password='' host=db", { password: '', host: 'db' }],
    // As in libpq: blanks after the equals sign do not end the value.
    ['host= user=x', { host: 'user=x' }],
    ['password=a=b', { password: 'a=b' }],
    ['password=100%', { password: '100%' }],
    ['host=one host=two', { host: 'two' }],
    ["password=it's user=x", { password: "it's", user: 'x' }],
    ['host=one,two port=1,2', { host: 'one,two', port: '1,2' }],
    ['user=x host=/var/run/postgresql sslmode=disable', { user: 'x', host: '/var/run/postgresql', sslmode: 'disable' }],
  ])('%j is read', (dsn, expected) => {
    expect(parseDsn(dsn)).toEqual(expected);
  });

  it('keeps any values that are quoted', () => {
    const quote = (text: string): string => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
    fc.assert(
      fc.property(anyServer, (server) => {
        const dsn = Object.entries(server).map(([keyword, value]) => `${keyword}=${quote(value)}`);
        expect(parseDsn(dsn.join(' '))).toEqual(server);
      }),
    );
  });

  it('keeps any values whose spaces, quotes and backslashes are escaped', () => {
    const escape = (text: string): string => text.replaceAll(/[\\'\s]/g, String.raw`\$&`);
    fc.assert(
      fc.property(anyServer, (server) => {
        const dsn = Object.entries(server).map(([keyword, value]) => `${keyword}=${escape(value)}`);
        expect(parseDsn(dsn.join(' '))).toEqual(server);
      }),
    );
  });
});

describe('a connection string that cannot be understood', () => {
  it('is told with the cure', () => {
    const dsns = [
      'postgresql://db/app?sslmod=require',
      'postgresql://db/app?statement_cache=1',
      'postgresql://::1/app',
      'postgresql://db:port/app',
      'postgresql://u:100%@db',
      'postgresql://u:a/b@db/app',
      'postgresql://db/app?sslmode',
      'db:5432/postgres',
      'host=db pasword=x',
      'host=db password=a b',
      "host=db password='a",
    ];
    const told = dsns.map((dsn) => `${dsn}\n${problemsOf(() => parseDsn(dsn))}`);
    expect(told.join('\n')).toMatchInlineSnapshot(`
      "postgresql://db/app?sslmod=require
      TARGET_BAD_DSN: the connection string cannot be understood: the parameter "sslmod" is not known
        hint: Did you mean "sslmode"?
      postgresql://db/app?statement_cache=1
      TARGET_BAD_DSN: the connection string cannot be understood: a parameter is not known
        hint: Use those of docs/connecting.md, and quotes: password='a b'.
      postgresql://::1/app
      TARGET_BAD_DSN: the connection string cannot be understood: host and port cannot be told apart
        hint: Write an IPv6 address in brackets: [::1]:5432.
      postgresql://db:port/app
      TARGET_BAD_DSN: the connection string cannot be understood: host and port cannot be told apart
        hint: Write an IPv6 address in brackets: [::1]:5432.
      postgresql://u:100%@db
      TARGET_BAD_DSN: the connection string cannot be understood: it holds a percent sign that is not an escape
        hint: Write a literal % as %25.
      postgresql://u:a/b@db/app
      TARGET_BAD_DSN: the connection string cannot be understood: there is a "/" before its "@"
        hint: Write a literal / in a user or password as %2F.
      postgresql://db/app?sslmode
      TARGET_BAD_DSN: the connection string cannot be understood: after the "?" there is no keyword=value
        hint: Write a literal ? in a password as %3F.
      db:5432/postgres
      TARGET_BAD_DSN: the connection string cannot be understood: at character 1 there is no keyword=value
        hint: Write postgresql://user:password@host:5432/database or host=... user=... dbname=...
      host=db pasword=x
      TARGET_BAD_DSN: the connection string cannot be understood: the parameter "pasword" is not known
        hint: Did you mean "password"?
      host=db password=a b
      TARGET_BAD_DSN: the connection string cannot be understood: at character 20 there is no keyword=value
        hint: Quote values with spaces: password='a b'.
      host=db password='a
      TARGET_BAD_DSN: the connection string cannot be understood: at character 9 there is no keyword=value
        hint: Quote values with spaces: password='a b'."
    `);
  });

  it.each([
    'postgresql://u:100%S3CRET@db',
    'postgresql://u:a?S3CRET@db/app',
    'postgresql://u:a?S3CRET=x@db/app',
    'postgresql://u:S3CRET,x@one,two:x/app',
    'postgresql://u:a/S3CRET@db/app',
    'postgresql://u:S3CRET@db:x/app',
    'u:S3CRET@db:5432/app',
    'password=a S3CRET host=db',
    'password=a S3CRET=b host=db',
    "password='S3CRET",
    "password='a'S3CRET",
    String.raw`password='S3CRET\'`,
  ])('is not repeated, for it may hold a password: %s', (dsn) => {
    for (const { message, hint, cause, where, code } of errorsOf(() => parseDsn(dsn))) {
      expect(code).toBe('TARGET_BAD_DSN');
      expect(`${message} ${hint} ${String(cause)} ${JSON.stringify(where)}`).not.toContain('S3CRET');
    }
  });
});
