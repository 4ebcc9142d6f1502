import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPTIONS } from '../../../src/config/options.ts';

describe('an address to listen on', () => {
  const { parse } = OPTIONS.listenAddresses;

  it.each([
    [':9187', { host: undefined, port: 9187 }],
    ['0.0.0.0:9187', { host: '0.0.0.0', port: 9187 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['db-1.example.org:65535', { host: 'db-1.example.org', port: 65_535 }],
    ['[::1]:9187', { host: '::1', port: 9187 }],
    ['[::]:9187', { host: '::', port: 9187 }],
    ['[fe80::1%eth0]:9187', { host: 'fe80::1%eth0', port: 9187 }],
  ])('is read from %s', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  it.each([
    '',
    '9187',
    'localhost',
    ':',
    'localhost:',
    ':65536',
    ':-1',
    '::1:9187',
    '[::1]',
    '[::1:9187',
    ':9187x',
    'a:b:1',
    ': 9187',
  ])('is not read from %j', (text) => {
    expect(() => parse(text)).toThrow('host:port or :port, an IPv6 address in brackets');
  });
});

describe('the path of the metrics', () => {
  const { parse } = OPTIONS.telemetryPath;

  it.each(['/metrics', '/pg/metrics', '/m-1_x.y'])('may be %s', (path) => {
    expect(parse(path)).toBe(path);
  });

  it.each(['', '/', 'metrics', '/a b', '/a?b', '/:param', '/*', '/a"><script>'])('may not be %j', (path) => {
    expect(() => parse(path)).toThrow('a path such as /metrics');
  });
});

describe('a choice of words', () => {
  it.each(['debug', 'info', 'warn', 'error'])('takes the log level %s', (level) => {
    expect(OPTIONS.logLevel.parse(level)).toBe(level);
  });

  it.each(['', 'INFO', 'trace', 'silent'])('refuses the log level %j', (level) => {
    expect(() => OPTIONS.logLevel.parse(level)).toThrow('one of debug, info, warn, error');
  });

  it('takes the log formats json and logfmt only', () => {
    expect(OPTIONS.logFormat.parse('json')).toBe('json');
    expect(OPTIONS.logFormat.parse('logfmt')).toBe('logfmt');
    expect(() => OPTIONS.logFormat.parse('text')).toThrow('one of json, logfmt');
  });
});

describe.each(['scrapeTimeoutMs', 'stalledAfterMs'] as const)('the time limit %s', (key) => {
  const { parse } = OPTIONS[key];

  it.each([
    ['1ms', 1],
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['1d', 86_400_000],
  ])('is read from %s', (text, expected) => {
    expect(parse(text)).toBe(expected);
  });

  it.each(['', '10', '0', '0s', '-1s', 'soon'])('is not read from %j', (text) => {
    expect(() => parse(text)).toThrow('a duration such as 10s, 500ms or 1m30s');
  });

  it.each(['25h', '60d', `${'9'.repeat(400)}y`])('is not one that no timer can wait for: %.20s', (text) => {
    expect(() => parse(text)).toThrow('a duration of a day at most');
  });
});

describe('the number of connections', () => {
  it('is 1 or 2', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.integer({ min: -1, max: 6 })), (count) => {
        const parse = (): number => OPTIONS.connections.parse(String(count));
        if (count >= 1 && count <= 2) expect(parse()).toBe(count);
        else expect(parse).toThrow('a number from 1 to 2');
      }),
    );
  });

  it.each(['', '1.5', 'two', 'NaN'])('is not %j', (text) => {
    expect(() => OPTIONS.connections.parse(text)).toThrow('a number from 1 to 2');
  });
});

describe('a size', () => {
  const { parse } = OPTIONS.walCapacityBytes;

  it.each([
    ['1', 1],
    ['1073741824', 1_073_741_824],
    ['64KiB', 65_536],
    ['16MiB', 16_777_216],
    ['50GiB', 53_687_091_200],
    ['1.5 TiB', 1_649_267_441_664],
  ])('is read from %s', (text, expected) => {
    expect(parse(text)).toBe(expected);
  });

  it.each(['', '0', '-1', '50G', '50GB', '50gib', 'GiB', '1e9', '0.1', '1constructor'])(
    'is not read from %j',
    (text) => {
      expect(() => parse(text)).toThrow('a number of bytes, or of KiB, MiB, GiB or TiB such as 50GiB');
    },
  );
});

describe('every option', () => {
  const singles = Object.entries(OPTIONS).filter(([, { repeatable }]) => !repeatable);

  it.each(singles)('%s has as its default what its default text says', (_key, option) => {
    const said: unknown = option.fallbackText === '' ? undefined : option.parse(option.fallbackText);
    expect(said).toEqual(option.fallback);
  });

  it('that may be given several times has a list of what its default text says', () => {
    const { fallback, fallbackText, parse } = OPTIONS.listenAddresses;
    expect(fallback).toEqual([parse(fallbackText)]);
  });

  it('has a flag of its own', () => {
    const flags = Object.values(OPTIONS).map(({ flag }) => flag);
    expect(new Set(flags).size).toBe(flags.length);
  });
});
