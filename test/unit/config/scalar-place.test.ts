import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { readDocument } from '../../../src/config/document.ts';

/** Where the word X of a query is said to stand, as `line:column`, after everything of the text before it. */
function placeOfX(document: string, path: readonly PropertyKey[] = ['query']): string {
  const { value, whereIn } = readDocument('pack.yaml', document, z.unknown());
  let text: unknown = value;
  for (const part of path) text = (text as Readonly<Record<PropertyKey, unknown>>)[part];
  const before = String(text).slice(0, String(text).indexOf('X'));
  const { line, column } = whereIn(path, before);
  return `${line}:${column}`;
}

/** Where the X stands. */
function seenPlace(document: string): string {
  const before = document.slice(0, document.indexOf('X')).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

describe('a place in the text of a scalar', () => {
  it.each([
    ['plain', 'query: SELECT X\n'],
    ['plain over lines', 'query: SELECT a,\n    b,\n\n  X\n'],
    ['in single quotes', "query: 'SELECT ''a'' , X'\n"],
    ['in double quotes', 'query: "SELECT \\"a\\", \\x41\\u0042\\t, X"\n'],
    ['in double quotes over lines', 'query: "SELECT \\\n   a\\n\n    X"\n'],
    ['a literal block', 'query: |\n  SELECT a,\n         X\n'],
    ['a literal block without its line end', 'query: |-\n  SELECT\n    X\n'],
    ['a literal block that says its indentation', 'query: |2-  # why\n     SELECT\n    X\n'],
    ['a folded block', 'query: >\n  SELECT a,\n\n  b,\n    c\n  X\n'],
    ['a folded block that keeps its line ends', 'query: >+\n  SELECT\n  X\n\n\n'],
    ['with an anchor', 'query: &q   SELECT X\n'],
    ['with a tag', 'query: !!str SELECT X\n'],
    ['after letters of more than one unit', 'query: SELECT \'😀\', "é", X\n'],
    ['after an escaped letter of more than one unit', 'query: "SELECT \'\\ud83d\\ude00\\U0001F600\', X"\n'],
    ['in a flow mapping', '{query: SELECT X}\n'],
  ])('is found in one that is %s', (_style, document) => {
    expect(placeOfX(document)).toBe(seenPlace(document));
  });

  it.each([
    ['an alias', 'a: &q |\n  SELECT X\nb: {query: *q}\n'],
    ['a text in quotes whose lines are indented too little', 'b:\n  query: "SELECT\n b,\n X"\n'],
    ['a merge', 'a: &a\n  query: |\n    SELECT X\nb:\n  <<: *a\n'],
  ])('is where it is written if the scalar is reached by %s', (_how, document) => {
    expect(placeOfX(document, ['b', 'query'])).toBe(seenPlace(document));
  });

  it('is found whatever the style and the width of its lines', () => {
    const words = fc.array(
      fc.constantFrom('SELECT', "'a'", '"b"', '  ', '\n', '\n\n', ' # ', ': ', 'é', '😀', '\t', '\\'),
    );
    const styles = fc.constantFrom('PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED');
    fc.assert(
      fc.property(words, words, styles, fc.integer({ min: 20, max: 60 }), (left, right, style, lineWidth) => {
        const query = [...left, 'X', ...right].join(' ');
        const options = { defaultStringType: style, lineWidth, defaultKeyType: 'PLAIN' } as const;
        const document = stringify({ block: { query } }, options);
        // The library folds between the halves of a letter at times; no file holds half of one.
        fc.pre(!/\p{Surrogate}/u.test(document));
        expect(placeOfX(document, ['block', 'query'])).toBe(seenPlace(document));
      }),
      { numRuns: 500 },
    );
  });

  it('is after the last letter at the end of the text, and that of the key where there is no text', () => {
    const { whereIn } = readDocument('pack.yaml', 'a: |\n  SELECT\n  b\n\nb: [1]\n', z.unknown());
    expect(whereIn(['a'], 'SELECT\nb\n')).toEqual({ file: 'pack.yaml', line: 3, column: 4 });
    expect(whereIn(['b'], '')).toEqual({ file: 'pack.yaml', line: 5, column: 1 });
  });
});
