import type pg from 'pg';

import { beginRow, cellsOf, createRow, type WritableRow } from '../core/row.ts';
import { type Listener, wrapReading } from './reading.ts';

/** The type of a message, and its length, which counts itself. Source: PostgreSQL, "Message Formats". */
const HEADER_BYTES = 5;
const DATA_ROW = 'D'.charCodeAt(0);
/**
 * Reads rows in place of the driver, which decodes each cell by a call out of JavaScript; all else is left to it, also a
 * row that comes in two pieces.
 *
 * It hands rows on by the event that node-postgres 8.23 hands on its own, with their cells as bytes beside; a test has
 * both read the same results.
 */
export function readRows(connection: pg.Connection): void {
  const row = createRow();
  const message = {
    name: 'dataRow',
    row,
    get fields() {
      return cellsOf(row);
    },
  };
  wrapReading(connection, (listener) =>
    splitRows(withCopies(listener), row, () => void connection.emit('dataRow', message)),
  );
}

/** The driver keeps what it has not read to the end, and the next piece may be written over it. */
function withCopies(driver: Listener): Listener {
  return (piece) => driver(Buffer.from(piece));
}

/**
 * Splits a stream of messages: each whole row is put into `row`, everything else goes to the driver, in their order.
 *
 * @returns what to call with each piece; it throws if a row is not what its length says
 */
export function splitRows(toDriver: Listener, row: WritableRow, onRow: () => void): Listener {
  const rest = createRest();
  return (chunk) => {
    let at = rest.skip(chunk);
    let given = 0;
    while (at + HEADER_BYTES <= chunk.length) {
      const end = at + 1 + chunk.readUInt32BE(at + 1);
      if (end > chunk.length) break;
      if (chunk[at] === DATA_ROW) {
        if (given < at) toDriver(chunk.subarray(given, at));
        fillRow(row, chunk, at + HEADER_BYTES, end);
        onRow();
        given = end;
      }
      at = end;
    }
    rest.keep(chunk.subarray(at));
    if (given < chunk.length) toDriver(chunk.subarray(given));
  };
}

/** What is still to come of a message that has begun, and went to the driver. */
function createRest(): { readonly skip: (chunk: Buffer) => number; readonly keep: (begun: Buffer) => void } {
  let missing = 0;
  let header = Buffer.alloc(0);

  function keep(begun: Buffer): void {
    if (begun.length === 0) return;
    if (begun.length < HEADER_BYTES) header = Buffer.from(begun);
    else missing = 1 + begun.readUInt32BE(1) - begun.length;
  }

  return {
    keep,
    /** Where the first message begins that begins in this piece. */
    skip(chunk) {
      if (header.length > 0) {
        const known = header.length;
        const begun = Buffer.concat([header, chunk.subarray(0, HEADER_BYTES - known)]);
        header = Buffer.alloc(0);
        keep(begun);
        if (header.length > 0) return chunk.length;
        missing += begun.length - known;
      }
      const skipped = Math.min(missing, chunk.length);
      missing -= skipped;
      return skipped;
    },
  };
}

/** Finds the cells of a row. Source: PostgreSQL, "Message Formats", DataRow. */
function fillRow(row: WritableRow, chunk: Buffer, start: number, end: number): void {
  const cells = chunk.readUInt16BE(start);
  beginRow(row, chunk, cells);
  const { starts, ends } = row;
  let at = start + 2;
  for (let index = 0; index < cells; index++) {
    const length = chunk.readInt32BE(at);
    at += 4;
    if (length < 0) continue;
    starts[index] = at;
    at += length;
    ends[index] = at;
    if (at > end) throw new Error('a row is longer than its message');
  }
}
