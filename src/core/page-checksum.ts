/** Of a page that PostgreSQL writes: 8 KiB is what nearly every build has. */
export const PAGE_BYTES = 8_192;

const SUMS = 32;
const WORDS = PAGE_BYTES / 4;
const PRIME = 16_777_619;
/** The word that holds pd_checksum, in its lower half. */
const CHECKSUM_WORD = 2;
const CHECKSUM_AT = 8;
const UPPER_AT = 14;

/** Source: src/include/storage/checksum_impl.h, with the algorithm. */
const OFFSETS = Int32Array.from([
  0x5b1f36e9, 0xb8525960, 0x02ab50aa, 0x1de66d2a, 0x79ff467a, 0x9bb9f8a3, 0x217e7cd2, 0x83e13d2c, 0xf8d4474f,
  0xe39eb970, 0x42c6ae16, 0x993216fa, 0x7b093b5d, 0x98daff3c, 0xf718902a, 0x0b1c9cdb, 0xe58f764b, 0x187636bc,
  0x5d7b3bb1, 0xe73de7de, 0x92bec979, 0xcca6c0b2, 0x304a0979, 0x85aa43d4, 0x783125bb, 0x6ca8eaa2, 0xe407eac6,
  0x4b5cfc3e, 0x9fbf8c76, 0x15ca20be, 0xf2ca9fd3, 0x959bd756,
]);

const sums = new Int32Array(SUMS);

/** What the checksum of a page has to be. @param block its number in the relation, over all of its files */
function pageChecksum(page: Buffer, block: number): number {
  sums.set(OFFSETS);
  for (let word = 0; word < WORDS; word += SUMS) {
    for (let lane = 0; lane < SUMS; lane++) {
      const value = page.readInt32LE((word + lane) * 4);
      mix(lane, word + lane === CHECKSUM_WORD ? value & -65_536 : value);
    }
  }
  for (let round = 0; round < 2; round++) for (let lane = 0; lane < SUMS; lane++) mix(lane, 0);
  let result = 0;
  for (let lane = 0; lane < SUMS; lane++) result ^= sums[lane] ?? 0;
  return (((result ^ block) >>> 0) % 65_535) + 1;
}

function mix(lane: number, value: number): void {
  const mixed = (sums[lane] ?? 0) ^ value;
  sums[lane] = Math.imul(mixed, PRIME) ^ (mixed >>> 17);
}

/** True for a page that was never written, and for one whose checksum is what it has to be. */
export function isSound(page: Buffer, block: number): boolean {
  return page.readUInt16LE(UPPER_AT) === 0 || page.readUInt16LE(CHECKSUM_AT) === pageChecksum(page, block);
}
