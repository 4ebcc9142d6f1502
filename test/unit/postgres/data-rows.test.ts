import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cellsOf, createRow } from '../../../src/core/row.ts';
import { splitRows } from '../../../src/postgres/data-rows.ts';
import { message } from '../../support/hostile-server.ts';
import { anyText } from '../support/texts.ts';

type Cells = readonly (string | null)[];

/** A row as the server sends it. */
function rowMessage(cells: Cells): Buffer {
  const head = Buffer.alloc(2);
  head.writeInt16BE(cells.length);
  const body = cells.flatMap((cell) => {
    const bytes = Buffer.from(cell ?? '');
    const length = Buffer.alloc(4);
    length.writeInt32BE(cell === null ? -1 : bytes.length);
    return [length, bytes];
  });
  const [type, length, ...rest] = [Buffer.from('D'), Buffer.alloc(4), head, ...body];
  length?.writeInt32BE(4 + rest.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([type, length, ...rest].filter((part) => part !== undefined));
}

/** What comes out of bytes that come in pieces, as bytes in the order in which it came; and how many rows were read. */
function split(bytes: Buffer, pieceBytes: number): { readonly out: Buffer; readonly rows: number } {
  const out: Buffer[] = [];
  let rows = 0;
  const row = createRow();
  const take = splitRows(
    (given) => out.push(Buffer.from(given)),
    row,
    () => {
      rows++;
      out.push(rowMessage(cellsOf(row)));
    },
  );
  for (let at = 0; at < bytes.length; at += pieceBytes) take(bytes.subarray(at, at + pieceBytes));
  return { out: Buffer.concat(out), rows };
}

const anyCell = fc.oneof(
  anyText,
  fc.constant(null),
  fc.constant(''),
  fc.integer().map(String),
  fc.constant('é'.repeat(70)),
);
const anyMessage = fc.oneof(
  fc.array(anyCell, { maxLength: 6 }).map(rowMessage),
  fc.constantFrom(message('T', 1), message('C', 'SELECT 1'), message('Z', 'I'), message('S', 'a', 'b')),
);

describe('rows among other messages', () => {
  it('come out as they went in and in their order, whatever the pieces are', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 12 }), fc.integer({ min: 1, max: 40 }), (messages, pieceBytes) => {
        const bytes = Buffer.concat(messages);
        expect(split(bytes, pieceBytes).out.equals(bytes)).toBe(true);
      }),
    );
  });

  it('are all read where a piece holds them whole, and only those in two pieces are left to the driver', () => {
    const rows = Array.from({ length: 100 }, (_, index) => rowMessage(['table', String(index), null]));
    const bytes = Buffer.concat([message('T', 1), ...rows, message('C', 'SELECT 100')]);
    expect(split(bytes, bytes.length).rows).toBe(100);
    const piece = Math.ceil(bytes.length / 3);
    expect(split(bytes, piece).rows).toBeGreaterThanOrEqual(98);
  });

  it('are refused where a cell is longer than its row', () => {
    const broken = rowMessage(['abc']);
    broken.writeInt32BE(4, 7);
    expect(() => split(broken, broken.length)).toThrow('a row is longer than its message');
  });
});
