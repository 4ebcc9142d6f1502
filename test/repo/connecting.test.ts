import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

import { ALL_KEYWORDS, LIMITED_KEYWORDS, USED_KEYWORDS, variableOfKeyword } from '../../src/postgres/keywords.ts';

describe('docs/connecting.md', () => {
  it('names every parameter that is used, refused or without effect, and the variable of each that is used', async () => {
    const words = new Set((await readFile('docs/connecting.md', 'utf8')).match(/\w+/g));
    const variables = USED_KEYWORDS.map(variableOfKeyword).filter((variable) => variable !== undefined);

    expect([...ALL_KEYWORDS, ...variables].filter((word) => !words.has(word))).toEqual([]);
  });

  it('says no variable has an effect that has none', async () => {
    const words = (await readFile('docs/connecting.md', 'utf8')).match(/\bPG[A-Z_]+\b/g) ?? [];
    const known = [...USED_KEYWORDS, ...Object.keys(LIMITED_KEYWORDS)].map(variableOfKeyword);

    expect([...new Set(words)].filter((word) => !known.includes(word))).toEqual(['PGSYSCONFDIR']);
  });
});
