import { describe, expect, it } from 'vitest';
import { encodeFamily, type Sample } from '../../../src/exposition/samples.ts';

const histogram = { name: 'walguard_t_seconds', type: 'histogram', help: 'T.', labelNames: [] } as const;

function linesOf(samples: readonly Sample[]): string {
  return Buffer.concat([...encodeFamily(histogram, samples).chunks]).toString('utf8');
}

describe('encoding samples that are kept as values', () => {
  it('writes the buckets, the sum and the count under their own names, numeric bounds in canonical form', () => {
    const samples = [
      { name: 'walguard_t_seconds_bucket', labels: { le: 0.5 }, value: 1 },
      { name: 'walguard_t_seconds_bucket', labels: { le: 1 }, value: 2 },
      { name: 'walguard_t_seconds_bucket', labels: { le: '+Inf' }, value: 3 },
      { name: 'walguard_t_seconds_sum', labels: {}, value: 4.25 },
      { name: 'walguard_t_seconds_count', labels: {}, value: 3 },
    ];
    expect(linesOf(samples)).toMatchInlineSnapshot(`
      "walguard_t_seconds_bucket{le="0.5"} 1
      walguard_t_seconds_bucket{le="1.0"} 2
      walguard_t_seconds_bucket{le="+Inf"} 3
      walguard_t_seconds_sum 4.25
      walguard_t_seconds_count 3
      "
    `);
  });

  it('escapes label values', () => {
    expect(linesOf([{ name: 'x', labels: { version: 'a"b' }, value: Number.NaN }])).toBe('x{version="a\\"b"} NaN\n');
  });

  it('keeps the family it was given', () => {
    expect(encodeFamily(histogram, []).family).toBe(histogram);
  });
});
