import { describe, expect, it } from 'vitest';
import { definitionOfProbe, findPlace } from '../../../src/app/probe-place.ts';
import type { AuthModule } from '../../../src/config/auth-modules.ts';
import { readSettings } from '../../../src/config/settings.ts';
import { problemsOf } from '../support/problems.ts';

const settings = readSettings({ flags: {}, collectorFlags: new Map(), env: {} });

function moduleFor(...targets: readonly string[]): AuthModule {
  return { name: 'm', user: 'walguard', password: 'secret', passwordFile: undefined, options: {}, targets };
}

describe('a server that a request names', () => {
  it.each([
    ['db1.example.com', 'db1.example.com:5432', { host: 'db1.example.com', port: 5432 }],
    ['DB1.Example.COM:5432', 'db1.example.com:5432', { host: 'db1.example.com', port: 5432 }],
    ['db1:6432', 'DB1:6432', { host: 'db1', port: 6432 }],
    ['postgresql://db1:5432/', '*:5432', { host: 'db1', port: 5432 }],
    ['postgres://db7.eu.example.com', '*.eu.example.com:*', { host: 'db7.eu.example.com', port: 5432 }],
    ['10.1.2.3', '10.1.2.*:5432', { host: '10.1.2.3', port: 5432 }],
    ['[::1]:5433', '[::1]:5433', { host: '::1', port: 5433 }],
    ['db1:5432/shop', 'db1:5432/shop', { host: 'db1', port: 5432, database: 'shop' }],
    ['db1/any', 'db1:5432/*', { host: 'db1', port: 5432, database: 'any' }],
    ['db1', 'db1:5432/*', { host: 'db1', port: 5432 }],
  ])('%s is one of %s', (text, pattern, place) => {
    expect(findPlace(text, moduleFor('other:1', pattern))).toMatchObject(place);
  });

  it.each([
    ['evil.example.com', 'db1.example.com:5432'],
    ['db1.example.com.evil.com', 'db1.example.com:5432'],
    ['db1.example.com.', 'db1.example.com:5432'],
    ['db1xexample.com', 'db1.example.com:5432'],
    ['db1.example.com:22', 'db1.example.com:5432'],
    ['a.b.example.com', '*.example.com:5432'],
    ['.example.com', '*.example.com:5432'],
    ['10.1.2.3.evil.com', '10.1.2.*:5432'],
    ['0x0a010203', '10.1.2.3:5432'],
    ['167838211', '10.1.2.3:5432'],
    ['127.1', '127.0.0.1:5432'],
    ['[::ffff:127.0.0.1]', '127.0.0.1:5432'],
    ['[0:0:0:0:0:0:0:1]', '[::1]:5432'],
    ['db1/shop', 'db1:5432'],
    ['db1/Shop', 'db1:5432/shop'],
  ])('%s is none of %s', (text, pattern) => {
    expect(findPlace(text, moduleFor(pattern))).toMatchObject({ status: 403 });
  });

  it.each([
    'db1,evil',
    'db1:5432,evil:5432',
    'user@db1',
    'user:pass@db1:5432',
    'db1@evil',
    'postgresql://db1@evil/',
    'postgresql://user:pass@db1',
    'db1?host=evil',
    'db1/postgres?host=evil',
    'db1/postgres?sslmode=disable',
    'host=db1',
    'host=db1 host=evil',
    'service=evil',
    '/var/run/postgresql',
    '/tmp:5432',
    '%2Ftmp',
    'db1%2Cevil',
    'db1:0',
    'db1:65536',
    'db1:99999999',
    'db1:+5432',
    'db1:5432:5432',
    'db1 ',
    ' db1',
    'db1\n',
    'db1\0evil',
    'db1#evil',
    String.raw`db1\evil`,
    'http://db1:5432',
    '[::1',
    '::1',
    '[::1%25lo]',
    '',
    'x'.repeat(300),
    'dｂ1',
    'db1/../../x',
    "db1/a'b",
  ])('%j is no server, whatever is listed', (text) => {
    expect(findPlace(text, moduleFor('*:*/*', 'db1:5432/*', 'db1:5432'))).toMatchObject({ status: 400 });
  });
});

describe('its connection', () => {
  it('has the credentials and options of the module, and nothing of an environment or a password file', () => {
    const module = { ...moduleFor('db1:5432'), options: { sslmode: 'verify-full', dbname: 'shop' } };
    const options = definitionOfProbe({ host: 'db1', port: 5432, database: undefined }, module, settings).resolve();
    expect(options).toMatchObject({ user: 'walguard', password: 'secret', database: 'shop', passFile: undefined });
    expect(options.hosts).toEqual([{ name: 'db1', address: undefined, port: 5432 }]);
    expect(options.tls.mode).toBe('verify-full');
  });

  it('is told to be wrong where the module is, without its password', () => {
    const module = { ...moduleFor('db1:5432'), options: { sslmod: 'require' } };
    const definition = definitionOfProbe({ host: 'db1', port: 5432, database: undefined }, module, settings);
    expect(problemsOf(() => definition.resolve())).toMatchInlineSnapshot(`
      "TARGET_BAD_DSN: auth_modules.m: the connection string cannot be understood: the parameter "sslmod" is not known
        hint: Did you mean "sslmode"?"
    `);
  });
});
