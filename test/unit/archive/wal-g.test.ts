import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { parseListing } from '../../../src/archive/wal-g/listing.ts';
import { WalguardError } from '../../../src/core/error.ts';

const folder = new URL('../../fixtures/wal-g/', import.meta.url);
const sample = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

describe('what wal-g st ls prints', () => {
  it('is read with the fractions of its times, without folders', () => {
    const listed = parseListing(sample('st_ls_type.txt'));
    expect(listed).toHaveLength(5);
    expect(listed[0]).toEqual({
      name: '0000000300000002000000A0.lz4',
      sizeBytes: 4_411_120,
      timeSeconds: Date.UTC(2025, 1, 2, 23, 10, 55, 120) / 1000,
    });
    expect(listed[2]).toMatchObject({ name: '00000003.history.lz4', timeSeconds: Date.UTC(2025, 0, 30, 11) / 1000 });
  });

  it.each(['st_ls_size_first.txt', 'st_ls_name_first.txt'])('in older versions is %s', (name) => {
    expect(parseListing(sample(name)).map((file) => [file.name.slice(0, 24), file.sizeBytes])).toEqual([
      ['000000010000000200000001', 4_411_120],
      ['000000010000000200000002', 1991],
    ]);
  });

  it('of an empty folder is only the heading', () => {
    expect(parseListing('type size last modified name\n')).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['cut off', sample('st_ls_type.txt').slice(0, -5)],
    ['a word of its log alone', 'INFO: 2025/02/03 10:00:00.000001 nothing\n'],
    ['another table', 'name size\na 1\n'],
    ['a line that is no file', `${sample('st_ls_type.txt')}total 5\n`],
  ])('that is %s is an answer of no use', (_, text) => {
    expect(() => parseListing(text)).toThrow(WalguardError);
    expect(() => parseListing(text)).toThrow(/wal-g st ls cannot be understood/);
  });
});
