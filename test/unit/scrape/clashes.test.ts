import { describe, expect, it } from 'vitest';
import { declareFamily, type FamilyType } from '../../../src/core/family.ts';
import { withoutClashes } from '../../../src/scrape/clashes.ts';
import type { StepResult } from '../../../src/scrape/run-lane.ts';

function resultOf(collector: string, families: Readonly<Record<string, FamilyType>>, lines = 2): StepResult {
  return {
    outcome: { status: 'ok', collector, seconds: 0, rows: 1, samples: lines, dropped: new Map([['duplicate', 1]]) },
    families: Object.entries(families).map(([name, type]) => ({
      family: declareFamily(name, type, 'Help.'),
      chunks: [Buffer.from(`${name} 1\n`.repeat(lines))],
    })),
  };
}

function namesOf(results: readonly StepResult[], own: readonly string[] = []): readonly string[] {
  return withoutClashes(results, own).families.map(({ family }) => `${family.name} ${family.type}`);
}

describe('families of one name on a page', () => {
  it('are left alone when there are none', () => {
    const results = [resultOf('a', { x: 'gauge' }), resultOf('b', { y: 'gauge' })];
    const { families, outcomes } = withoutClashes(results, []);
    expect(families).toHaveLength(2);
    expect(outcomes).toEqual(results.map(({ outcome }) => outcome));
  });

  it('are one: the declared one, else that of the first collector by name', () => {
    expect(namesOf([resultOf('a', { x: 'unknown' }), resultOf('b', { x: 'gauge' })])).toEqual(['x gauge']);
    expect(namesOf([resultOf('b', { x: 'counter' }), resultOf('a', { x: 'gauge' })])).toEqual(['x gauge']);
  });

  it('are those of a histogram too, and those of walguard itself', () => {
    expect(namesOf([resultOf('a', { x: 'histogram' }), resultOf('b', { x_count: 'unknown' })])).toEqual([
      'x histogram',
    ]);
    expect(namesOf([resultOf('a', { pg_up: 'unknown' })], ['pg_up'])).toEqual([]);
  });

  it('may come from one collector several times, from each database in which it ran', () => {
    const twice = [resultOf('a', { x: 'gauge' }), resultOf('a', { x: 'gauge' }), resultOf('b', { x: 'unknown' })];
    expect(namesOf(twice)).toEqual(['x gauge', 'x gauge']);
    expect(namesOf([resultOf('a', { x: 'histogram', x_sum: 'unknown' })])).toEqual(['x histogram']);
  });

  it('cost the one that is left out its samples, which are counted and told', () => {
    const { outcomes } = withoutClashes(
      [resultOf('a', { x: 'unknown', z: 'gauge' }, 3), resultOf('b', { x: 'gauge' })],
      [],
    );
    expect(outcomes[0]).toMatchObject({
      samples: 0,
      dropped: new Map([['duplicate', 4]]),
      remarks: [{ kind: 'family_taken', column: 'x' }],
    });
  });
});
