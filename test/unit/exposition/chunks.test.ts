import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChunkWriter } from '../../../src/exposition/chunks.ts';
import { anyText } from '../support/texts.ts';

const chunkCharacters = 64 * 1024;

function writeAll(texts: readonly string[]): readonly Buffer[] {
  const writer = createChunkWriter();
  for (const text of texts) writer.write(text);
  return writer.finish();
}

describe('writing in chunks', () => {
  it('gives no chunk for nothing', () => {
    expect(writeAll([])).toEqual([]);
    expect(writeAll(['', ''])).toEqual([]);
  });

  it('keeps a small page in one chunk', () => {
    expect(writeAll(['pg_a 1\n', 'pg_a 2\n']).map(String)).toEqual(['pg_a 1\npg_a 2\n']);
  });

  it('starts a chunk when one is full', () => {
    const line = `${'x'.repeat(1023)}\n`;
    const chunks = writeAll(Array.from({ length: 200 }, () => line));
    expect(chunks.map((chunk) => chunk.length)).toEqual([chunkCharacters, chunkCharacters, chunkCharacters, 8 * 1024]);
  });

  it('never splits a line, not even one that is longer than a chunk', () => {
    const long = `${'y'.repeat(3 * chunkCharacters)}\n`;
    expect(writeAll(['a\n', long, 'b\n']).map((chunk) => chunk.length)).toEqual([2 + long.length, 2]);
  });

  it.each(['é', '漢', '😀', 'a\u0301'])('loses no byte of %s around the border of a chunk', (character) => {
    const texts = Array.from({ length: 50_000 }, (_, index) => `${character}${index % 10}`);
    const chunks = writeAll(texts);
    expect(chunks.length).toBeGreaterThan(1);
    for (const chunk of chunks) expect(chunk.toString('utf8')).not.toContain('\ufffd');
    expect(Buffer.concat(chunks).toString('utf8')).toBe(texts.join(''));
  });

  it('gives the bytes of all that was written, in order', () => {
    const anyPiece = fc.tuple(anyText, fc.integer({ min: 1, max: 20_000 }));
    fc.assert(
      fc.property(fc.array(anyPiece, { maxLength: 20 }), (pieces) => {
        const texts = pieces.map(([text, times]) => text.repeat(times));
        expect(Buffer.concat(writeAll(texts)).equals(Buffer.from(texts.join(''), 'utf8'))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
