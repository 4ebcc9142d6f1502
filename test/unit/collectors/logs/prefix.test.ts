import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLogParser, guessLogLinePrefix } from '../../../../src/collectors/logs/parse/index.ts';
import { createPrefixReader } from '../../../../src/collectors/logs/parse/prefix.ts';
import type { LogRecord } from '../../../../src/core/log-record.ts';

function one(prefix: string, line: string): LogRecord | undefined {
  const records: LogRecord[] = [];
  const parser = createLogParser('stderr', prefix);
  parser.push(Buffer.from(`${line}\n`), (record) => records.push(record));
  parser.flush((record) => records.push(record));
  expect(records).toHaveLength(1);
  return records[0];
}

const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,40}$/);
const number = fc.integer({ min: 1, max: 4_194_304 }).map(String);
const TIME = '2026-11-22 05:33:17';
const zone = fc.constantFrom('UTC', 'CEST', '+05', '-03', '+0530', '+05:30');

/** What a server writes for each escape. */
const WRITTEN: Readonly<Record<string, fc.Arbitrary<string>>> = {
  a: fc.stringMatching(/^[a-z][a-z0-9 _.-]{0,40}[a-z]$/),
  u: name,
  d: name,
  h: fc.constantFrom('[local]', '10.0.0.1', 'fe80::1'),
  r: fc.constantFrom('[local]', '10.0.0.1(5432)'),
  b: fc.constantFrom('client backend', 'checkpointer', 'autovacuum worker'),
  i: fc.constantFrom('SELECT', 'CREATE TABLE', 'idle in transaction', ''),
  p: number,
  P: fc.constantFrom('', '77'),
  t: zone.map((each) => `${TIME} ${each}`),
  m: zone.map((each) => `${TIME}.725 ${each}`),
  s: fc.constant(`${TIME} UTC`),
  n: fc.constant('1763789597.725'),
  e: fc.constantFrom('00000', '22P02'),
  c: fc.constant('6b02.29'),
  l: number,
  v: fc.constantFrom('', '3/7'),
  x: number,
  Q: fc.constantFrom('0', '-6883023751393440299'),
  '%': fc.constant('%'),
};
const FIELD: Readonly<Record<string, keyof LogRecord>> = {
  a: 'application',
  u: 'user',
  d: 'datname',
  p: 'pid',
  b: 'backendType',
  e: 'sqlstate',
};

const piece = fc.constantFrom(...Object.keys(WRITTEN)).chain((letter) =>
  fc.record({
    letter: fc.constant(letter),
    value: WRITTEN[letter] ?? fc.constant(''),
    width: letter === '%' ? fc.constant(0) : fc.constantFrom(0, 0, -12, 9),
    behind: fc.constantFrom('|', ' | ', ',x=', ']{'),
  }),
);
const pieces = fc.uniqueArray(piece, { selector: ({ letter }) => letter, minLength: 1, maxLength: 12 });

describe('a log_line_prefix', () => {
  it('is read back, whatever it has and however it is filled', () => {
    fc.assert(
      fc.property(pieces, fc.constantFrom('LOG', 'ERROR', 'FEHLER'), (parts, word) => {
        const prefix = parts
          .map(({ letter, width, behind }) => `%${width === 0 ? '' : width}${letter}${behind}`)
          .join('');
        const written = parts.map(({ value, width, behind }) => {
          return (width < 0 ? value.padEnd(-width) : value.padStart(width)) + behind;
        });
        const record = one(prefix, `${written.join('')}${word}:  text ERROR:  x`);
        expect(record).toMatchObject({ message: 'text ERROR:  x', severity: word === 'LOG' ? 'LOG' : 'ERROR' });
        for (const { letter, value } of parts) {
          const field = FIELD[letter];
          if (field !== undefined) expect(String(record?.[field] ?? '')).toBe(value);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('takes a bounded number of attempts, whatever a line has', () => {
    const { read, steps } = createPrefixReader('%m [%p] %q%u@%d/%a %i %b %r %h ');
    for (const text of ['a ', '@', '/', 'a@b/c ', ': ', 'LOG:', ' '.repeat(7)]) {
      read(`${TIME}.725 UTC [7] ${text.repeat(200_000)}`);
      expect(steps()).toBeLessThan(1_100);
    }
  });

  it.each([
    ['%m [%p] %q%u@%d/%a ', '[7] al@shop/x PANIC:  y LOG:  real', { severity: 'LOG', application: 'x PANIC:  y' }],
    ['%m [%p] %q%a,%u@%d ', '[7] x PANIC:  y,al@shop LOG:  real', { severity: 'LOG', application: 'x PANIC:  y' }],
    ['%m [%p] %e %q%a ', '[7] 00000 x ERROR:  y LOG:  real', { severity: 'LOG', application: 'x ERROR:  y' }],
    ['%m [%p] %q%u@%d/%a ', '[7] al@shop/my app LOG:  real', { severity: 'LOG', application: 'my app' }],
    ['%m [%p] %q%u@%d/%a ', '[7] al@shop/x PANIC:  real', { severity: 'PANIC', application: 'x' }],
  ])('%s does not take what a client calls itself for a severity: %s', (prefix, line, said) => {
    expect(one(prefix, `${TIME}.725 UTC ${line}`)).toMatchObject({ message: 'real', ...said });
  });
});

describe('the time', () => {
  it.each([
    ['CST', 6 * 60],
    ['CDT', 5 * 60],
    ['IST', -2 * 60],
    ['PST', 8 * 60],
    ['EST', 5 * 60],
    ['+05:30', -330],
    ['+0530', -330],
    ['-03', 180],
  ])('has the zone %s', (zoneName, minutes) => {
    const atMs = Date.UTC(2026, 10, 22, 5, 33 + minutes, 17);
    expect(one('%t [%p] ', `${TIME} ${zoneName} [7] LOG:  x`)?.atMs).toBe(atMs);
    expect(one('%t:%h:', `${TIME} ${zoneName}:10.0.0.1:LOG:  x`)).toMatchObject({ atMs, remoteHost: '10.0.0.1' });
  });
});

const NAMES: Readonly<Record<string, string>> = {
  '%m': `${TIME}.725 UTC`,
  '%t': `${TIME} UTC`,
  '%e': '00000',
  '%l': '3',
  '%c': '6b02.29',
};
const OF_SESSION: Readonly<Record<string, string>> = {
  '%u': 'al',
  '%d': 'shop',
  '%a': 'my app',
  '%h': '10.0.0.1',
  '%r': '10.0.0.1(5432)',
};

function rendered(prefix: string, isOfSession: boolean): string {
  const [always = '', more = ''] = prefix.split('%q');
  const all = isOfSession ? always + more : always;
  return all.replaceAll(/%[a-z]/g, (escape) =>
    escape === '%p' ? String(isOfSession ? 7 : 8) : (NAMES[escape] ?? (isOfSession ? (OF_SESSION[escape] ?? '') : '')),
  );
}

describe('a guess of the prefix', () => {
  it.each([
    '%m [%p] ',
    '%m [%p] %q%u@%d ',
    '%m [%p] %q%u@%d,%a,%h ',
    '%m [%p] %q%u@%d/%a ',
    '%m [%p] %e %q%u@%d/%a ',
    '%t [%p]: user=%u,db=%d,app=%a,client=%h ',
    '%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ',
    '%t:%r:%u@%d:[%p]:',
    '%m [%p]: [%l-1] db=%d,user=%u ',
    '%m [%p] %q[user=%u,db=%d,app=%a] ',
    '%t-%c-',
  ])('finds %s', (prefix) => {
    const lines = [false, true, true].map((isOfSession) => `${rendered(prefix, isOfSession)}LOG:  x y, z@a/b\n`);
    expect(guessLogLinePrefix(lines.join(''))).toBe(prefix);
  });
});
