import { describe, expect, it } from 'vitest';
import { parseRate, parseSize } from '../../../src/core/size.ts';

describe('a rate in bytes a second', () => {
  it.each([
    ['100MB', 100_000_000],
    ['1.5 GiB', 1_610_612_736],
    ['20kB', 20_000],
    ['7', 7],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseRate(text)).toBe(bytes);
  });

  it.each(['', '0', '0MB', '-1MB', '100mb', '100MB/s', 'MB', '1e6'])('is not read from %j', (text) => {
    expect(parseRate(text)).toBeUndefined();
  });

  it('has units that a size has not, for those of PostgreSQL would be powers of two', () => {
    expect(parseSize('100MB')).toBeUndefined();
    expect(parseSize('100MiB')).toBe(104_857_600);
  });
});
