const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;
const STRIPE_BYTES = 16;

/** The 32 bits of xxHash (XXH32 with seed 0), by which LZ4 frames end; xxHash specification 0.1.1. */
export function xxHash32(bytes: Uint8Array): number {
  const hash = new XxHash32();
  hash.add(bytes);
  return hash.value;
}

/** The same of what is added piece by piece. */
export class XxHash32 {
  readonly #sums = new Int32Array([(PRIME_1 + PRIME_2) | 0, PRIME_2, 0, -PRIME_1 | 0]);
  readonly #rest = new Uint8Array(STRIPE_BYTES);
  #restBytes = 0;
  #bytes = 0;

  add(piece: Uint8Array): void {
    this.#bytes += piece.length;
    let from = 0;
    if (this.#restBytes > 0) {
      from = Math.min(STRIPE_BYTES - this.#restBytes, piece.length);
      this.#rest.set(piece.subarray(0, from), this.#restBytes);
      this.#restBytes += from;
      if (this.#restBytes < STRIPE_BYTES) return;
      addStripes(this.#sums, this.#rest);
    }
    const end = from + (piece.length - from) - ((piece.length - from) % STRIPE_BYTES);
    addStripes(this.#sums, piece.subarray(from, end));
    this.#rest.set(piece.subarray(end));
    this.#restBytes = piece.length - end;
  }

  get value(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#sums;
    const stripes = (turned(a, 1) + turned(b, 7) + turned(c, 12) + turned(d, 18)) | 0;
    const rest = this.#rest.subarray(0, this.#restBytes);
    const view = new DataView(rest.buffer, rest.byteOffset, rest.length);
    let hash = (this.#bytes < STRIPE_BYTES ? PRIME_5 : stripes) + this.#bytes;
    let at = 0;
    for (; at + 4 <= rest.length; at += 4)
      hash = Math.imul(turned(hash + Math.imul(view.getUint32(at, true), PRIME_3), 17), PRIME_4);
    for (; at < rest.length; at += 1) hash = Math.imul(turned(hash + Math.imul(rest[at] ?? 0, PRIME_5), 11), PRIME_1);
    return mixed(hash);
  }
}

function addStripes(sums: Int32Array, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let [a = 0, b = 0, c = 0, d = 0] = sums;
  for (let at = 0; at < bytes.length; at += STRIPE_BYTES) {
    a = round(a, view.getUint32(at, true));
    b = round(b, view.getUint32(at + 4, true));
    c = round(c, view.getUint32(at + 8, true));
    d = round(d, view.getUint32(at + 12, true));
  }
  sums.set([a, b, c, d]);
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
