import { describe, expect, it } from 'vitest';
import { globMatcher, isGlob } from '../../../src/core/glob.ts';

describe('a shell pattern', () => {
  it.each([
    ['*', 'anything', true],
    ['*', '', true],
    ['*', 'a/b', true],
    ['app_*', 'app_1', true],
    ['app_*', 'my_app_1', false],
    ['db?', 'db1', true],
    ['db?', 'db', false],
    ['db?', 'db/', true],
    ['a*c', 'a\nc', true],
    ['[a-c]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['[^a-c]x', 'dx', true],
    ['[!a-c]x', 'ax', false],
    ['a.b', 'axb', false],
    ['a+(b)', 'a+(b)', true],
    [String.raw`\*`, '*', true],
    [String.raw`\*`, 'a', false],
    ['[a', '[a', true],
    ['Shop', 'shop', false],
  ])('%s on %j gives %s', (pattern, name, expected) => {
    expect(globMatcher(pattern)(name)).toBe(expected);
  });

  it('is told from a plain name', () => {
    expect(['shop', 'a.b', 'sh*', 'sho?', 'sh[o]p'].map(isGlob)).toEqual([false, false, true, true, true]);
  });
});
