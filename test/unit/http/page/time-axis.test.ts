import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ticksOf, xOf } from '../../../../src/http/page/time-axis.ts';

const NOON = Date.UTC(2026, 10, 22, 12) / 1_000;
const HOUR = 3_600;
const DAY = 86_400;

function textsOf(from: number, to: number): readonly string[] {
  const axis = { from, to, left: 100, right: 1_000 };
  return ticksOf(axis, 100).map(({ text, below }) => `${text} ${below}`.trim());
}

describe('the axis of a drawing', () => {
  it('has a moment where it belongs, and at its end what is beyond', () => {
    const axis = { from: 0, to: 100, left: 10, right: 210 };
    expect([-5, 0, 25, 100, 200].map((seconds) => xOf(axis, seconds))).toEqual([10, 10, 60, 210, 210]);
  });

  it('has seconds for a minute, and says the day once', () => {
    expect(textsOf(NOON, NOON + 60)).toEqual(['12:00:00 2026-11-22', '12:00:15', '12:00:30', '12:00:45']);
  });

  it('has hours for half a day, and says when the next one begins', () => {
    expect(textsOf(NOON - 11 * HOUR, NOON + 13 * HOUR)).toEqual([
      '03:00 2026-11-22',
      '06:00',
      '09:00',
      '12:00',
      '15:00',
      '18:00',
      '21:00',
      '00:00 2026-11-23',
    ]);
  });

  it('has Mondays for some weeks', () => {
    expect(textsOf(NOON - 49 * DAY, NOON)).toEqual([
      '10-05 2026',
      '10-12',
      '10-19',
      '10-26',
      '11-02',
      '11-09',
      '11-16',
    ]);
  });

  it('has months for a year, and years for many', () => {
    expect(textsOf(NOON - 365 * DAY, NOON)).toEqual(['2026-01', '2026-03', '2026-05', '2026-07', '2026-09', '2026-11']);
    expect(textsOf(0, NOON)).toEqual(['1970-01', '1980-01', '1990-01', '2000-01', '2010-01', '2020-01']);
  });

  it('never has two marks closer than asked for, for any span', () => {
    const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
    const spans = fc.integer({ min: 10, max: 2_000_000_000 });
    fc.assert(
      fc.property(seconds, spans, (from, span) => {
        const places = ticksOf({ from, to: from + span, left: 0, right: 340 }, 76).map(({ x }) => x);
        const apart = places.slice(1).map((x, index) => x - (places[index] ?? 0));
        // A month may have 28 days.
        expect(Math.min(...apart, Infinity)).toBeGreaterThan(76 * 0.9);
      }),
    );
  });
});
