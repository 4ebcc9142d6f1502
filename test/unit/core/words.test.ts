import { describe, expect, it } from 'vitest';

import { bytesText, durationText, timeText, toTime } from '../../../src/core/words.ts';
import { formatLsn, parseLsn } from '../../../src/core/lsn.ts';

describe('quantities for a person', () => {
  it.each([
    [0, '0 s'],
    [0.04, '0 s'],
    [0.44, '0.4 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [60, '1 min'],
    [125, '2 min 5 s'],
    [7_199.6, '2 h'],
    [90_000, '1 d 1 h'],
    [8_640_000, '100 d'],
    [-5, '-5 s'],
  ])('%d seconds are %s', (seconds, expected) => {
    expect(durationText(seconds)).toBe(expected);
  });

  it.each([
    [0, '0 bytes'],
    [1_023, '1023 bytes'],
    [1_024, '1.00 KiB'],
    [104_857_600, '100 MiB'],
    [1_610_612_736, '1.50 GiB'],
    [2 ** 70, '1024 EiB'],
  ])('%d bytes are %s', (bytes, expected) => {
    expect(bytesText(bytes)).toBe(expected);
  });

  it('are times in UTC, to the second', () => {
    expect(timeText(toTime(1_795_370_400.999))).toBe('2026-11-22 18:00:00 UTC');
  });

  it.each(['0/0', '16/B374D848', 'FFFFFFFF/FFFFFFFF', '1/28'])('are positions as PostgreSQL writes %s', (position) => {
    expect(formatLsn(parseLsn(position) ?? 0n)).toBe(position);
  });
});
