import { describe, expect, it } from 'vitest';

import { addSample, secondsUntilFull, type SizeSample } from '../../../../src/collectors/wal-directory/growth.ts';

function history(...samples: readonly (readonly [serverTime: number, bytes: number])[]): readonly SizeSample[] {
  return samples.reduce<readonly SizeSample[]>(
    (kept, [serverTime, bytes]) => addSample(kept, { serverTime, bytes }),
    [],
  );
}

describe('growth of the WAL directory', () => {
  it('divides what is free by the growth a second over the time it was seen', () => {
    expect(secondsUntilFull(history([0, 1_000], [50, 1_200], [100, 2_000]), 5_000)).toBe(500);
  });

  it.each([
    ['it does not grow', history([0, 1_000], [100, 1_000])],
    ['it shrinks', history([0, 1_000], [100, 500])],
    ['it was seen once', history([0, 1_000])],
    ['it was seen for less than a minute', history([0, 1_000], [59, 2_000])],
  ])('says nothing when %s', (_, samples) => {
    expect(secondsUntilFull(samples, 5_000)).toBeUndefined();
  });

  it('regards the last hour only', () => {
    const samples = history([0, 0], [1_000, 9_000], [4_600, 9_000]);

    expect(samples.map(({ serverTime }) => serverTime)).toEqual([1_000, 4_600]);
    expect(secondsUntilFull(samples, 5_000)).toBeUndefined();
  });

  it('starts anew when the clock of the server goes back', () => {
    expect(history([500, 1], [100, 2])).toEqual([{ serverTime: 100, bytes: 2 }]);
  });
});
