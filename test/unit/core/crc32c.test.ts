import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Crc32c } from '../../../src/core/crc32c.ts';

function crcOf(...pieces: readonly Uint8Array[]): number {
  const crc = new Crc32c();
  for (const piece of pieces) crc.add(piece);
  return crc.value;
}

/** Bit by bit, as the polynomial divides. */
function slowly(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

describe('CRC-32C', () => {
  it.each([
    ['the digits', Buffer.from('123456789'), 0xe3069283],
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 times 255', Buffer.alloc(32, 255), 0x62a8ab43],
    ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, byte) => byte)), 0x46dd794e],
    ['nothing', Buffer.alloc(0), 0],
  ])('of %s is what RFC 3720 says', (_, bytes, expected) => {
    expect(crcOf(bytes)).toBe(expected);
  });

  it('is the same in whatever pieces the bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), (pieces) => {
        expect(crcOf(...pieces)).toBe(slowly(Buffer.concat(pieces)));
      }),
    );
  });
});
