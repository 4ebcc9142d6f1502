import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLsn, parseWalFileName, segmentStart } from '../../../src/core/lsn.ts';

const MIB = 1024 * 1024;
const segmentSizes = [MIB, 16 * MIB, 64 * MIB, 1024 * MIB] as const;

const anyLsn = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const anySegmentSize = fc.constantFrom(...segmentSizes);
const anyTimeline = fc.integer({ min: 1, max: 0xffff_ffff });

/** A segment of some size, by its number from the start of the WAL. */
const anySegment = anySegmentSize.chain((size) =>
  fc.record({ size: fc.constant(size), number: fc.bigInt({ min: 0n, max: 2n ** 64n / BigInt(size) - 1n }) }),
);

/** As PostgreSQL's `%X/%X` writes it. */
function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase();
}

/** As PostgreSQL's XLogFileName() writes it. */
function formatWalFileName(timeline: number, segment: bigint, size: number): string {
  const segmentsPerLog = 2n ** 32n / BigInt(size);
  const parts = [BigInt(timeline), segment / segmentsPerLog, segment % segmentsPerLog];
  return parts.map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join('');
}

describe('reading a WAL position', () => {
  it.each([
    ['0/0', 0n],
    ['0/1', 1n],
    ['1/0', 4_294_967_296n],
    ['16/B374D848', 97_500_059_720n],
    ['16/b374d848', 97_500_059_720n],
    ['FFFFFFFF/FFFFFFFF', 2n ** 64n - 1n],
  ])('takes %s for byte %s', (text, expected) => {
    expect(parseLsn(text)).toBe(expected);
  });

  it.each(['', '0', '/', '0/', '/0', '0/0/0', '100000000/0', '0/100000000', 'G/0', '-1/0', ' 0/0', '0/0\n'])(
    'refuses %j',
    (text) => {
      expect(parseLsn(text)).toBeUndefined();
    },
  );

  it('gives back every position that PostgreSQL can write', () => {
    fc.assert(fc.property(anyLsn, (lsn) => parseLsn(formatLsn(lsn)) === lsn));
  });
});

describe('reading the name of a file in the WAL archive', () => {
  it.each([
    ['000000010000000000000063', 16 * MIB, 1, 0x6300_0000n, 0x6400_0000n],
    ['000000020000000A000000FF', 16 * MIB, 2, 0xa_ff00_0000n, 0xb_0000_0000n],
    ['0000000A0000000100000FFF', MIB, 10, 0x1_fff0_0000n, 0x2_0000_0000n],
    ['000000010000000100000003', 1024 * MIB, 1, 0x1_c000_0000n, 0x2_0000_0000n],
    ['000000010000000000000063.00000028.backup', 16 * MIB, 1, 0x6300_0000n, 0x6400_0000n],
    ['000000010000000000000063.partial', 16 * MIB, 1, 0x6300_0000n, 0x6300_0000n],
  ])('places %s with segments of %i bytes', (name, segmentBytes, ...[timeline, start, end]) => {
    expect(parseWalFileName(name, segmentBytes)).toEqual({ timeline, start, end });
  });

  it.each([
    '00000002.history',
    '',
    '00000001000000000000006',
    '0000000100000000000000630',
    '00000001000000000000006g',
    '000000010000000a00000063',
    '000000010000000000000063.gz',
    '000000010000000000000063.backup',
    '000000010000000000000063.00000028.backup.ready',
    '000000010000000000000063.partial.ready',
  ])('finds no position in %j', (name) => {
    expect(parseWalFileName(name, 16 * MIB)).toBeUndefined();
  });

  it('gives back the timeline and the bounds of every segment of every size', () => {
    fc.assert(
      fc.property(anyTimeline, anySegment, (timeline, { size, number }) => {
        const parsed = parseWalFileName(formatWalFileName(timeline, number, size), size);
        const start = number * BigInt(size);
        expect(parsed).toEqual({ timeline, start, end: start + BigInt(size) });
      }),
    );
  });

  it('orders segments of one timeline as their names are ordered', () => {
    const twoSegments = anySegmentSize.chain((size) => {
      const number = fc.bigInt({ min: 0n, max: 2n ** 64n / BigInt(size) - 1n });
      return fc.record({ size: fc.constant(size), one: number, other: number });
    });
    fc.assert(
      fc.property(anyTimeline, twoSegments, (timeline, { size, one, other }) => {
        const names = [formatWalFileName(timeline, one, size), formatWalFileName(timeline, other, size)] as const;
        const starts = names.map((name) => parseWalFileName(name, size)?.start ?? -1n);
        expect(names[0] < names[1]).toBe((starts[0] ?? -1n) < (starts[1] ?? -1n));
      }),
    );
  });
});

describe('the start of a segment', () => {
  it('is the last multiple of the segment size that is not after the position', () => {
    fc.assert(
      fc.property(anyLsn, anySegmentSize, (lsn, size) => {
        const start = segmentStart(lsn, size);
        expect(start % BigInt(size)).toBe(0n);
        expect(start <= lsn && lsn < start + BigInt(size)).toBe(true);
      }),
    );
  });

  it('is the position itself at a boundary, not the segment before', () => {
    expect(segmentStart(0x6400_0000n, 16 * MIB)).toBe(0x6400_0000n);
    expect(segmentStart(0x63ff_ffffn, 16 * MIB)).toBe(0x6300_0000n);
  });
});
