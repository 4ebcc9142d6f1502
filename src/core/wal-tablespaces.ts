import type { Lsn } from './lsn.ts';
import { readWalHeader, WAL_HEADER_BYTES } from './wal-header.ts';

/** Of XLogPageHeaderData, padded, of which a long one is the first of a segment (src/include/access/xlog_internal.h). */
const PAGE_HEADER_BYTES = 24;
const LONG_HEADER = 0x0002;
const FIRST_IS_CONTINUED = 0x0001;
const MAGIC_BYTE = 0xd1;
const ADDRESS_AT = 8;
const PAGE_SIZE_AT = 36;
/** Of XLogRecord (src/include/access/xlogrecord.h): where its kind stands, and where it ends. */
const INFO_AT = 16;
const MANAGER_AT = 17;
const KNOWN_BYTES = 18;
const RECORD_HEADER_BYTES = 24;
/** RM_TBLSPC_ID (src/include/access/rmgrlist.h) and XLOG_TBLSPC_CREATE (src/include/commands/tablespace.h). */
const TABLESPACES = 5;
const CREATE = 0x00;
/** Ids of what stands in front of a record's data: XLR_BLOCK_ID_DATA_SHORT and the others. */
const SHORT_DATA = 255;
const LONG_DATA = 254;
const ORIGIN = 253;
const TOP_LEVEL_XID = 252;
const ALIGNMENT = 8;

/** Where a record makes a tablespace. */
export interface MadeTablespace {
  readonly location: string;
  /** Where the record begins. */
  readonly lsn: Lsn;
}

/** A record of which a part was read. */
export interface CutRecord {
  readonly bytes: Buffer;
  readonly lsn: Lsn;
}

/**
 * Reads a segment page by page, and tells where its records make tablespaces: whoever replays them writes there. What goes
 * on in the next segment is handed on to who reads that.
 */
export class TablespaceFinder {
  readonly #found: MadeTablespace[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #pageBytes = 0;
  #little = true;
  /** Undefined where nothing goes on, or nothing that matters. */
  #cut: CutRecord | undefined;
  #isOver = false;

  /** @param before what was cut off at the end of the segment before */
  constructor(before: CutRecord | undefined) {
    this.#cut = before;
  }

  /** In their order. */
  get found(): readonly MadeTablespace[] {
    return this.#found;
  }

  /** What the next segment begins with; undefined if that does not matter. */
  get cut(): CutRecord | undefined {
    return this.#isOver ? undefined : this.#cut;
  }

  add(piece: Buffer): void {
    if (this.#isOver) return;
    let all = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    if (this.#pageBytes === 0) {
      if (all.length < WAL_HEADER_BYTES) {
        this.#rest = all;
        return;
      }
      this.#begin(all);
    }
    for (; !this.#isOver && all.length >= this.#pageBytes; all = all.subarray(this.#pageBytes))
      this.#readPage(all.subarray(0, this.#pageBytes));
    this.#rest = Buffer.from(all);
  }

  #begin(head: Buffer): void {
    this.#little = head[1] === MAGIC_BYTE;
    this.#pageBytes = readWalHeader(head) === undefined ? 0 : this.#u32(head, PAGE_SIZE_AT);
    this.#isOver = this.#pageBytes < PAGE_HEADER_BYTES;
  }

  #readPage(page: Buffer): void {
    const info = this.#little ? page.readUInt16LE(2) : page.readUInt16BE(2);
    // Behind the last record all is zero.
    if (page[this.#little ? 1 : 0] !== MAGIC_BYTE) {
      this.#isOver = true;
      return;
    }
    let at = (info & LONG_HEADER) === 0 ? PAGE_HEADER_BYTES : WAL_HEADER_BYTES;
    if ((info & FIRST_IS_CONTINUED) === 0) this.#cut = undefined;
    else at = this.#continue(page, at);
    while (at + 4 <= page.length) {
      const bytes = this.#u32(page, at);
      if (bytes < RECORD_HEADER_BYTES) return;
      const isWhole = at + bytes <= page.length;
      // Nearly all records are of others, and there are very many.
      if (!isWhole || page[at + MANAGER_AT] === TABLESPACES) {
        const record = { bytes: page.subarray(at, at + bytes), lsn: this.#address(page) + BigInt(at) };
        if (isWhole) this.#settle(record);
        else this.#keep(record);
      }
      at = aligned(at + bytes);
    }
  }

  /** Takes the rest of a record that began on another page; returns where the next one begins. */
  #continue(page: Buffer, at: number): number {
    const left = this.#u32(page, PAGE_HEADER_BYTES - 8);
    const rest = page.subarray(at, at + left);
    if (this.#cut !== undefined) {
      const { bytes, lsn } = this.#cut;
      const record = { bytes: Buffer.concat([bytes, rest]), lsn };
      if (rest.length < left) this.#keep(record);
      else {
        this.#cut = undefined;
        this.#settle(record);
      }
    }
    return aligned(at + left);
  }

  #keep({ bytes, lsn }: CutRecord): void {
    const mayMatter = bytes.length < KNOWN_BYTES || bytes[MANAGER_AT] === TABLESPACES;
    this.#cut = mayMatter ? { bytes: Buffer.from(bytes), lsn } : undefined;
  }

  #settle({ bytes, lsn }: CutRecord): void {
    if (bytes[MANAGER_AT] !== TABLESPACES || ((bytes[INFO_AT] ?? 0) & 0xf0) !== CREATE) return;
    const data = this.#dataOf(bytes);
    const end = data.indexOf(0, 4);
    const location = data.toString('utf8', 4, end < 0 ? data.length : end);
    // A tablespace in the data directory itself has none.
    if (location !== '') this.#found.push({ location, lsn });
  }

  /** It is the last in a record. */
  #dataOf(record: Buffer): Buffer {
    let at = RECORD_HEADER_BYTES;
    if (record[at] === ORIGIN) at += 3;
    if (record[at] === TOP_LEVEL_XID) at += 5;
    if (record[at] === SHORT_DATA) return record.subarray(record.length - (record[at + 1] ?? 0));
    if (record[at] === LONG_DATA) return record.subarray(record.length - this.#u32(record, at + 1));
    return record.subarray(record.length);
  }

  #address(page: Buffer): Lsn {
    return this.#little ? page.readBigUInt64LE(ADDRESS_AT) : page.readBigUInt64BE(ADDRESS_AT);
  }

  #u32(bytes: Buffer, at: number): number {
    return this.#little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }
}

function aligned(at: number): number {
  return Math.ceil(at / ALIGNMENT) * ALIGNMENT;
}
