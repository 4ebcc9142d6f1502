import { describe, expect, it } from 'vitest';

import { parseLsn } from '../../../src/core/lsn.ts';
import { SEGMENT_SIZES, segmentBytesBy, segmentName, segmentOf } from '../../../src/core/segments.ts';

const MEGABYTE = 1_048_576;

describe('the size of segments', () => {
  it.each([
    ['0/2000028', '000000010000000000000002', 16],
    ['0/200028', '000000010000000000000002', 1],
    ['0/8000028', '000000030000000000000002', 64],
    ['A/FFF00028', '000000010000000A00000FFF', 1],
    ['A/C0000028', '000000010000000A00000003', 1024],
  ])('follows from position %s in file %s: %i MB', (lsn, name, megabytes) => {
    expect(segmentBytesBy(parseLsn(lsn) ?? 0n, name)).toBe(megabytes * MEGABYTE);
  });

  it.each([
    ['the first of a log has the same name in every size', '1/28', '000000010000000100000000'],
    ['the file is not that of the position', '0/2000028', '000000010000000000000003'],
    ['the file is of another log', '1/2000028', '000000010000000000000002'],
    ['it is no file of WAL', '0/2000028', 'backup_label'],
  ])('is not guessed where %s', (_why, lsn, name) => {
    expect(segmentBytesBy(parseLsn(lsn) ?? 0n, name)).toBeUndefined();
  });

  it.each(SEGMENT_SIZES)(
    'of %i is found again by any position whose file has a number that no other size gives',
    (size) => {
      for (const lsn of [0x2_4000_0028n, 0x7fff_ffffn, 0xa_8123_4567n]) {
        const name = segmentName(5, segmentOf(lsn, size), size);
        expect([size, undefined]).toContain(segmentBytesBy(lsn, name));
      }
    },
  );
});
