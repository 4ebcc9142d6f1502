import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowOf } from '../../../src/core/row.ts';
import { encodeLabels } from '../../../src/exposition/encode.ts';
import { createLabelWriter, labelText } from '../../../src/exposition/label-bytes.ts';
import { anyText, textOf } from '../support/texts.ts';

const names = ['a', 'b', 'c'];
const anyValue = fc.oneof(anyText, textOf('"\\\nx'), fc.constant('y'.repeat(2_000)));

describe('labels written from rows', () => {
  it('are those that are written from texts, row after row', () => {
    const writer = createLabelWriter(names);
    const anyRow = fc.tuple(fc.option(anyValue), fc.option(anyValue), anyValue);
    fc.assert(
      fc.property(anyRow, ([one, two, three]) => {
        writer.begin();
        const row = rowOf([one, two]);
        writer.cell(row, 0);
        writer.cell(row, 1);
        writer.text(three);
        expect(labelText(writer.finish())).toBe(encodeLabels(names, [one ?? '', two ?? '', three]));
      }),
    );
  });

  it('are nothing where there are none', () => {
    const writer = createLabelWriter([]);
    writer.begin();
    expect(writer.finish()).toHaveLength(0);
  });

  it('are UTF-8 also where a cell is not', () => {
    const writer = createLabelWriter(['a']);
    const row = rowOf(['xyz']);
    row.bytes[1] = 0xff;
    writer.begin();
    writer.cell(row, 0);
    expect(Buffer.from(writer.finish()).toString('utf8')).toBe('{a="x\uFFFDz"}');
    expect(Buffer.from(writer.finish()).includes(0xff)).toBe(false);
  });
});
