import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fileNameAt } from '../../../src/core/wal-files.ts';
import { createListedSegments, type ListedFacts, type ListedFiles } from '../../../src/core/wal-listed.ts';
import { MARKS } from '../../../src/core/wal-marks.ts';
import { readWalName } from '../../../src/core/wal-names.ts';

const FACTS: ListedFacts = { sizeBytes: 1_048_576, timeSeconds: 1_700_000_000, tag: 1, mark: MARKS.unread };

function list(entries: Iterable<readonly [string, ListedFacts]>, known?: ListedFiles): ListedFiles {
  const listed = createListedSegments();
  for (const [fileName, facts] of entries) {
    const name = readWalName(fileName);
    if (name?.kind === 'segment') listed.add(name, facts);
  }
  const pieces = listed.mergeWith(known);
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
  }
}

function namesOf({ files }: ListedFiles): readonly string[] {
  return Array.from(files.codes.keys(), (index) => fileNameAt(1, files, index));
}

const sha1 = fc.option(fc.stringMatching(/^[0-9a-f]{40}$/), { nil: undefined });
const segmentNames = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 300 }), sha1, fc.constantFrom('', '.gz', '.lz4', '.zst')), {
    selector: ([place, checksum, ending]) => `${place}${checksum}${ending}`,
    maxLength: 600,
  })
  .map((all) =>
    all.map(([place, checksum, ending]) => {
      const digits = place.toString(16).toUpperCase().padStart(8, '0');
      return `0000000100000000${digits}${checksum === undefined ? '' : `-${checksum}`}${ending}`;
    }),
  );

describe('a listing of segments', () => {
  it('holds each with its size, time and tag, ascending, in whatever order it came', () => {
    fc.assert(
      fc.property(segmentNames, (names) => {
        const facts = new Map(names.map((name, index) => [name, { ...FACTS, sizeBytes: index, tag: index * 2 }]));
        const listed = list(facts);
        const found = namesOf(listed);
        expect(found.toSorted()).toEqual(names.toSorted());
        expect([...listed.files.codes]).toEqual([...listed.files.codes].toSorted((a, b) => a - b));
        for (const [index, name] of found.entries()) {
          expect(listed.files.sizes[index]).toBe(facts.get(name)?.sizeBytes);
          expect(listed.tags[index]).toBe(facts.get(name)?.tag);
        }
      }),
    );
  });

  it('keeps what was seen of those that are the same, and of no others', () => {
    fc.assert(
      fc.property(segmentNames, fc.func(fc.constantFrom('same', 'size', 'time', 'tag', 'gone')), (names, changeOf) => {
        const before = list(names.map((name) => [name, FACTS]));
        before.files.marks.fill(9);
        const after = list(
          names.flatMap((name): readonly (readonly [string, ListedFacts])[] => {
            switch (changeOf(name)) {
              case 'gone':
                return [];
              case 'size':
                return [[name, { ...FACTS, sizeBytes: 7 }]];
              case 'time':
                return [[name, { ...FACTS, timeSeconds: 7 }]];
              case 'tag':
                return [[name, { ...FACTS, tag: 7 }]];
              default:
                return [[name, FACTS]];
            }
          }),
          before,
        );
        for (const [index, name] of namesOf(after).entries())
          expect(after.files.marks[index]).toBe(changeOf(name) === 'same' ? 9 : MARKS.unread);
      }),
    );
  });

  it('refuses a place that no size of segments admits', () => {
    const name = readWalName('000000010000000000001000');
    expect(name?.kind === 'segment' && createListedSegments().add(name, FACTS)).toBe(false);
  });
});
