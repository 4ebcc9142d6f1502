import { describe, expect, it } from 'vitest';
import { WalguardError } from '../../../src/core/error.ts';
import type { ErrorCode } from '../../../src/core/error-codes.ts';
import type { LogFields, Logger } from '../../../src/core/logger.ts';
import type { Outcome } from '../../../src/scrape/outcome.ts';
import { createOutcomeLog } from '../../../src/scrape/outcome-log.ts';

function failed(collector: string, code: ErrorCode, message = 'x'): Outcome {
  return {
    status: 'failed',
    collector,
    seconds: 0.5,
    error: new WalguardError(code, message, { hint: 'Do something.' }),
  };
}

function ran(collector: string): Outcome {
  return { status: 'ok', collector, seconds: 0.1, rows: 1, samples: 1, dropped: new Map() };
}

/** Logs scrape after scrape; gives the lines of each scrape. */
function logScrapes(...scrapes: readonly (readonly Outcome[])[]): readonly (readonly string[])[] {
  let lines: string[] = [];
  const write = (level: string) => (fields: LogFields, message: string) => {
    const names = fields['collector'] ?? fields['collectors'];
    lines.push(`${level}: ${message}: ${String(names)} ${String(fields['code'])}`);
  };
  const log: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const logOutcomes = createOutcomeLog(log, 'db:5432');
  return scrapes.map((outcomes) => {
    lines = [];
    logOutcomes(outcomes);
    return lines;
  });
}

describe('the log of the outcomes', () => {
  it('says nothing of a collector that works', () => {
    expect(logScrapes([ran('a'), ran('b')], [ran('a'), ran('b')])).toEqual([[], []]);
  });

  it('says once that a collector fails, and once that it works again', () => {
    const failing = [failed('a', 'QUERY_TIMEOUT'), ran('b')];
    expect(
      logScrapes([ran('a'), ran('b')], failing, failing, failing, [ran('a'), ran('b')], [ran('a'), ran('b')]),
    ).toEqual([
      [],
      ['warn: collector failed: a QUERY_TIMEOUT'],
      ['debug: collector still fails: a QUERY_TIMEOUT'],
      ['debug: collector still fails: a QUERY_TIMEOUT'],
      ['info: collector works again: a QUERY_TIMEOUT'],
      [],
    ]);
  });

  it('says it again when it fails for another reason', () => {
    expect(
      logScrapes([failed('a', 'QUERY_TIMEOUT')], [failed('a', 'QUERY_PERMISSION')], [failed('a', 'QUERY_TIMEOUT')]),
    ).toEqual([
      ['warn: collector failed: a QUERY_TIMEOUT'],
      ['warn: collector failed: a QUERY_PERMISSION'],
      ['warn: collector failed: a QUERY_TIMEOUT'],
    ]);
  });

  it('does not say it again when only the words differ', () => {
    expect(logScrapes([failed('a', 'QUERY_FAILED', 'row 1')], [failed('a', 'QUERY_FAILED', 'row 2')])[1]).toEqual([
      'debug: collector still fails: a QUERY_FAILED',
    ]);
  });

  it('takes a collector that does not apply any more for one that does not fail', () => {
    const skipped: Outcome = { status: 'skipped', collector: 'a', reason: 'role' };
    expect(logScrapes([failed('a', 'QUERY_FAILED')], [skipped], [skipped])).toEqual([
      ['warn: collector failed: a QUERY_FAILED'],
      ['info: collector works again: a QUERY_FAILED'],
      [],
    ]);
  });

  it('keeps on knowing of a collector that a request left out', () => {
    const failing = [failed('a', 'QUERY_FAILED')];
    expect(logScrapes(failing, [ran('b')], failing)).toEqual([
      ['warn: collector failed: a QUERY_FAILED'],
      [],
      ['debug: collector still fails: a QUERY_FAILED'],
    ]);
  });

  it('forgets a database that is gone, and not one that a request left out', () => {
    const inGone = [{ ...failed('a', 'QUERY_FAILED'), database: 'gone' }];
    const inOther = [{ ...ran('a'), database: 'other' }];
    expect(logScrapes(inGone, [ran('b')], inGone, inOther, inGone)).toEqual([
      ['warn: collector failed: a QUERY_FAILED'],
      [],
      ['debug: collector still fails: a QUERY_FAILED'],
      [],
      ['warn: collector failed: a QUERY_FAILED'],
    ]);
  });

  it('says in one line what a lost connection or the end of the time has cost, and each query that fails by itself', () => {
    const lost = ['a', 'b', 'c'].map((name) => failed(name, 'TARGET_CONNECTION_LOST'));
    const slow = ['d', 'e'].map((name) => failed(name, 'QUERY_TIMEOUT'));
    expect(logScrapes([...lost, ...slow], [ran('a'), ran('b'), ran('c'), ...slow])).toEqual([
      [
        'warn: collector failed: a,b,c TARGET_CONNECTION_LOST',
        'warn: collector failed: d QUERY_TIMEOUT',
        'warn: collector failed: e QUERY_TIMEOUT',
      ],
      [
        'debug: collector still fails: d QUERY_TIMEOUT',
        'debug: collector still fails: e QUERY_TIMEOUT',
        'info: collector works again: a,b,c TARGET_CONNECTION_LOST',
      ],
    ]);
  });

  it('has what happened and the cure in fields, and a constant message', () => {
    const fields: LogFields[] = [];
    const note = (given: LogFields): void => void fields.push(given);
    createOutcomeLog(
      { debug: note, info: note, warn: note, error: note },
      'db:5432',
    )([failed('a', 'QUERY_FAILED', 'it broke')]);
    expect(fields).toEqual([
      { target: 'db:5432', collector: 'a', code: 'QUERY_FAILED', reason: 'it broke', hint: 'Do something.' },
    ]);
  });

  it('says once what is odd of a column, and that series were cut', () => {
    const odd: Outcome = {
      ...(ran('a') as Extract<Outcome, { status: 'ok' }>),
      dropped: new Map([['series_limit', 5]]),
      remarks: [
        { kind: 'not_a_number', column: 'n' },
        { kind: 'not_declared', column: 'n' },
        { kind: 'not_declared', column: 'm' },
      ],
    };
    expect(logScrapes([odd], [odd])).toEqual([
      [
        'warn: values that are no numbers are left out: a undefined',
        'info: a column of the result is not declared: a undefined',
        'info: a column of the result is not declared: a undefined',
        'warn: series over the limit are left out: a undefined',
      ],
      [],
    ]);
  });
});
