import { readWalHeader, WAL_HEADER_BYTES } from './wal-header.ts';

/** Of XLogPageHeaderData, padded, of which a long one is the first of a segment (src/include/access/xlog_internal.h). */
const PAGE_HEADER_BYTES = 24;
const LONG_HEADER = 0x0002;
const FIRST_IS_CONTINUED = 0x0001;
const MAGIC_BYTE = 0xd1;
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

/** A record of which a part was read. */
export interface CutRecord {
  readonly bytes: Buffer;
}

/**
 * Reads a segment page by page, and tells where its records make tablespaces: whoever replays them writes there. What goes
 * on in the next segment is handed on to who reads that.
 */
export class TablespaceFinder {
  readonly #found: string[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #pageBytes = 0;
  #little = true;
  /** Undefined where nothing goes on, or nothing that matters. */
  #cut: Buffer | undefined;
  #isOver = false;

  /** @param before what was cut off at the end of the segment before */
  constructor(before: CutRecord | undefined) {
    this.#cut = before?.bytes;
  }

  /** Locations of tablespaces, in their order. */
  get found(): readonly string[] {
    return this.#found;
  }

  /** What the next segment begins with; undefined if that does not matter. */
  get cut(): CutRecord | undefined {
    return this.#isOver || this.#cut === undefined ? undefined : { bytes: this.#cut };
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
      const record = page.subarray(at, at + bytes);
      if (record.length === bytes) this.#settle(record);
      else this.#keep(record);
      at = aligned(at + bytes);
    }
  }

  /** Takes the rest of a record that began on another page; returns where the next one begins. */
  #continue(page: Buffer, at: number): number {
    const left = this.#u32(page, PAGE_HEADER_BYTES - 8);
    const rest = page.subarray(at, at + left);
    if (this.#cut !== undefined) {
      const record = Buffer.concat([this.#cut, rest]);
      if (rest.length < left) this.#keep(record);
      else {
        this.#cut = undefined;
        this.#settle(record);
      }
    }
    return aligned(at + left);
  }

  #keep(record: Buffer): void {
    const mayMatter = record.length < KNOWN_BYTES || record[MANAGER_AT] === TABLESPACES;
    this.#cut = mayMatter ? Buffer.from(record) : undefined;
  }

  #settle(record: Buffer): void {
    if (record[MANAGER_AT] !== TABLESPACES || ((record[INFO_AT] ?? 0) & 0xf0) !== CREATE) return;
    const data = this.#dataOf(record);
    const end = data.indexOf(0, 4);
    const path = data.toString('utf8', 4, end < 0 ? data.length : end);
    // A tablespace in the data directory itself has none.
    if (path !== '') this.#found.push(path);
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

  #u32(bytes: Buffer, at: number): number {
    return this.#little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }
}

function aligned(at: number): number {
  return Math.ceil(at / ALIGNMENT) * ALIGNMENT;
}
