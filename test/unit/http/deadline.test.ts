import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrapeBudget } from '../../../src/http/deadline.ts';

describe('the time a scrape has', () => {
  it.each([
    ['is the configured one without a header', 10_000, undefined, 10_000],
    ['is what Prometheus allows, less half a second', 30_000, '10', 9_500],
    ['is what Prometheus allows, less a fifth where that is less', 30_000, '1', 800],
    ['takes fractions of a second', 30_000, '2.5', 2_000],
    ['takes what Prometheus writes for 10 s', 30_000, '10.000000', 9_500],
    ['is the configured one where Prometheus allows more', 10_000, '60', 10_000],
    ['is the configured one where Prometheus allows just that and the margin', 9_500, '10', 9_500],
  ] as const)('%s', (_what, configured, header, expected) => {
    expect(scrapeBudget(configured, header)).toBe(expected);
  });

  it.each(['', '0', '-5', 'ten', 'NaN', '10s', 'Infinity', '1e999'])('does not regard %j', (header) => {
    expect(scrapeBudget(10_000, header)).toBe(10_000);
  });

  it('is above nothing, below what Prometheus allows and not above what is configured', () => {
    const anyHeader = fc.double({ min: 0.001, max: 3_600, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_600_000 }), anyHeader, (configured, seconds) => {
        const budget = scrapeBudget(configured, String(seconds));
        expect(budget).toBeGreaterThan(0);
        expect(budget).toBeLessThan(seconds * 1_000);
        expect(budget).toBeLessThanOrEqual(configured);
      }),
    );
  });
});
