import { describe, expect, it } from 'vitest';
import type { Family } from '../../../src/core/family.ts';
import { createSeriesLimit } from '../../../src/scrape/series-limit.ts';
import { createStepSink } from '../../../src/scrape/sink.ts';
import { errorsOf } from '../support/problems.ts';
import { linesOf } from '../support/samples.ts';

const one: Family = { name: 'pg_one', type: 'gauge', help: 'One.', labelNames: ['a'] };
const two: Family = { name: 'pg_two_total', type: 'counter', help: 'Two.', labelNames: ['a'] };

describe('the sink of a step', () => {
  it('gathers the samples of each family, whatever order they come in', () => {
    const sink = createStepSink();
    for (const value of ['x', 'y']) {
      const labels = sink.labels(['a'], [value]);
      sink.add(one, labels, 1.5);
      sink.add(two, labels, 2n ** 60n);
    }
    sink.add(one, sink.labels(['a'], ['z']), '3.0');
    const families = sink.finish().map(({ family, chunks }) => [family, Buffer.concat([...chunks]).toString()]);
    expect(families).toEqual([
      [one, 'pg_one{a="x"} 1.5\npg_one{a="y"} 1.5\npg_one{a="z"} 3.0\n'],
      [two, 'pg_two_total{a="x"} 1152921504606846976\npg_two_total{a="y"} 1152921504606846976\n'],
    ]);
  });

  it('counts the samples', () => {
    const sink = createStepSink();
    expect(sink.samples()).toBe(0);
    sink.add(one, sink.labels([], []), 1);
    sink.add(two, sink.labels([], []), 2);
    expect(sink.samples()).toBe(2);
  });

  it('counts what was left out, by reason', () => {
    const sink = createStepSink();
    sink.drop('duplicate', 2);
    sink.drop('not_a_number', 1);
    sink.drop('duplicate', 3);
    expect(Object.fromEntries(sink.dropped())).toEqual({ duplicate: 5, not_a_number: 1 });
    expect(sink.samples()).toBe(0);
  });

  it('has no family that got no sample', () => {
    expect(createStepSink().finish()).toEqual([]);
  });

  it('keeps a family of megabytes in chunks', () => {
    const sink = createStepSink();
    for (let index = 0; index < 20_000; index++)
      sink.add(one, sink.labels(['a'], [`漢${'x'.repeat(50)}${index}`]), index);
    const [{ chunks } = { chunks: [] }] = sink.finish();
    expect(chunks.length).toBeGreaterThan(10);
    expect(
      Buffer.concat([...chunks])
        .toString('utf8')
        .split('\n'),
    ).toHaveLength(20_001);
  });

  it('refuses two families of one name, for they could not stand on one page', () => {
    const sink = createStepSink();
    sink.add(one, sink.labels([], []), 1);
    expect(errorsOf(() => sink.add({ ...one }, sink.labels([], []), 2)).map(({ code }) => code)).toEqual(['BUG']);
    expect(linesOf(sink)).toEqual(['pg_one 1']);
  });

  it('takes a histogram whole, or not at all where the limit is reached', () => {
    const histogram: Family = { name: 'pg_h', type: 'histogram', help: 'H.', labelNames: ['a'] };
    const sink = createStepSink(createSeriesLimit({ perCollector: 8, perPage: 100 }));
    const buckets = [
      [0.5, '1'],
      [10, '3'],
    ] as const;
    for (const value of ['x', 'y'])
      sink.histogram(histogram, sink.labels(['a'], [value]), { buckets, sum: '9', count: '4' });
    sink.histogram(histogram, sink.labels([], []), { buckets: [], sum: '0', count: '0' });
    expect([sink.samples(), sink.dropped().get('series_limit'), sink.isFull()]).toEqual([8, 5, true]);
    expect(linesOf(sink)).toEqual([
      'pg_h_bucket{a="x",le="0.5"} 1',
      'pg_h_bucket{a="x",le="10.0"} 3',
      'pg_h_bucket{a="x",le="+Inf"} 4',
      'pg_h_sum{a="x"} 9',
      'pg_h_count{a="x"} 4',
      'pg_h_bucket{le="+Inf"} 0',
      'pg_h_sum 0',
      'pg_h_count 0',
    ]);
  });

  it('shares the room of a page, and gives back what it took when its step has failed', () => {
    const limit = createSeriesLimit({ perCollector: 100, perPage: 3 });
    const failing = createStepSink(limit);
    const other = createStepSink(limit);
    for (const value of ['x', 'y']) failing.add(one, failing.labels(['a'], [value]), 1);
    for (const value of ['x', 'y']) other.add(one, other.labels(['a'], [value]), 1);
    expect([other.samples(), other.isFull(), other.dropped().get('series_limit')]).toEqual([1, true, 1]);
    failing.discard();
    failing.discard();
    for (const value of ['v', 'w', 'z']) other.add(one, other.labels(['a'], [value]), 1);
    expect([other.samples(), other.isFull()]).toEqual([3, true]);
  });

  it('has each remark once', () => {
    const sink = createStepSink();
    for (const column of ['a', 'a', 'b']) sink.remark('not_a_number', column);
    expect(sink.remarks().map(({ column }) => column)).toEqual(['a', 'b']);
  });
});
