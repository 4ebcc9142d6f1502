import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { segmentName } from '../../../src/core/segments.ts';
import { assembleSegments } from '../../../src/core/wal-contents.ts';
import { fileNameAt, NO_FILES, type WalFiles } from '../../../src/core/wal-files.ts';
import { createSegmentList, type InPieces, withoutFiles } from '../../../src/core/wal-listing.ts';
import { createIdentities } from '../../../src/core/wal-marks.ts';
import { readWalName } from '../../../src/core/wal-names.ts';

const MEGABYTE = 1_048_576;
const NOTHING_KNOWN = { segmentBytes: undefined, systemIdentifier: undefined };

function atOnce<T>(pieces: InPieces<T>): T {
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
  }
}

function listOf(names: readonly string[], known: WalFiles = NO_FILES): WalFiles {
  const list = createSegmentList();
  for (const name of names) {
    const wal = readWalName(name);
    if (wal?.kind === 'segment') list.add(wal);
  }
  return atOnce(list.mergeWith(known));
}

function namesOf(files: WalFiles): readonly string[] {
  return Array.from(files.codes, (_, index) => fileNameAt(1, files, index));
}

function assemble(files: WalFiles, segmentBytes: number | undefined) {
  const known = { ...NOTHING_KNOWN, segmentBytes };
  const parts = [{ timeline: 1, files }];
  const rest = { identities: createIdentities(), histories: new Map(), nowSeconds: 2e9, encrypted: false };
  return atOnce(assembleSegments({ parts, known, ...rest }));
}

const segmentBytes = fc.integer({ min: 20, max: 30 }).map((power) => 2 ** power);
const endings = fc.constantFrom('', '.gz', '.zst', '.lz4.gpg', '.age', `-${'0a'.repeat(20)}.gz`, `-${'fe'.repeat(20)}`);

describe('the files of segments, kept as numbers', () => {
  it('have their names back, in the order of their places', () => {
    const name = fc
      .record({ bytes: fc.constant(MEGABYTE), segment: fc.nat(2 ** 40), ending: endings })
      .map(({ bytes, segment, ending }) => segmentName(1, segment, bytes) + ending);
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 300 }), (names) => {
        const found = namesOf(listOf(names));
        expect(found.toSorted()).toEqual(names.toSorted());
        const places = found.map((each) => each.slice(0, 24));
        expect(places).toEqual(places.toSorted());
      }),
    );
  });

  it('keep what was known of those that are still there, and nothing of others', () => {
    const name = fc.record({ segment: fc.nat(500), ending: endings });
    const names = fc.uniqueArray(
      name.map(({ segment, ending }) => segmentName(1, segment, MEGABYTE) + ending),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(names, names, (before, after) => {
        const known = listOf(before);
        for (const [index, each] of namesOf(known).entries()) {
          known.times[index] = before.indexOf(each);
          known.sizes[index] = before.indexOf(each) * 3;
          known.marks[index] = 1;
        }
        const files = listOf(after, known);
        for (const [index, each] of namesOf(files).entries()) {
          const at = before.indexOf(each);
          expect([files.times[index], files.marks[index]]).toEqual(at < 0 ? [Number.NaN, 0] : [at, 1]);
          if (at >= 0) expect(files.sizes[index]).toBe(at * 3);
        }
        const odd = Array.from(after.keys()).filter((index) => index % 2 === 1);
        const left = withoutFiles(files, odd);
        expect(namesOf(left)).toEqual(namesOf(files).filter((_, index) => index % 2 === 0));
      }),
    );
  });

  it('are held under their numbers, whatever the size of segments', () => {
    fc.assert(
      fc.property(segmentBytes, fc.uniqueArray(fc.nat(100_000), { minLength: 1, maxLength: 300 }), (bytes, numbers) => {
        const files = listOf(numbers.map((segment) => segmentName(1, segment, bytes)));
        files.times.fill(1e9);
        files.sizes.fill(bytes);
        for (const told of [bytes, undefined]) {
          const contents = assemble(files, told);
          expect(contents.segmentBytes).toBe(bytes);
          expect([...(contents.timelines[0]?.segments ?? [])]).toEqual(numbers.toSorted((a, b) => a - b));
          expect(contents).toMatchObject({ badFiles: [], duplicates: 0, unverified: numbers.length });
        }
      }),
    );
  });

  it('of which one segment has several count once, unless none can be used', () => {
    const files = listOf(['000000010000000000000001', '000000010000000000000001.gz', '000000010000000000000002.gz']);
    files.times.fill(1e9);
    files.sizes.set([MEGABYTE, 0, 0]);
    const contents = assemble(files, MEGABYTE);
    expect([...(contents.timelines[0]?.segments ?? [])]).toEqual([1]);
    expect(contents.badFiles.map(({ name, reason }) => [name, reason])).toEqual([
      ['000000010000000000000001.gz', 'empty'],
      ['000000010000000000000002.gz', 'empty'],
    ]);
    files.sizes.fill(MEGABYTE);
    expect(assemble(files, MEGABYTE)).toMatchObject({ badFiles: [], duplicates: 1 });
  });
});
