const POLYNOMIAL = 0x82f63b78;
const TABLES = 8;

/** CRC-32C (Castagnoli, RFC 3720) of what is added piece by piece: by it a backup_manifest checks files. */
export class Crc32c {
  #crc = 0xffffffff | 0;

  add(bytes: Uint8Array): void {
    this.#crc = advance(this.#crc, bytes);
  }

  get value(): number {
    return (this.#crc ^ 0xffffffff) >>> 0;
  }
}

/** Eight bytes are taken at once: by one table for each place in them. */
const TABLE = makeTables();

function makeTables(): Int32Array {
  const table = new Int32Array(TABLES * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at += 1) {
    const before = table[at - 256] ?? 0;
    table[at] = (before >>> 8) ^ (table[before & 255] ?? 0);
  }
  return table;
}

function entry(place: number, byte: number): number {
  return TABLE[place * 256 + byte] ?? 0;
}

function advance(from: number, bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const wholeEnd = bytes.length - (bytes.length % TABLES);
  let crc = from;
  for (let index = 0; index < wholeEnd; index += TABLES) {
    const low = view.getInt32(index, true) ^ crc;
    const high = view.getInt32(index + 4, true);
    crc =
      entry(7, low & 255) ^
      entry(6, (low >>> 8) & 255) ^
      entry(5, (low >>> 16) & 255) ^
      entry(4, low >>> 24) ^
      entry(3, high & 255) ^
      entry(2, (high >>> 8) & 255) ^
      entry(1, (high >>> 16) & 255) ^
      entry(0, high >>> 24);
  }
  for (let index = wholeEnd; index < bytes.length; index += 1)
    crc = (crc >>> 8) ^ entry(0, (crc ^ (bytes[index] ?? 0)) & 255);
  return crc;
}
