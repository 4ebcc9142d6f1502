import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { splitWords } from '../../../src/core/split-words.ts';

describe('the words of a command', () => {
  it.each([
    ['token', ['token']],
    ['  aws  rds\tget ', ['aws', 'rds', 'get']],
    [`a "b c" 'd "e" f'`, ['a', 'b c', 'd "e" f']],
    [`a --name="b c" x''y ''`, ['a', '--name=b c', 'xy', '']],
    ['a $HOME `id` b;c | d > e \\ f', ['a', '$HOME', '`id`', 'b;c', '|', 'd', '>', 'e', '\\', 'f']],
  ])('%s', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  it.each(['', '  ', `a 'b`, 'a "b', `''`, `"" a`])('are none in %j', (text) => {
    expect(splitWords(text)).toBeUndefined();
  });

  it('come back as they were when each is in quotes', () => {
    const word = fc.string({ minLength: 1, unit: 'binary' }).filter((text) => !text.includes("'"));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (words) => {
        expect(splitWords(words.map((text) => `'${text}'`).join(' '))).toEqual(words);
      }),
    );
  });
});
