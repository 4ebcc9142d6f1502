import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { unpackLz4 } from '../../../src/core/lz4.ts';
import { xxHash32 } from '../../../src/core/xxhash32.ts';
import { lz4Frame } from '../../support/lz4-frame.ts';

const PLENTY = 1 << 20;

/** Literals, then a repetition of what stands `offset` back; without one it is the last of a block. */
interface Sequence {
  readonly literals: Uint8Array;
  readonly match?: { readonly offset: number; readonly length: number };
}

/** The block that the format asks for, and what it stands for, found in another way than it is unpacked. */
function blockOf(sequences: readonly Sequence[]): { readonly block: Buffer; readonly content: Buffer } {
  const written: number[] = [];
  let content = '';
  for (const { literals, match } of sequences) {
    const matched = match === undefined ? 0 : match.length - 4;
    written.push((nibble(literals.length) << 4) | nibble(matched), ...rest(literals.length), ...literals);
    content += Buffer.from(literals).toString('latin1');
    if (match === undefined) continue;
    written.push(match.offset & 255, match.offset >> 8, ...rest(matched));
    const repeated = content.slice(-match.offset);
    content += repeated.repeat(Math.ceil(match.length / repeated.length)).slice(0, match.length);
  }
  return { block: Buffer.from(written), content: Buffer.from(content, 'latin1') };
}

function nibble(length: number): number {
  return Math.min(length, 15);
}

function rest(length: number): readonly number[] {
  if (length < 15) return [];
  return [...Array.from({ length: Math.floor((length - 15) / 255) }, () => 255), (length - 15) % 255];
}

const bytes = (size: { minLength?: number; maxLength: number }): fc.Arbitrary<Uint8Array> => fc.uint8Array(size);

const blocks = fc
  .tuple(
    fc.array(
      fc.record({
        literals: bytes({ minLength: 1, maxLength: 600 }),
        back: fc.double({ min: 0, max: 1, noNaN: true }),
        length: fc.integer({ min: 4, max: 700 }),
      }),
      { maxLength: 8 },
    ),
    bytes({ maxLength: 600 }),
  )
  .map(([drawn, last]) => {
    let length = 0;
    const sequences = drawn.map(({ literals, back, length: repeated }): Sequence => {
      length += literals.length;
      const offset = 1 + Math.floor(back * (length - 1));
      length += repeated;
      return { literals, match: { offset, length: repeated } };
    });
    return blockOf([...sequences, { literals: last }]);
  });

describe('xxHash of 32 bits', () => {
  it.each([
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ])('of %j is as published', (text, hash) => {
    expect(xxHash32(Buffer.from(text))).toBe(hash);
  });
});

describe('an LZ4 frame', () => {
  it('of any sequences is unpacked to what they stand for', () => {
    fc.assert(
      fc.property(blocks, fc.boolean(), fc.boolean(), ({ block, content }, sized, blockChecksums) => {
        const frame = lz4Frame(content, { blocks: [block], sized, blockChecksums });
        const unpacked = unpackLz4(frame, PLENTY);
        expect(Buffer.from(unpacked?.bytes ?? [])).toEqual(content);
        expect(unpacked).toMatchObject({ isWhole: true, contentBytes: sized ? content.length : undefined });
      }),
    );
  });

  it('that is cut off gives its beginning, and says that it is not whole', () => {
    fc.assert(
      fc.property(blocks, fc.double({ min: 0, max: 1, noNaN: true }), ({ block, content }, part) => {
        const frame = lz4Frame(content, { blocks: [block] });
        const unpacked = unpackLz4(frame.subarray(0, Math.floor(part * (frame.length - 1))), PLENTY);
        if (unpacked === undefined) return;
        expect(unpacked.isWhole).toBe(false);
        expect(Buffer.from(unpacked.bytes)).toEqual(content.subarray(0, unpacked.bytes.length));
      }),
    );
  });

  it('gives no more than was asked for, whatever it promises', () => {
    const bomb = blockOf([
      { literals: Buffer.from('x'), match: { offset: 1, length: 1_000_000 } },
      { literals: Buffer.alloc(0) },
    ]);
    const unpacked = unpackLz4(lz4Frame(bomb.content, { blocks: [bomb.block] }), 40);
    expect(unpacked).toMatchObject({ isWhole: false });
    expect(Buffer.from(unpacked?.bytes ?? []).toString()).toBe('x'.repeat(40));
  });

  it('with another byte than was written is not whole', () => {
    const content = Buffer.from('1\t0/3000000\tno recovery target specified\n');
    const frame = lz4Frame(content);
    for (let at = 7; at < frame.length; at += 1) {
      const changed = Buffer.from(frame);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect([at, unpackLz4(changed, PLENTY)?.isWhole]).toEqual([at, false]);
    }
  });

  it('is nothing that begins otherwise, or needs a dictionary', () => {
    const frame = lz4Frame(Buffer.from('text'));
    const withDictionary = Buffer.from(frame);
    withDictionary[4] = (withDictionary[4] ?? 0) | 1;
    for (const other of [withDictionary, frame.subarray(1), frame.subarray(0, 6), Buffer.from('text of no frame')])
      expect(unpackLz4(other, PLENTY)).toBeUndefined();
  });

  it('of any bytes at all harms nobody', () => {
    fc.assert(
      fc.property(bytes({ maxLength: 300 }), (noise) => {
        const unpacked = unpackLz4(Buffer.concat([lz4Frame(Buffer.alloc(0)).subarray(0, 7), noise]), 100);
        expect(unpacked?.bytes.length).toBeLessThanOrEqual(100);
      }),
    );
  });
});
