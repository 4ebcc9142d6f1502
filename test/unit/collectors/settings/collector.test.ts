import { describe, expect, it } from 'vitest';
import { createSettingsCollector } from '../../../../src/collectors/settings/index.ts';
import type { Collector } from '../../../../src/core/collector.ts';
import type { StepSink } from '../../../../src/scrape/sink.ts';
import { factsOf } from '../../support/facts.ts';
import { feed, linesOf } from '../../support/samples.ts';

type Row = readonly [name: string, resetValue: string | null, unit: string | null, type: string];

function scrape(rows: readonly Row[], collector: Collector = createSettingsCollector()): StepSink {
  const step = collector.choose(factsOf({}));
  if (typeof step !== 'object' || step.kind !== 'query') throw new Error('settings are asked for by a query');
  return feed(step.open, ['name', 'reset_val', 'unit', 'vartype'], rows);
}

describe('the settings', () => {
  it('are gauges in base units, whose names end in the unit', () => {
    const rows: readonly Row[] = [
      ['shared_buffers', '16384', '8kB', 'integer'],
      ['deadlock_timeout', '1000', 'ms', 'integer'],
      ['max_connections', '100', null, 'integer'],
      ['seq_page_cost', '1.5', null, 'real'],
      ['fsync', 'on', null, 'bool'],
      ['wal_log_hints', 'off', null, 'bool'],
    ];
    expect(linesOf(scrape(rows))).toEqual([
      'pg_settings_shared_buffers_bytes 134217728',
      'pg_settings_deadlock_timeout_seconds 1',
      'pg_settings_max_connections 100',
      'pg_settings_seq_page_cost 1.5',
      'pg_settings_fsync 1',
      'pg_settings_wal_log_hints 0',
    ]);
  });

  it.each([
    ['-1', 'ms', 'integer', '_seconds -1'],
    ['-1', 'kB', 'integer', '_bytes -1'],
    ['-1', null, 'real', ' -1'],
    ['0', '8kB', 'integer', '_bytes 0'],
  ])('are known when they are %s %s: 0 and -1 are values', (value, unit, type, expected) => {
    expect(linesOf(scrape([['log_x', value, unit, type]]))).toEqual([`pg_settings_log_x${expected}`]);
  });

  it('have names that Prometheus accepts, though extensions put a dot into theirs', () => {
    expect(linesOf(scrape([['pg_stat_statements.Max-x29', '5', null, 'integer']]))).toEqual([
      'pg_settings_pg_stat_statements_max_x29 5',
    ]);
  });

  it('give the first of two that come to one name, and count the other', () => {
    const sink = scrape([
      ['a.b', '1', null, 'integer'],
      ['a_b', '2', null, 'integer'],
    ]);
    expect(linesOf(sink)).toEqual(['pg_settings_a_b 1']);
    expect([...sink.dropped()]).toEqual([['duplicate', 1]]);
  });

  it.each([
    ['a number it cannot read', '1O', null],
    ['an empty value', '', null],
    ['a unit it does not know', '1', 'furlong'],
    ['no finite number', 'Infinity', null],
  ])('are left out and counted with %s', (_what, value, unit) => {
    const sink = scrape([['x', value, unit, 'real']]);
    expect(linesOf(sink)).toEqual([]);
    expect([...sink.dropped()]).toEqual([['not_a_number', 1]]);
  });

  it('are left out and not counted without a value', () => {
    const sink = scrape([['x', null, null, 'integer']]);
    expect(linesOf(sink)).toEqual([]);
    expect(sink.dropped().size).toBe(0);
  });

  it('say in their help which setting they are, and in what unit', () => {
    const families = scrape([
      ['shared_buffers', '1', '8kB', 'integer'],
      ['a.b', '1', null, 'integer'],
    ]).finish();
    expect(families.map(({ family }) => family.help)).toEqual(['Setting shared_buffers, in bytes.', 'Setting a.b.']);
  });

  it('are the same families in every scrape', () => {
    const collector = createSettingsCollector();
    const familyOf = (): unknown => scrape([['fsync', 'on', null, 'bool']], collector).finish()[0]?.family;
    expect(familyOf()).toBe(familyOf());
  });
});
