import { describe, expect, it } from 'vitest';
import type { Collector } from '../../../src/core/collector.ts';
import type { TargetFacts } from '../../../src/core/facts.ts';
import { type Plan, planScrape, samePlan, type Selection } from '../../../src/scrape/plan.ts';
import { collectorOf, idleDerived, idleQuery } from '../support/collectors.ts';
import { factsOf } from '../support/facts.ts';

const everything: Selection = { collect: undefined, exclude: new Set() };
const collectors = [
  collectorOf('a'),
  collectorOf('b', 'version'),
  collectorOf('c', idleDerived),
  collectorOf('d'),
  collectorOf('e', 'rights'),
];

function namesOf(plan: Plan): unknown {
  return {
    queries: plan.queries.map(({ collector }) => collector.name),
    derived: plan.derived.map(({ collector }) => collector.name),
    skipped: plan.skipped.map(({ collector, reason }) => `${collector.name}: ${reason}`),
  };
}

describe('the plan of a scrape', () => {
  it('has queries, what is derived afterwards, and what is skipped with the reason', () => {
    expect(namesOf(planScrape(factsOf({}), collectors, everything))).toEqual({
      queries: ['a', 'd'],
      derived: ['c'],
      skipped: ['b: version', 'e: rights'],
    });
  });

  it('has the step that the collector chose for these facts', () => {
    const choosy: Collector = {
      ...collectorOf('choosy'),
      choose: ({ inRecovery }) => (inRecovery ? 'role' : { ...idleQuery, sql: 'SELECT 2' }),
    };
    expect(planScrape(factsOf({}), [choosy], everything).queries[0]?.step.sql).toBe('SELECT 2');
    expect(planScrape(factsOf({ inRecovery: true }), [choosy], everything).skipped).toEqual([
      { collector: choosy, reason: 'role' },
    ]);
  });

  it.each([
    ['all', { collect: undefined, exclude: [] }, ['a', 'b', 'c', 'd', 'e']],
    ['some', { collect: ['a', 'b'], exclude: [] }, ['a', 'b']],
    ['all but some', { collect: undefined, exclude: ['a', 'b'] }, ['c', 'd', 'e']],
    ['some but one of them', { collect: ['a', 'b'], exclude: ['b'] }, ['a']],
    ['none', { collect: [], exclude: [] }, []],
  ])('concerns %s as the request says', (_what, { collect, exclude }, expected) => {
    const selection = { collect: collect === undefined ? undefined : new Set(collect), exclude: new Set(exclude) };
    const { queries, derived, skipped } = planScrape(factsOf({}), collectors, selection);
    const named = [...queries, ...derived, ...skipped].map(({ collector }) => collector.name);
    expect(named.toSorted()).toEqual(expected);
  });

  it('does not ask a collector that is not wanted what it would do', () => {
    const asked: string[] = [];
    const watched = ['a', 'b'].map((name): Collector => ({
      ...collectorOf(name),
      choose: () => {
        asked.push(name);
        return 'version';
      },
    }));
    planScrape(factsOf({}), watched, { collect: new Set(['b']), exclude: new Set() });
    expect(asked).toEqual(['b']);
  });
});

describe('a plan that was made before', () => {
  const before = factsOf({});

  it.each<Partial<TargetFacts>>([
    { version: 170_003 },
    { inRecovery: true },
    { readsAllStats: false },
    { listsArchiveStatus: false },
    { walSegmentBytes: 1_048_576 },
  ])('does not hold when the facts changed in %o', (change) => {
    expect(samePlan(before, factsOf(change))).toBe(false);
    expect(samePlan(factsOf(change), before)).toBe(false);
  });

  it.each<Partial<TargetFacts>>([
    {},
    { timeline: 2 },
    { systemIdentifier: '1' },
    { startTimeSeconds: 5 },
    { versionText: 'x' },
  ])('holds when they changed in %o, which no collector looks at', (change) => {
    expect(samePlan(before, factsOf(change))).toBe(true);
  });
});
