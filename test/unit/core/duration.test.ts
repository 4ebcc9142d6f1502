import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../src/core/duration.ts';

const unitsMs = { y: 31_536_000_000, w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/** Some of the units in their order, each with a count. */
const anyParts = fc
  .record(Object.fromEntries(Object.keys(unitsMs).map((unit) => [unit, fc.option(fc.nat(999))])))
  .map((counts) =>
    Object.entries(unitsMs).flatMap(([unit, size]) => {
      const count = counts[unit] ?? null;
      return count === null ? [] : [{ text: `${count}${unit}`, milliseconds: count * size }];
    }),
  )
  .filter((parts) => parts.length > 0);

describe('reading a duration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['10s', 10_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['2w', 1_209_600_000],
    ['1y', 31_536_000_000],
    ['1h30m', 5_400_000],
    ['1m500ms', 60_500],
  ])('takes %s for %i ms', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each([
    '',
    '10',
    '1.5s',
    '-1s',
    '+1s',
    ' 1s',
    '1s ',
    '1h 30m',
    '30m1h',
    '1s1s',
    '1S',
    '1us',
    's',
    'ms',
    '1e3s',
    '٣s',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('adds up the parts, whichever there are', () => {
    fc.assert(
      fc.property(anyParts, (parts) => {
        const expected = parts.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
        expect(parseDuration(parts.map(({ text }) => text).join(''))).toBe(expected);
      }),
    );
  });

  it('refuses parts that are not in the order from large to small', () => {
    fc.assert(
      fc.property(
        anyParts.filter((parts) => parts.length > 1),
        (parts) => {
          const reversed = parts.toReversed().map(({ text }) => text);
          expect(parseDuration(reversed.join(''))).toBeUndefined();
        },
      ),
    );
  });
});
