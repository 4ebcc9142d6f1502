/**
 * One row of a result, good for as long as the call lasts that hands it on: the next row is written over it.
 *
 * Cells are PostgreSQL's text as bytes in UTF-8, so that what only passes through never becomes a string.
 */
export interface Row {
  /** Cells. */
  readonly length: number;
  /** Holds the cells, each from its place in `starts` to the one in `ends`; a start of -1 is NULL. */
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** A cell as text; null for NULL, and for a cell that is not there. */
  readonly text: (index: number) => string | null;
}

/** A row that is written over. What changes are plain properties: they are read several times for each sample. */
export interface WritableRow extends Row {
  length: number;
  bytes: Buffer;
  starts: Int32Array;
  ends: Int32Array;
}

/** Looking at each byte of a longer cell costs more than having it decoded. */
const LONGEST_LOOKED_AT = 64;
const FIRST_CELLS = 64;

export function createRow(): WritableRow {
  const row: WritableRow = {
    length: 0,
    bytes: Buffer.alloc(0),
    starts: new Int32Array(FIRST_CELLS),
    ends: new Int32Array(FIRST_CELLS),
    text: (index) => cellText(row, index),
  };
  return row;
}

/** Makes it a row of so many cells, all of them NULL. */
export function beginRow(row: WritableRow, bytes: Buffer, length: number): void {
  if (length > row.starts.length) {
    row.starts = new Int32Array(length);
    row.ends = new Int32Array(length);
  }
  row.bytes = bytes;
  row.length = length;
  row.starts.fill(-1, 0, length);
}

function cellText({ length, bytes, starts, ends }: Row, index: number): string | null {
  const start = index < length ? (starts[index] ?? -1) : -1;
  if (start < 0) return null;
  const end = ends[index] ?? start;
  return bytes.toString(isPlain(bytes, start, end) ? 'latin1' : 'utf8', start, end);
}

/** A row of these cells. */
export function rowOf(cells: readonly (string | null)[]): Row {
  const row = createRow();
  const texts = cells.map((cell) => Buffer.from(cell ?? '', 'utf8'));
  beginRow(row, Buffer.concat(texts), cells.length);
  let at = 0;
  for (const [index, { length }] of texts.entries()) {
    if (cells[index] !== null) row.starts[index] = at;
    row.ends[index] = at + length;
    at += length;
  }
  return row;
}

/** All cells as text. */
export function cellsOf(row: Row): readonly (string | null)[] {
  return Array.from({ length: row.length }, (_, index) => row.text(index));
}

function isPlain(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > LONGEST_LOOKED_AT) return false;
  for (let at = start; at < end; at++) if ((bytes[at] ?? 0) > 0x7f) return false;
  return true;
}
