import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Lz4Unpacker } from '../../../src/core/lz4-stream.ts';
import { lz4Frame } from '../../support/lz4-frame.ts';

/** What comes out if the packed bytes come in pieces of this size. */
function unpack(packed: Buffer, pieceBytes: number): Buffer {
  const unpacker = new Lz4Unpacker();
  const out: Uint8Array[] = [];
  for (let at = 0; at < packed.length; at += pieceBytes)
    out.push(...unpacker.add(packed.subarray(at, at + pieceBytes)));
  unpacker.finish();
  return Buffer.concat(out);
}

/** 300 times `ab` by one literal pair and a repetition: `ab`, then 598 bytes from 2 back; the last five bytes are literals. */
const REPEATING = Buffer.from([
  0x2f,
  0x61,
  0x62,
  2,
  0,
  255,
  255,
  598 - 4 - 15 - 510,
  0x50,
  0x76,
  0x77,
  0x78,
  0x79,
  0x7a,
]);
const REPEATED = Buffer.from(`${'ab'.repeat(300)}vwxyz`);

describe('an LZ4 stream', () => {
  it('is unpacked in whatever pieces it comes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2_000 }),
        fc.integer({ min: 1, max: 100 }),
        fc.boolean(),
        fc.boolean(),
        (content, pieceBytes, sized, blockChecksums) => {
          const packed = lz4Frame(Buffer.from(content), { sized, blockChecksums });
          expect(unpack(packed, pieceBytes).equals(content)).toBe(true);
        },
      ),
    );
  });

  it('has blocks that repeat what stands in those before', () => {
    // The second block begins with a repetition of what the first one holds, 605 back.
    const second = Buffer.from([0x01, 605 & 255, 605 >> 8, 0x50, 0x76, 0x77, 0x78, 0x79, 0x7a]);
    const content = Buffer.concat([REPEATED, Buffer.from('ababavwxyz')]);

    expect(unpack(lz4Frame(content, { blocks: [REPEATING, second] }), 7).toString()).toBe(content.toString());
  });

  it('goes on with the next frame', () => {
    const first = lz4Frame(REPEATED, { blocks: [REPEATING] });
    const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

    expect(unpack(Buffer.concat([first, skipped, lz4Frame(Buffer.from('x'))]), 5).toString()).toBe(
      `${REPEATED.toString()}x`,
    );
  });

  it.each([
    ['is cut off', (packed: Buffer) => packed.subarray(0, -6), 'cut off'],
    ['is cut off in its beginning', (packed: Buffer) => packed.subarray(0, 6), 'cut off'],
    ['is empty', () => Buffer.alloc(0), 'cut off'],
    ['has another checksum', (packed: Buffer) => Buffer.concat([packed.subarray(0, -1), Buffer.from([1])]), 'differs'],
    ['is none', () => Buffer.alloc(40, 'x'), 'no LZ4 frame'],
  ])('that %s is an error', (_, damage, says) => {
    expect(() => unpack(damage(lz4Frame(REPEATED, { blocks: [REPEATING] })), 9)).toThrow(says);
  });
});
