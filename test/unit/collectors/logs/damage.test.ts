import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLogParser } from '../../../../src/collectors/logs/parse/index.ts';
import type { LogFormat, LogRecord } from '../../../../src/core/log-record.ts';

const PREFIX = '%m [%p] %q%u@%d/%a ';

interface Read {
  readonly records: readonly LogRecord[];
  readonly skippedBytes: number;
}

function readPieces(format: LogFormat, pieces: readonly Uint8Array[]): Read {
  const parser = createLogParser(format, PREFIX);
  const records: LogRecord[] = [];
  for (const piece of pieces) parser.push(piece, (record) => records.push(record));
  parser.flush((record) => records.push(record));
  expect(parser.heldBytes).toBe(0);
  return { records, skippedBytes: parser.skippedBytes };
}

function read(format: LogFormat, text: string): Read {
  return readPieces(format, [Buffer.from(text)]);
}

/** A record of csvlog as a server of 18 writes it. */
function csv(pid: number, message: string, { user = '"al","shop"', severity = 'ERROR' } = {}): string {
  const text = message.replaceAll('"', '""');
  return `2026-11-22 05:33:17.725 UTC,${user},${pid},${user === ',' ? '' : '"[local]"'},6b02.29,1,${user === ',' ? '' : '"SELECT"'},2026-11-22 05:32:00 UTC,3/7,0,${severity},XX000,"${text}",,,,,,"SELECT ""a""
 FROM t",,,"psql","client backend",,0
`;
}

const GOOD = csv(42, 'good\n"one"');
const OWN = csv(7, '"checkpoint" starting: time', { user: ',', severity: 'LOG' });

describe('csvlog that was torn', () => {
  it.each([
    ['within the message', 160],
    ['in front of the message', 60],
    ['within the statement', GOOD.length - 60],
  ])('%s, with or without a newline, costs what follows nothing', (_, length) => {
    for (const newline of ['', '\n']) {
      for (const next of [GOOD, OWN]) {
        const { records } = read('csvlog', GOOD + GOOD.slice(0, length) + newline + next + GOOD);
        const whole = records.filter(({ backendType }) => backendType !== undefined);
        expect(whole.map(({ pid }) => pid)).toEqual([42, next === OWN ? 7 : 42, 42]);
      }
    }
  });

  it('has what was written of it, if that has the message', () => {
    const torn = csv(41, 'x'.repeat(100));
    const { records } = read('csvlog', torn.slice(0, 200) + GOOD);
    expect(records[0]).toMatchObject({ pid: 41, severity: 'ERROR', sqlstate: 'XX000' });
    expect(records[0]?.message).toMatch(/^x+$/);
  });

  it('gives all that is whole and nothing else, wherever records were torn', () => {
    const cut = fc.record({ length: fc.integer({ min: 1, max: GOOD.length - 30 }), newline: fc.boolean() });
    fc.assert(
      fc.property(fc.array(cut, { maxLength: 5 }), (cuts) => {
        const text = cuts.map(({ length, newline }) => GOOD.slice(0, length) + (newline ? '\n' : '') + OWN).join('');
        const { records } = read('csvlog', text + GOOD);
        expect(records.filter(({ pid }) => pid === 7)).toHaveLength(cuts.length);
        expect(records.at(-1)?.backendType).toBe('client backend');
      }),
    );
  });
});

it('a message that quotes lines of csvlog is one message', () => {
  const quoted = `first\n${GOOD}${OWN}${csv(9, 'a')}`;
  const { records, skippedBytes } = read('csvlog', csv(5, quoted) + csv(6, csv(5, quoted)) + GOOD);
  expect(records.map(({ pid, message }) => [pid, message])).toEqual([
    [5, quoted],
    [6, csv(5, quoted)],
    [42, 'good\n"one"'],
  ]);
  expect(skippedBytes).toBe(0);
});

const LONG = `${'x'.repeat(700_000)}\n"y"\\${'\u0001'.repeat(700_000)}`;
const LINES = {
  stderr: `2026-11-22 05:33:17.725 UTC [41] al@shop/psql ERROR:  ${LONG.replaceAll('\n', '\n\t')}\n2026-11-22 05:33:17.725 UTC [43] LOG:  good\n`,
  csvlog: `${csv(41, LONG)}${csv(43, 'good')}`,
  jsonlog: `${JSON.stringify({ timestamp: '2026-11-22 05:33:17.725 UTC', pid: 41, error_severity: 'ERROR', state_code: '22012', message: LONG })}\n{"pid":43,"message":"good"}\n`,
} as const;

describe('a message that is too long', () => {
  it.each(['stderr', 'csvlog', 'jsonlog'] as const)('has its severity and its beginning in %s', (format) => {
    const { records, skippedBytes } = read(format, LINES[format]);
    expect(records.map(({ pid }) => pid)).toEqual([41, 43]);
    expect(records[0]).toMatchObject({ severity: 'ERROR' });
    expect(records[0]?.message.startsWith('xxx')).toBe(true);
    expect(records[0]?.message.length).toBeLessThanOrEqual(1_048_576);
    expect(skippedBytes).toBeGreaterThan(300_000);
  });

  it.each(['stderr', 'csvlog', 'jsonlog'] as const)(
    'is the same in %s however it is cut, and after a restart',
    (format) => {
      const text = Buffer.from(LINES[format]);
      const whole = readPieces(format, [text]);
      for (const length of [text.length - 5, 1_300_000, 1_048_576, 1_048_577, 900_000, 65_536]) {
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < text.length; at += length) pieces.push(text.subarray(at, at + length));
        expect(readPieces(format, pieces)).toEqual(whole);

        const before = createLogParser(format, PREFIX);
        const early: LogRecord[] = [];
        before.push(text.subarray(0, length), (record) => early.push(record));
        const late = readPieces(format, [text.subarray(length - before.heldBytes)]);
        expect([...early, ...late.records]).toEqual(whole.records);
        expect(before.skippedBytes + late.skippedBytes).toBe(whole.skippedBytes);
      }
    },
  );
});

const AT = '2026-11-22 05:33:17.725 UTC';

describe('processes whose lines are mixed', () => {
  it('have each their own detail, statement and lines that go on, in the order in which they began', () => {
    const { records } = read(
      'stderr',
      `${AT} [41] al@shop/psql ERROR:  first
${AT} [42] bo@shop/psql ERROR:  second
${AT} [41] al@shop/psql DETAIL:  of the first
\tgoes on
${AT} [42] bo@shop/psql STATEMENT:  of the second
${AT} [43] LOG:  third
${AT} [41] al@shop/psql STATEMENT:  of the first, too
`,
    );
    expect(records).toEqual([
      expect.objectContaining({
        pid: 41,
        message: 'first',
        detail: 'of the first\ngoes on',
        statement: 'of the first, too',
      }),
      expect.objectContaining({ pid: 42, message: 'second', detail: undefined, statement: 'of the second' }),
      expect.objectContaining({ pid: 43, message: 'third' }),
    ]);
  });

  it('are read the same after a restart at any place', () => {
    const line = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('LOG', 'DETAIL', 'STATEMENT', '\t', 'sh'));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 200 }), fc.double({ min: 0, max: 1, noNaN: true }), (lines, share) => {
        const written = lines.map(([pid, word], index) =>
          word.length < 3 ? `${word}: not found ${index}\n` : `${AT} [${pid}] ${word}:  ${index}\n`,
        );
        const text = Buffer.from(written.join(''));
        const cut = Math.floor(text.length * share);
        const before = createLogParser('stderr', PREFIX);
        const early: LogRecord[] = [];
        before.push(text.subarray(0, cut), (record) => early.push(record));
        const late = readPieces('stderr', [text.subarray(cut - before.heldBytes)]);
        expect([...early, ...late.records]).toEqual(readPieces('stderr', [text]).records);
      }),
    );
  });

  it('a message stands alone behind what a program wrote, or a server that was stopped, without a newline', () => {
    const { records } = read(
      'stderr',
      `sh: not found${AT} [41] LOG:  one\n2026-11-22 05:33:1${AT} [42] al@shop/psql ERROR:  two\n`,
    );
    expect(records.map(({ message }) => message)).toEqual(['sh: not found', 'one', '2026-11-22 05:33:1', 'two']);
  });
});
