import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WalguardError } from '../../../src/core/error.ts';
import type { ErrorCode } from '../../../src/core/error-codes.ts';
import { DROP_REASONS, QUERY_FAIL_REASONS, TARGET_FAIL_REASONS } from '../../../src/core/reasons.ts';
import type { Outcome } from '../../../src/scrape/outcome.ts';
import { createStepSink } from '../../../src/scrape/sink.ts';
import { createTally, FACTS_COLLECTOR, type Tally, TALLY_FAMILIES } from '../../../src/scrape/tally.ts';
import { linesOf } from '../support/samples.ts';

function ran(collector: string, changes: Partial<Extract<Outcome, { status: 'ok' }>> = {}): Outcome {
  return { status: 'ok', collector, seconds: 0.25, rows: 3, samples: 6, dropped: new Map(), ...changes };
}

function failed(collector: string, code: ErrorCode): Outcome {
  return { status: 'failed', collector, seconds: 0.5, error: new WalguardError(code, 'x') };
}

function report(tally: Tally, ...outcomes: readonly Outcome[]): ReadonlyMap<string, string> {
  const sink = createStepSink();
  tally.report(outcomes, sink);
  return new Map(
    linesOf(sink).map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
  );
}

function countersOf(samples: ReadonlyMap<string, string>, name: string): readonly string[] {
  return [...samples].flatMap(([series, value]) =>
    series.startsWith(`${name}{`) ? [`${series.slice(name.length)} ${value}`] : [],
  );
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2024-01-01T00:00:00.500Z'), toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the account of a collector', () => {
  it('says what it did when it succeeded', () => {
    const samples = report(createTally(), ran('locks'));
    const labels = '{collector="locks",datname=""}';
    expect(samples.get(`walguard_collector_success${labels}`)).toBe('1');
    expect(samples.get(`walguard_collector_duration_seconds${labels}`)).toBe('0.25');
    expect(samples.get(`walguard_collector_rows${labels}`)).toBe('3');
    expect(samples.get(`walguard_collector_samples${labels}`)).toBe('6');
    expect(samples.get(`walguard_collector_last_success_timestamp_seconds${labels}`)).toBe('1704067200.5');
  });

  it('says no rows and no samples when it failed, and when it last succeeded', () => {
    const tally = createTally();
    const labels = '{collector="locks",datname=""}';
    expect(
      report(tally, failed('locks', 'QUERY_TIMEOUT')).has(`walguard_collector_last_success_timestamp_seconds${labels}`),
    ).toBe(false);
    report(tally, ran('locks'));
    vi.setSystemTime(new Date('2024-01-01T00:01:00Z'));
    const samples = report(tally, failed('locks', 'QUERY_TIMEOUT'));
    expect(samples.get(`walguard_collector_success${labels}`)).toBe('0');
    expect(samples.get(`walguard_collector_duration_seconds${labels}`)).toBe('0.5');
    expect(samples.has(`walguard_collector_rows${labels}`)).toBe(false);
    expect(samples.has(`walguard_collector_samples${labels}`)).toBe(false);
    expect(samples.get(`walguard_collector_last_success_timestamp_seconds${labels}`)).toBe('1704067200.5');
  });

  it('says only the reason when it was skipped', () => {
    const samples = report(createTally(), { status: 'skipped', collector: 'wal_generated', reason: 'role' });
    expect([...samples]).toEqual([['walguard_collector_skipped{collector="wal_generated",reason="role"}', '1']]);
  });

  it('has only families that are declared', () => {
    const tally = createTally();
    const samples = report(tally, ran('a'), failed('b', 'BUG'), {
      status: 'skipped',
      collector: 'c',
      reason: 'version',
    });
    const given = new Set([...samples.keys()].map((series) => series.slice(0, series.indexOf('{'))));
    expect(given).toEqual(new Set(TALLY_FAMILIES.map(({ name }) => name)));
  });
});

describe('the counters of a collector', () => {
  it('start at 0 for every reason of a query and of a lost sample', () => {
    const samples = report(createTally(), ran('locks'));
    expect(countersOf(samples, 'walguard_collector_failures_total')).toEqual(
      QUERY_FAIL_REASONS.map((reason) => `{collector="locks",reason="${reason}"} 0`),
    );
    expect(countersOf(samples, 'walguard_samples_dropped_total')).toEqual(
      DROP_REASONS.map((reason) => `{collector="locks",reason="${reason}"} 0`),
    );
  });

  it('start at 0 for every reason a server does not answer, for the facts', () => {
    const samples = report(createTally(), ran(FACTS_COLLECTOR));
    expect(countersOf(samples, 'walguard_collector_failures_total')).toEqual(
      [...TARGET_FAIL_REASONS, ...QUERY_FAIL_REASONS].map((reason) => `{collector="facts",reason="${reason}"} 0`),
    );
  });

  it('count each failure under its reason, over all scrapes', () => {
    const tally = createTally();
    report(tally, failed('locks', 'QUERY_TIMEOUT'));
    report(tally, failed('locks', 'QUERY_OBJECT_MISSING'));
    report(tally, ran('locks'));
    const samples = report(tally, failed('locks', 'QUERY_TIMEOUT'));
    const counted = countersOf(samples, 'walguard_collector_failures_total').filter((line) => !line.endsWith(' 0'));
    expect(counted).toEqual(['{collector="locks",reason="timeout"} 2', '{collector="locks",reason="query_failed"} 1']);
  });

  it('count lost samples under their reason, over all scrapes', () => {
    const tally = createTally();
    report(tally, ran('locks', { dropped: new Map([['duplicate', 2]]) }));
    const samples = report(
      tally,
      ran('locks', {
        dropped: new Map([
          ['duplicate', 1],
          ['not_a_number', 4],
        ]),
      }),
    );
    expect(countersOf(samples, 'walguard_samples_dropped_total')).toEqual([
      '{collector="locks",reason="duplicate"} 3',
      '{collector="locks",reason="not_a_number"} 4',
      '{collector="locks",reason="series_limit"} 0',
    ]);
  });

  it('count a result that is served again once only, and its success stays as old as it is', () => {
    const tally = createTally();
    const first = report(tally, ran('locks', { dropped: new Map([['duplicate', 2]]) }));
    const again = report(tally, ran('locks', { dropped: new Map([['duplicate', 2]]), cached: true }));
    const name = 'walguard_collector_last_success_timestamp_seconds{collector="locks",datname=""}';
    expect(countersOf(again, 'walguard_samples_dropped_total')[0]).toBe('{collector="locks",reason="duplicate"} 2');
    expect(again.get(name)).toBe(first.get(name));
  });

  it('do not go when a request leaves the collector out', () => {
    const tally = createTally();
    report(tally, failed('locks', 'QUERY_TIMEOUT'), ran('wal'));
    const samples = report(tally, ran('wal'));
    expect(samples.get('walguard_collector_failures_total{collector="locks",reason="timeout"}')).toBe('1');
    expect(samples.has('walguard_collector_success{collector="locks",datname=""}')).toBe(false);
  });

  it('are apart for each collector', () => {
    const samples = report(createTally(), failed('a', 'QUERY_TIMEOUT'), failed('b', 'QUERY_PERMISSION'));
    expect(samples.get('walguard_collector_failures_total{collector="a",reason="timeout"}')).toBe('1');
    expect(samples.get('walguard_collector_failures_total{collector="b",reason="timeout"}')).toBe('0');
    expect(samples.get('walguard_collector_failures_total{collector="b",reason="permission"}')).toBe('1');
  });
});

describe('the account of a collector that runs in several databases', () => {
  it('has each of them, and failures together', () => {
    const tally = createTally();
    const inShop = { ...failed('a', 'QUERY_TIMEOUT'), database: 'shop' };
    const samples = report(tally, ran('a', { database: 'postgres', rows: 7 }), inShop);
    expect(samples.get('walguard_collector_success{collector="a",datname="postgres"}')).toBe('1');
    expect(samples.get('walguard_collector_rows{collector="a",datname="postgres"}')).toBe('7');
    expect(samples.get('walguard_collector_success{collector="a",datname="shop"}')).toBe('0');
    expect(samples.get('walguard_collector_failures_total{collector="a",reason="timeout"}')).toBe('1');
  });

  it('forgets the last success in one that is gone, not of a collector that did not run', () => {
    const tally = createTally();
    const last = (samples: ReadonlyMap<string, string>): readonly string[] =>
      countersOf(samples, 'walguard_collector_last_success_timestamp_seconds').map((line) => line.split(' ')[0] ?? '');
    report(tally, ran('a', { database: 'gone' }), ran('a', { database: 'shop' }), ran('b'));
    expect(last(report(tally, ran('a', { database: 'shop' })))).toEqual(['{collector="a",datname="shop"}']);
    const gone = { ...failed('a', 'QUERY_TIMEOUT'), database: 'gone' };
    expect(last(report(tally, gone, failed('b', 'QUERY_TIMEOUT')))).toEqual(['{collector="b",datname=""}']);
  });
});
