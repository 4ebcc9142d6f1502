import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addSample, secondsUntilFull, type SizeSample } from '../../../../src/collectors/wal-directory/growth.ts';

function samplesOf(...samples: readonly (readonly [serverTime: number, bytes: number])[]): readonly SizeSample[] {
  return samples.reduce<readonly SizeSample[]>(
    (kept, [serverTime, bytes]) => addSample(kept, { serverTime, bytes }),
    [],
  );
}

describe('the samples of a size', () => {
  it('are kept for an hour', () => {
    const timesOf = (samples: readonly SizeSample[]): readonly number[] => samples.map(({ serverTime }) => serverTime);
    expect(timesOf(samplesOf([0, 1], [10, 2], [3_600, 3]))).toEqual([0, 10, 3_600]);
    expect(timesOf(samplesOf([0, 1], [10, 2], [3_600, 3], [3_605, 4]))).toEqual([10, 3_600, 3_605]);
  });

  it('start anew where the clock of the server went back', () => {
    const samples = samplesOf([100, 1], [200, 2], [150, 3]);
    expect(samples.map(({ serverTime }) => serverTime)).toEqual([100, 150]);
  });

  it('are in the order of time, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000)), (times) => {
        const kept = samplesOf(...times.map((time) => [time, 0] as const)).map(({ serverTime }) => serverTime);
        expect(kept).toEqual([...new Set(kept)].toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('the time until a directory is full', () => {
  it.each([
    ['grows by a byte a second', samplesOf([9_000, 1_000], [9_100, 1_100]), 500, 500],
    ['grows by a byte a minute', samplesOf([9_000, 1], [9_060, 2]), 10, 600],
    ['grew over several samples', samplesOf([0, 0], [30, 500], [60, 120]), 240, 120],
    ['is full and grows', samplesOf([0, 0], [60, 60]), 0, 0],
  ])('is known where it %s', (_what, samples, available, expected) => {
    expect(secondsUntilFull(samples, available)).toBe(expected);
  });

  it.each([
    ['was never seen', samplesOf()],
    ['was seen once', samplesOf([0, 5])],
    ['was seen for less than a minute', samplesOf([0, 0], [59, 1_000])],
    ['does not grow', samplesOf([0, 5], [100, 5])],
    ['shrinks', samplesOf([0, 5], [100, 1])],
    ['shrinks after it grew', samplesOf([0, 5], [100, 500], [200, 4])],
  ])('is not known where it %s', (_what, samples) => {
    expect(secondsUntilFull(samples, 1_000)).toBeUndefined();
  });
});
