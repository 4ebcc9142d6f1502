import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barHtml } from '../../../../src/http/page/chart.ts';
import { markupOf } from '../../../../src/http/page/html.ts';
import { clustersOf } from '../../../../src/http/page/marks.ts';

const axis = { from: 0, to: 1_000, left: 0, right: 1_000 };

describe('what is drawn at a moment', () => {
  it('stands together with what would cover it, and nothing is lost', () => {
    const moments = fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(moments, (times) => {
        const clusters = clustersOf(
          times.map((at) => ({ at, title: `${at}` })),
          axis,
        );
        const places = clusters.map(({ x }) => x);
        const apart = places.slice(1).map((x, index) => x - (places[index] ?? 0));
        expect(Math.min(...apart, Infinity)).toBeGreaterThanOrEqual(32);
        expect(clusters.reduce((sum, { moments: held }) => sum + held.length, 0)).toBe(times.length);
      }),
    );
  });

  it('is seen however short it is, and stays on the axis', () => {
    const place = { top: 0, height: 10, leastWidth: 6 };
    const bar = (from: number, to: number): string =>
      /x="[-\d.]+" y="0" width="[\d.]+"/.exec(
        markupOf(barHtml({ from, to, kind: 'gap', title: 'gap', text: 'missing' }, axis, place)),
      )?.[0] ?? '';
    expect(bar(500, 500)).toBe('x="497" y="0" width="6"');
    expect(bar(1_000, 1_000)).toBe('x="994" y="0" width="6"');
    expect(bar(0, 0)).toBe('x="0" y="0" width="6"');
    expect(bar(100, 300)).toBe('x="100" y="0" width="200"');
  });

  it('has its text where there is room for it', () => {
    const text = (to: number): string =>
      markupOf(
        barHtml({ from: 0, to, kind: 'gap', title: '', text: 'accepted' }, axis, { top: 0, height: 9, leastWidth: 1 }),
      );
    expect(text(100)).toContain('accepted');
    expect(text(40)).not.toContain('accepted');
  });
});
