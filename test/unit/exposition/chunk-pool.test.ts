import { describe, expect, it } from 'vitest';

import { CHUNK_SIZES, giveBackChunks, keepChunks, takeChunk } from '../../../src/exposition/chunk-pool.ts';
import { createChunkWriter } from '../../../src/exposition/chunks.ts';

/** The chunks of a family of some 200 kB, all of one character. */
function write(character: string): readonly Buffer[] {
  const writer = createChunkWriter();
  for (let line = 0; line < 200; line++) writer.write(`${character.repeat(1_000)}\n`);
  return writer.finish();
}

function memoryOf(chunks: readonly Buffer[]): ReadonlySet<ArrayBufferLike> {
  return new Set(chunks.map(({ buffer }) => buffer));
}

describe('the chunks of a page', () => {
  it('hold the next page once they are given back', () => {
    const first = write('a');
    giveBackChunks(first);
    const second = write('b');
    expect(memoryOf(second)).toEqual(memoryOf(first));
    expect(Buffer.concat([...second]).toString()).toMatch(/^(b{1000}\n){200}$/);
    giveBackChunks(second);
  });

  it('stay as they are while they are not given back', () => {
    const first = write('a');
    const second = write('b');
    expect([...memoryOf(first)].filter((memory) => memoryOf(second).has(memory))).toEqual([]);
    expect(Buffer.concat([...first]).toString()).toMatch(/^(a{1000}\n){200}$/);
  });

  it('are not given back where they are served again', () => {
    const kept = write('a');
    keepChunks(kept);
    giveBackChunks(kept);
    for (const chunk of [write('b'), write('c')].flat()) expect(memoryOf(kept).has(chunk.buffer)).toBe(false);
    expect(Buffer.concat([...kept]).toString()).toMatch(/^(a{1000}\n){200}$/);
  });

  it('are of a few sizes, and what is of another is no part of the pool', () => {
    const small = Buffer.from('pg_up 1\n');
    const long = createChunkWriter();
    long.write('x'.repeat(200_000));
    giveBackChunks([small, ...long.finish()]);
    for (const bytes of CHUNK_SIZES) expect(takeChunk(bytes).length).toBe(bytes);
  });

  it('hold the next chunk of their size while a family grows', () => {
    const smallest = takeChunk(512);
    giveBackChunks([smallest]);
    const writer = createChunkWriter();
    writer.write('y'.repeat(3_000));
    // What was grown out of is free again.
    expect(takeChunk(512).buffer).toBe(smallest.buffer);
    expect(writer.finish().map(String)).toEqual(['y'.repeat(3_000)]);
  });
});
