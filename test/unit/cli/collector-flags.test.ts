import { describe, expect, it } from 'vitest';
import { takeCollectorFlags } from '../../../src/cli/collector-flags.ts';

describe('the switches of the collectors on the command line', () => {
  it('are taken out of it, and the rest keeps its order', () => {
    const argv = [
      'serve',
      '--collector.locks',
      '--log.level',
      'warn',
      '--no-collector.stat_io',
      '--web.telemetry-path=/m',
    ];
    const { switches, rest } = takeCollectorFlags(argv);
    expect([...switches]).toEqual([
      ['locks', true],
      ['stat_io', false],
    ]);
    expect(rest).toEqual(['serve', '--log.level', 'warn', '--web.telemetry-path=/m']);
  });

  it('count as the last one says', () => {
    expect([...takeCollectorFlags(['--collector.a', '--no-collector.a']).switches]).toEqual([['a', false]]);
    expect([...takeCollectorFlags(['--no-collector.a', '--collector.a']).switches]).toEqual([['a', true]]);
  });

  it.each([
    ['--collector.a=true', true],
    ['--collector.a=false', false],
    ['--no-collector.a=true', false],
    ['--no-collector.a=false', true],
  ])('may be given a value: %s', (argument, on) => {
    expect([...takeCollectorFlags([argument]).switches]).toEqual([['a', on]]);
  });

  it('do not depend on the case of the name', () => {
    expect([...takeCollectorFlags(['--collector.Stat_IO']).switches]).toEqual([['stat_io', true]]);
  });

  it.each([
    '--collector',
    '--collector.',
    '--collector.a=maybe',
    '--collector.a-b',
    '-collector.a',
    '--nocollector.a',
    'collector.a',
  ])('are not %s, which is left for the rest to refuse', (argument) => {
    expect(takeCollectorFlags([argument])).toEqual({ switches: new Map(), rest: [argument], others: [] });
  });

  it('of another exporter are left alone', () => {
    const argv = ['migrate', '--from=postgres_exporter', '--', '--collector.a', '--', '-x'];
    expect(takeCollectorFlags(argv)).toEqual({
      switches: new Map(),
      rest: ['migrate', '--from=postgres_exporter'],
      others: ['--collector.a', '--', '-x'],
    });
  });
});
