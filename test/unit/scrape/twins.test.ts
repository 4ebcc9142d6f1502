import { describe, expect, it } from 'vitest';
import { declareFamily, type Family } from '../../../src/core/family.ts';
import { withoutClashes } from '../../../src/scrape/clashes.ts';
import type { StepResult } from '../../../src/scrape/run-lane.ts';
import { withoutSeriesOf } from '../../../src/scrape/twins.ts';

const gauge = declareFamily('x', 'gauge', 'X.', ['a', 'b']);
const histogram = declareFamily('h', 'histogram', 'H.', ['a']);

/** The lines that are left of the later part, and how many are not. */
function merge(family: Family, earlier: readonly string[], later: readonly string[]) {
  const part = (lines: readonly string[]) => ({ family, chunks: lines.map((line) => Buffer.from(`${line}\n`)) });
  const { fresh, repeated } = withoutSeriesOf(part(later), [part([]), part(earlier)]);
  return { repeated, lines: Buffer.concat(fresh.chunks).toString('utf8').split('\n').slice(0, -1) };
}

describe('one family of two collectors', () => {
  it('has the series of both, each once', () => {
    const first = ['x{a="1",b="2"} 1', 'x{a="1",b=" } 2\\"\\\\"} 1'];
    expect(merge(gauge, first, ['x{a="1",b="2"} 7', 'x{a="2",b="2"} 7', first[1] ?? ''])).toEqual({
      repeated: 2,
      lines: ['x{a="2",b="2"} 7'],
    });
    expect(merge(gauge, ['x 1'], ['x 2'])).toEqual({ repeated: 1, lines: [] });
    expect(merge(gauge, ['x 1'], [])).toEqual({ repeated: 0, lines: [] });
  });

  it('knows a series whose labels come in another order, or are empty', () => {
    expect(merge(gauge, ['x{a="1",b="2"} 1'], ['x{b="2",a="1"} 2']).repeated).toBe(1);
    expect(merge(gauge, ['x{a="1"} 1'], ['x{a="1",b=""} 2']).repeated).toBe(1);
    expect(merge(gauge, ['x{a="1,b=2"} 1'], ['x{a="1",b="2"} 2']).repeated).toBe(0);
  });

  it('takes a histogram whole or not at all', () => {
    const lines = (label: string, bounds: readonly string[]): readonly string[] => [
      ...bounds.map((bound) => `h_bucket{a="${label}",le="${bound}"} 1`),
      `h_sum{a="${label}"} 1`,
      `h_count{a="${label}"} 1`,
    ];
    const first = lines('1', ['1.0', '+Inf']);
    const other = lines('2', ['2.0', '+Inf']);
    expect(merge(histogram, first, [...lines('1', ['2.0', '+Inf']), ...other])).toEqual({
      repeated: 4,
      lines: [...other],
    });
  });

  it('costs the later collector what it repeats, and nothing else', () => {
    const resultOf = (collector: string, lines: string): StepResult => ({
      outcome: { status: 'ok', collector, seconds: 0, rows: 1, samples: 2, dropped: new Map() },
      families: [{ family: gauge, chunks: [Buffer.from(lines)] }],
    });
    const results = [resultOf('b', 'x{a="1"} 2\nx{a="3"} 2\n'), resultOf('a', 'x{a="1"} 1\nx{a="2"} 1\n')];
    const { families, outcomes } = withoutClashes(results, []);
    expect(families.map(({ chunks }) => Buffer.concat(chunks).toString())).toEqual([
      'x{a="1"} 1\nx{a="2"} 1\n',
      'x{a="3"} 2\n',
    ]);
    expect(outcomes).toMatchObject([
      { samples: 1, dropped: new Map([['duplicate', 1]]), remarks: [{ kind: 'series_taken', column: 'x' }] },
      { samples: 2, dropped: new Map() },
    ]);
  });
});
