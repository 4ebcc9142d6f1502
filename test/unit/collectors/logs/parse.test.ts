import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLogParser, guessFormat, guessLogLinePrefix } from '../../../../src/collectors/logs/parse/index.ts';
import type { LogFormat, LogParser, LogRecord } from '../../../../src/core/log-record.ts';

function recordsOf(format: LogFormat, text: string, prefix = '%m [%p] '): readonly LogRecord[] {
  return take(createLogParser(format, prefix), [Buffer.from(text)]);
}

function take(parser: LogParser, pieces: readonly Uint8Array[]): readonly LogRecord[] {
  const records: LogRecord[] = [];
  for (const piece of pieces) parser.push(piece, (record) => records.push(record));
  parser.flush((record) => records.push(record));
  return records;
}

const DEADLOCK = {
  stderr: `2026-11-22 05:33:17.725 UTC [41] al@shop/psql ERROR:  deadlock detected
2026-11-22 05:33:17.725 UTC [41] al@shop/psql DETAIL:  Process 41 waits.
\tProcess 42 waits, too.
2026-11-22 05:33:17.725 UTC [41] al@shop/psql HINT:  See server log for query details.
2026-11-22 05:33:17.725 UTC [41] al@shop/psql STATEMENT:  UPDATE t
\tSET "a" = 'x,y'
`,
  csvlog: `2026-11-22 05:33:17.725 UTC,"al","shop",41,"[local]",6b02.29,1,"UPDATE",2026-11-22 05:32:00 UTC,3/7,0,ERROR,40P01,"deadlock detected","Process 41 waits.
Process 42 waits, too.","See server log for query details.",,,,"UPDATE t
SET ""a"" = 'x,y'",,,"psql","client backend",,0
`,
  jsonlog: `{"timestamp":"2026-11-22 05:33:17.725 UTC","user":"al","dbname":"shop","pid":41,"remote_host":"[local]","error_severity":"ERROR","state_code":"40P01","message":"deadlock detected","detail":"Process 41 waits.\\nProcess 42 waits, too.","hint":"See server log for query details.","statement":"UPDATE t\\nSET \\"a\\" = 'x,y'","application_name":"psql","backend_type":"client backend"}
`,
};

const SAID = {
  atMs: Date.UTC(2026, 10, 22, 5, 33, 17, 725),
  severity: 'ERROR',
  message: 'deadlock detected',
  detail: 'Process 41 waits.\nProcess 42 waits, too.',
  hint: 'See server log for query details.',
  statement: `UPDATE t\nSET "a" = 'x,y'`,
  datname: 'shop',
  user: 'al',
  application: 'psql',
  pid: 41,
} as const;

const SESSIONS = '%m [%p] %q%u@%d/%a ';

describe('a message', () => {
  it.each(['stderr', 'csvlog', 'jsonlog'] as const)('is the same from %s', (format) => {
    const records = recordsOf(format, DEADLOCK[format], SESSIONS);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject(SAID);
    const more = { sqlstate: '40P01', backendType: 'client backend', remoteHost: '[local]' };
    expect(records[0]).toMatchObject(format === 'stderr' ? { sqlstate: undefined } : more);
  });

  it.each(['stderr', 'csvlog', 'jsonlog'] as const)(
    'of %s survives every cut, and a restart from what is held',
    (format) => {
      const text = Buffer.from(DEADLOCK[format] + DEADLOCK[format].replaceAll('41', '43'));
      const whole = take(createLogParser(format, SESSIONS), [text]);
      expect(whole).toHaveLength(2);
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: text.length }),
          fc.integer({ min: 0, max: text.length }),
          (one, other) => {
            const [first, second] = [Math.min(one, other), Math.max(one, other)];
            const pieces = [text.subarray(0, first), text.subarray(first, second), text.subarray(second)];
            expect(take(createLogParser(format, SESSIONS), pieces)).toEqual(whole);

            const before = createLogParser(format, SESSIONS);
            const early: LogRecord[] = [];
            before.push(text.subarray(0, first), (record) => early.push(record));
            const late = take(createLogParser(format, SESSIONS), [text.subarray(first - before.heldBytes)]);
            expect([...early, ...late]).toEqual(whole);
          },
        ),
      );
    },
  );
});

const AL = { user: 'al', datname: 'shop' };

describe('the format stderr', () => {
  it.each([
    [
      '%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ',
      '2026-11-22 05:33:17 CET [7]: [3-1] user=al,db=shop,app=my app,client=10.0.0.1 ',
      { ...AL, pid: 7, application: 'my app', remoteHost: '10.0.0.1', atMs: Date.UTC(2026, 10, 22, 4, 33, 17) },
    ],
    [
      '%-8u|%5p|%e|%n|%%|',
      'al      |    7|22012|1763789597.725|%|',
      { user: 'al', pid: 7, sqlstate: '22012', atMs: 1_763_789_597_725 },
    ],
    [
      '%m %b[%p] %v %x %c %i %Q %P %L %s ',
      '2026-11-22 05:33:17.725 UTC client backend[7] 3/4 0 6b02.29 SELECT -12  10.0.0.2 2026-11-22 05:30:00 UTC ',
      { backendType: 'client backend', pid: 7 },
    ],
    ['', '', { pid: undefined }],
    ['<%r> (a|b) %u@%d ', '<10.0.0.1(5432)> (a|b) al@shop ', { ...AL, remoteHost: '10.0.0.1' }],
  ])('has the prefix %s', (prefix, written, said) => {
    const [record] = recordsOf('stderr', `${written}LOG:  x\n`, prefix);
    expect(record).toMatchObject({ severity: 'LOG', message: 'x', ...said });
  });

  it('leaves out, for processes that are of no session, what is behind %q, whatever the message has', () => {
    const [own, other] = recordsOf(
      'stderr',
      '2026-11-22 05:33:17.725 UTC [7] LOG:  a@b/c ERROR:  d\n2026-11-22 05:33:17.725 UTC [8] [unknown]@[unknown]/[unknown] LOG:  connection received\n',
      SESSIONS,
    );
    expect(own).toMatchObject({ severity: 'LOG', message: 'a@b/c ERROR:  d', user: undefined });
    expect(other).toMatchObject({ message: 'connection received', user: undefined, datname: undefined });
  });

  it.each([
    ['FEHLER', 'TIPP:  ', 'ANWEISUNG:  ', 'ERROR'],
    ['ATTENTION', 'ASTUCE :  ', 'INSTRUCTION :  ', 'WARNING'],
    ['ОШИБКА', 'ПОДСКАЗКА:  ', 'ОПЕРАТОР:  ', 'ERROR'],
    ['로그', '힌트:  ', '명령 구문:  ', 'LOG'],
    ['致命错误', '提示:  ', '语句:  ', 'FATAL'],
  ])('is understood in other languages: %s', (severity, hint, statement, meaning) => {
    const at = '2026-11-22 05:33:17.725 UTC [7] ';
    const records = recordsOf('stderr', `${at}${severity}:  a\n${at}${hint}b\n${at}${statement}c\n`);
    expect(records).toEqual([expect.objectContaining({ severity: meaning, message: 'a', hint: 'b', statement: 'c' })]);
  });

  it('has text that programs wrote, which has no severity', () => {
    const text =
      'sh: 1: archiver: not found\r\n2026-11-22 05:32:12.524 P00   INFO: pushed\r\n2026-11-22 05:33:17.725 UTC [7] LOG:  x\r\n';
    expect(recordsOf('stderr', text).map(({ severity, message }) => [severity, message])).toEqual([
      [undefined, 'sh: 1: archiver: not found'],
      [undefined, '2026-11-22 05:32:12.524 P00   INFO: pushed'],
      ['LOG', 'x'],
    ]);
  });
});

describe('what is too long or no log', () => {
  it.each(['stderr', 'csvlog', 'jsonlog'] as const)(
    'is skipped and counted in %s, and what follows is read',
    (format) => {
      const parser = createLogParser(format, SESSIONS);
      const long = Buffer.alloc(3_000_000, 'x');
      const garbage = Buffer.from('"broken\n}{\n');
      const records = take(parser, [long, Buffer.from('\n'), garbage, Buffer.from(DEADLOCK[format])]);
      expect(records.at(-1)).toMatchObject(SAID);
      expect(parser.skippedBytes).toBeGreaterThanOrEqual(long.length - 1_048_576);
      expect(parser.heldBytes).toBe(0);
    },
  );

  it.each(['stderr', 'csvlog', 'jsonlog'] as const)('never throws in %s', (format) => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (pieces) => {
        const parser = createLogParser(format, SESSIONS);
        take(parser, pieces);
        expect(parser.heldBytes).toBe(0);
      }),
    );
  });
});

describe('a guess', () => {
  it('tells the format by name and beginning, and the prefix by the first lines', () => {
    expect(guessFormat('postgresql.csv.gz', '')).toBe('csvlog');
    expect(guessFormat('-', DEADLOCK.jsonlog)).toBe('jsonlog');
    expect(guessFormat('-', DEADLOCK.csvlog)).toBe('csvlog');
    expect(guessFormat('postgresql.log', DEADLOCK.stderr)).toBe('stderr');
    expect(guessLogLinePrefix(DEADLOCK.stderr)).toBe(SESSIONS);
    expect(guessLogLinePrefix('nothing\nof it\n')).toBeUndefined();
  });
});
