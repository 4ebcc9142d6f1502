import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCosts, splitIntoLanes } from '../../../src/scrape/lanes.ts';
import type { PlannedQuery } from '../../../src/scrape/plan.ts';
import { collectorOf, idleQuery } from '../support/collectors.ts';

function queriesOf(names: readonly string[]): readonly PlannedQuery[] {
  return names.map((name) => ({ collector: collectorOf(name), step: idleQuery }));
}

function namesOf(lanes: readonly (readonly PlannedQuery[])[]): readonly (readonly string[])[] {
  return lanes.map((lane) => lane.map(({ collector }) => collector.name));
}

describe('what a query costs', () => {
  it('is taken for little before it ran', () => {
    expect(createCosts().of('a')).toBe(1);
  });

  it('is what it took the first time', () => {
    const costs = createCosts();
    costs.learn('a', 50);
    expect(costs.of('a')).toBe(50);
    expect(costs.of('b')).toBe(1);
  });

  it('follows what it takes of late, and one slow run does not turn it over', () => {
    const costs = createCosts();
    costs.learn('a', 10);
    costs.learn('a', 1_000);
    expect(costs.of('a')).toBeGreaterThan(10);
    expect(costs.of('a')).toBeLessThan(500);
    for (let run = 0; run < 30; run++) costs.learn('a', 2_000);
    expect(costs.of('a')).toBeCloseTo(2_000, 0);
  });
});

describe('splitting queries over connections', () => {
  it('gives the longest first, each to the least laden, which asks the shortest first and the unknown last', () => {
    const costs = createCosts();
    for (const [name, cost] of Object.entries({ a: 1, b: 8, c: 3, d: 5, e: 2 })) costs.learn(name, cost);
    const lanes = splitIntoLanes(queriesOf(['a', 'new', 'b', 'c', 'd', 'e']), 2, costs);
    expect(namesOf(lanes)).toEqual([
      ['e', 'b'],
      ['a', 'c', 'd', 'new'],
    ]);
  });

  it('gives everything to the only connection', () => {
    expect(namesOf(splitIntoLanes(queriesOf(['a', 'b']), 1, createCosts()))).toEqual([['a', 'b']]);
  });

  it('leaves connections without a query where there are too few', () => {
    expect(namesOf(splitIntoLanes(queriesOf(['a']), 3, createCosts()))).toEqual([['a'], [], []]);
  });

  it('gives every query to exactly one connection, and none much more work than another', () => {
    const anyCosts = fc.array(fc.integer({ min: 1, max: 10_000 }), { maxLength: 40 });
    fc.assert(
      fc.property(anyCosts, fc.integer({ min: 1, max: 4 }), (milliseconds, count) => {
        const costs = createCosts();
        const names = milliseconds.map((_, index) => `q${index}`);
        milliseconds.forEach((cost, index) => costs.learn(`q${index}`, cost));
        const lanes = namesOf(splitIntoLanes(queriesOf(names), count, costs));
        expect(lanes).toHaveLength(count);
        expect(lanes.flat().toSorted()).toEqual(names.toSorted());
        const loads = lanes.map((lane) => lane.reduce((sum, name) => sum + costs.of(name), 0));
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(Math.max(0, ...milliseconds));
      }),
    );
  });

  it('sends what has a priority before what is less urgent, over every connection', () => {
    const costs = createCosts();
    for (const [name, cost] of [
      ['late', 1],
      ['usual', 5],
      ['soon', 50],
      ['sooner', 90],
    ] as const)
      costs.learn(name, cost);
    const priorities: Readonly<Record<string, number>> = { late: 900, soon: 2, sooner: 1 };
    const queries = queriesOf(['late', 'usual', 'soon', 'sooner']).map((query) => {
      const priority = priorities[query.collector.name];
      return priority === undefined ? query : { ...query, step: { ...query.step, priority } };
    });
    expect(namesOf(splitIntoLanes(queries, 1, costs))).toEqual([['sooner', 'soon', 'usual', 'late']]);
    expect(namesOf(splitIntoLanes(queries, 2, costs))).toEqual([['sooner'], ['soon', 'usual', 'late']]);
  });
});
