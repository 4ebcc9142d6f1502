const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;
const STRIPE_BYTES = 16;

/** The 32 bits of xxHash (XXH32 with seed 0), by which LZ4 frames end; xxHash specification 0.1.1. */
export function xxHash32(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const stripesEnd = bytes.length - (bytes.length % STRIPE_BYTES);
  let hash = (bytes.length < STRIPE_BYTES ? PRIME_5 : hashOfStripes(view, stripesEnd)) + bytes.length;
  let at = stripesEnd;
  for (; at + 4 <= bytes.length; at += 4)
    hash = Math.imul(turned(hash + Math.imul(view.getUint32(at, true), PRIME_3), 17), PRIME_4);
  for (; at < bytes.length; at += 1) hash = Math.imul(turned(hash + Math.imul(bytes[at] ?? 0, PRIME_5), 11), PRIME_1);
  return mixed(hash);
}

function hashOfStripes(view: DataView, end: number): number {
  let [a, b, c, d] = [(PRIME_1 + PRIME_2) | 0, PRIME_2, 0, -PRIME_1 | 0];
  for (let at = 0; at < end; at += STRIPE_BYTES) {
    a = round(a, view.getUint32(at, true));
    b = round(b, view.getUint32(at + 4, true));
    c = round(c, view.getUint32(at + 8, true));
    d = round(d, view.getUint32(at + 12, true));
  }
  return (turned(a, 1) + turned(b, 7) + turned(c, 12) + turned(d, 18)) | 0;
}

function round(sum: number, lane: number): number {
  return Math.imul(turned(sum + Math.imul(lane, PRIME_2), 13), PRIME_1);
}

function mixed(hash: number): number {
  const first = Math.imul(hash ^ (hash >>> 15), PRIME_2);
  const second = Math.imul(first ^ (first >>> 13), PRIME_3);
  return (second ^ (second >>> 16)) >>> 0;
}

function turned(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
