import { describe, expect, it } from 'vitest';

import { readWalHeader } from '../../../src/core/wal-header.ts';
import { MADE_SYSTEM_IDENTIFIER, walHeader } from '../../support/wal-file.ts';

const expected = {
  timeline: 3,
  start: 0x120000000n,
  systemIdentifier: MADE_SYSTEM_IDENTIFIER,
  segmentBytes: 1_048_576,
};

/** As a machine with the other byte order writes it. */
function swapped(bytes: Buffer): Buffer {
  const parts: readonly (readonly [number, number])[] = [
    [0, 2],
    [2, 2],
    [4, 4],
    [8, 8],
    [16, 8],
    [24, 8],
    [32, 4],
    [36, 4],
  ];
  return Buffer.concat(parts.map(([from, count]) => bytes.subarray(from, from + count).toReversed()));
}

describe('the beginning of a segment', () => {
  it('tells timeline, place, cluster and size, in either byte order', () => {
    const bytes = walHeader(3, 0x1200);
    expect(readWalHeader(bytes)).toEqual(expected);
    expect(readWalHeader(swapped(bytes))).toEqual(expected);
  });

  it.each([
    ['too short', (bytes: Buffer) => bytes.subarray(0, 39)],
    ['zeros', () => Buffer.alloc(40)],
    ['of another magic number', (bytes: Buffer) => bytes.fill(0x33, 0, 2)],
    ['a page that begins no segment', (bytes: Buffer) => bytes.fill(0, 2, 4)],
    ['of a size that no segment has', (bytes: Buffer) => bytes.fill(7, 32, 36)],
    ['at a place where no segment begins', (bytes: Buffer) => bytes.fill(1, 8, 9)],
  ])('is none if it is %s', (_, damage) => {
    expect(readWalHeader(damage(walHeader(3, 0x1200)))).toBeUndefined();
  });
});
