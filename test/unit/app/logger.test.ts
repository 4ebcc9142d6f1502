import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/app/logger.ts';
import type { LogFields, Logger } from '../../../src/core/logger.ts';
import { anyText, textOf } from '../support/texts.ts';

const secretKeys = [
  'password',
  'pass',
  'dsn',
  'connectionString',
  'DATA_SOURCE_NAME',
  'DATA_SOURCE_PASS',
  'PGPASSWORD',
  'authorization',
] as const;

const formats = ['json', 'logfmt'] as const;

function logLines(format: 'json' | 'logfmt', use: (log: Logger) => void, level = 'debug'): readonly string[] {
  const lines: string[] = [];
  use(createLogger(level, format, { write: (line) => lines.push(line) }));
  return lines;
}

/** Logs to one and the same logger, for making one takes its time; gives what each call wrote. */
function createWriter(format: 'json' | 'logfmt'): (fields: LogFields) => string {
  let written = '';
  const log = createLogger('debug', format, { write: (line) => (written += line) });
  return (fields) => {
    written = '';
    log.info(fields, 'm');
    return written;
  };
}

function logOne(format: 'json' | 'logfmt', fields: LogFields): string {
  return logLines(format, (log) => log.info(fields, 'a message')).join('');
}

/** Splits a line of logfmt and undoes the quoting. */
function decodeLogfmt(line: string): Readonly<Record<string, unknown>> {
  const pairs = line.matchAll(/([^\s=]+)=("(?:[^"\\]|\\.)*"|[^\s"=\\]+)(?:\s|$)/g);
  const decode = (value: string): unknown => (value.startsWith('"') ? (JSON.parse(value) as unknown) : value);
  return Object.fromEntries(Array.from(pairs, ([, key = '', value = '']) => [key, decode(value)] as const));
}

describe.each(formats)('the log as %s', (format) => {
  it.each(secretKeys)('never has a secret under the key %s, at three depths', (key) => {
    const secret = 'hunter2 S3CRET';
    for (const fields of [{ [key]: secret }, { options: { [key]: secret } }, { a: { b: { [key]: secret } } }]) {
      const line = logOne(format, fields);
      expect(line).not.toContain('S3CRET');
      expect(line).toContain('[secret]');
    }
  });

  it('never has a secret that is no text', () => {
    expect(logOne(format, { password: { value: 'S3CRET' }, options: { pass: ['S3CRET'] } })).not.toContain('S3CRET');
  });

  it('has the other fields beside a secret', () => {
    expect(logOne(format, { password: 'S3CRET', user: 'walguard', passed: 'yes' })).toMatch(/walguard.*yes/);
  });

  it.each([
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
  ])('at level %s has %i of the four levels', (level, expected) => {
    const use = (log: Logger): void => {
      log.debug({}, 'one');
      log.info({}, 'two');
      log.warn({}, 'three');
      log.error({}, 'four');
    };
    expect(logLines(format, use, level)).toHaveLength(expected);
  });

  it('is one line for each message, whatever the fields hold', () => {
    const write = createWriter(format);
    fc.assert(
      fc.property(anyText, (value) => {
        const line = write({ value });
        expect(line.indexOf('\n')).toBe(line.length - 1);
      }),
    );
  });
});

describe('a line of JSON', () => {
  it('has the level as a word, the time, the fields and the message, and not the process', () => {
    const { time, ...rest } = JSON.parse(logOne('json', { target: 'db:5432', count: 3 })) as LogFields;
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(rest).toEqual({ level: 'info', target: 'db:5432', count: 3, msg: 'a message' });
  });
});

describe('a line of logfmt', () => {
  it('has the same as JSON', () => {
    const line = logOne('logfmt', {
      target: 'db:5432',
      count: 3,
      on: true,
      none: null,
      list: ['a', 'b'],
      hint: 'Do "x".',
    });
    expect(line.replace(/time=\S+/, 'time=T')).toBe(
      String.raw`level=info time=T target=db:5432 count=3 on=true none=null list="[\"a\",\"b\"]" hint="Do \"x\"." msg="a message"` +
        '\n',
    );
  });

  it.each([
    ['', '""'],
    ['a b', '"a b"'],
    ['a=b', '"a=b"'],
    ['a"b', String.raw`"a\"b"`],
    ['a\\b', String.raw`"a\\b"`],
    ['a\nb\tc', String.raw`"a\nb\tc"`],
    ['\u001b[31mred', String.raw`"\u001b[31mred"`],
    ['straße', 'straße'],
    ['{x}', '{x}'],
  ])('writes the value %j as %s', (value, expected) => {
    expect(logOne('logfmt', { value })).toContain(` value=${expected} `);
  });

  it('can be read back, whatever the fields hold', () => {
    const anyValue = fc.oneof(anyText, textOf('"\\= \na'));
    const write = createWriter('logfmt');
    fc.assert(
      fc.property(anyValue, anyValue, (first, second) => {
        expect(decodeLogfmt(write({ first, second }))).toMatchObject({ first, second, msg: 'm' });
      }),
    );
  });
});
