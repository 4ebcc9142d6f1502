import { describe, expect, it } from 'vitest';
import { yieldFamilies } from '../../../src/app/override.ts';
import type { Collector, SampleSink, Step } from '../../../src/core/collector.ts';
import { declareFamily } from '../../../src/core/family.ts';
import type { LogFields } from '../../../src/core/logger.ts';
import { createStepSink } from '../../../src/scrape/sink.ts';
import { factsOf } from '../support/facts.ts';
import { collectorOf, idleQuery } from '../support/collectors.ts';
import { feed, linesOf } from '../support/samples.ts';

const one = declareFamily('pg_one', 'gauge', 'One.');
const two = declareFamily('pg_two', 'histogram', 'Two.');
const three = declareFamily('pg_three', 'gauge', 'Three.');

function addAll(sink: SampleSink): void {
  const none = sink.labels([], []);
  sink.add(one, none, 1);
  sink.histogram(two, none, { buckets: [], sum: '1', count: '1' });
  sink.add(three, none, 3);
  sink.drop('duplicate', 2);
  sink.remark('not_declared', 'x');
}

const query: Step = {
  ...idleQuery,
  open: (sink) => ({ columns: () => undefined, row: () => addAll(sink), end: () => undefined }),
};
const derived: Step = { kind: 'derived', emit: addAll };

function owning(name: string, families: Collector['families'], step: Step): Collector {
  return { ...collectorOf(name, step), families };
}

function yielding(own: Collector, taken: Collector['families']) {
  const lines: LogFields[] = [];
  const write = (fields: LogFields): void => void lines.push(fields);
  const log = { debug: write, info: write, warn: write, error: write };
  return { collectors: yieldFamilies([own], [owning('mine', taken, query)], log), lines };
}

describe('a collector of walguard whose family a pack declares too', () => {
  it.each([query, derived])('gives its others only: $kind', (step) => {
    const { collectors, lines } = yielding(owning('own', [one, two, three], step), [one, two]);
    const chosen = collectors[0]?.choose(factsOf({}));
    if (typeof chosen !== 'object') throw new Error('there is no step');
    const sink = createStepSink();
    const filled = chosen.kind === 'query' ? feed(chosen.open, [], [[]]) : (void chosen.emit(sink), sink);

    expect(collectors[0]?.families).toEqual([three]);
    expect([filled.dropped().get('duplicate'), filled.remarks().length, filled.isFull()]).toEqual([2, 1, false]);
    expect(linesOf(filled)).toEqual(['pg_three 3']);
    expect(lines).toEqual([{ collector: 'own', families: ['pg_one', 'pg_two'], by: ['mine'] }]);
  });

  it('gives its others only on the console of PgBouncer too', () => {
    const own = { ...owning('own', [one, two, three], query), chooseOnConsole: () => query };
    const chosen = yielding(own, [one, two]).collectors[0]?.chooseOnConsole?.({ version: 11_800, user: 'stats' });
    if (typeof chosen !== 'object') throw new Error('there is no step');

    expect(linesOf(feed(chosen.open, [], [[]]))).toEqual(['pg_three 3']);
  });

  it('is left out if it has no other', () => {
    expect(yielding(owning('own', [one], query), [one]).collectors).toEqual([]);
  });

  it('is left alone if it has none of the same name', () => {
    const own = owning('own', [one], query);
    expect(yielding(own, [three])).toEqual({ collectors: [own], lines: [] });
    expect(yielding(collectorOf('skipped', 'version'), [one]).collectors).toHaveLength(1);
  });
});
