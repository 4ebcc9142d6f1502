import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toErrors } from '../../../src/config/issues.ts';
import { renderError } from '../../../src/core/error.ts';

function renderIssues(schema: z.ZodType, value: unknown): readonly string[] {
  const parsed = schema.safeParse(value, { reportInput: true });
  const errors = toErrors(parsed.error?.issues ?? [], schema, (path) => ({ file: path.map(String).join('/') || '.' }));
  return errors.map(renderError);
}

describe('a key that is not known', () => {
  const schema = z.strictObject({
    web: z.strictObject({ listen: z.string().optional(), path: z.string().optional() }).optional(),
    list: z.array(z.strictObject({ usage: z.string().optional() })).optional(),
    byName: z.record(z.string(), z.strictObject({ query: z.string().optional() }).nullish()).optional(),
    piped: z.strictObject({ scale: z.string().optional() }).default({}).optional(),
  });

  it.each([
    [
      'of the document',
      { webb: {} },
      'webb: CONFIG_UNKNOWN_KEY: the key "webb" is not known\n  hint: Did you mean "web"?',
    ],
    [
      'of a mapping',
      { web: { lisen: 'x' } },
      'web/lisen: CONFIG_UNKNOWN_KEY: the key "lisen" is not known in web\n  hint: Did you mean "listen"?',
    ],
    [
      'in a list',
      { list: [{}, { usages: 'x' }] },
      'list/1/usages: CONFIG_UNKNOWN_KEY: the key "usages" is not known in list.1\n  hint: Did you mean "usage"?',
    ],
    [
      'under a name of the user',
      { byName: { a: { qery: 'x' } } },
      'byName/a/qery: CONFIG_UNKNOWN_KEY: the key "qery" is not known in byName.a\n  hint: Did you mean "query"?',
    ],
    [
      'of a part with a default',
      { piped: { skale: 'x' } },
      'piped/skale: CONFIG_UNKNOWN_KEY: the key "skale" is not known in piped\n  hint: Did you mean "scale"?',
    ],
    [
      'and resembles none',
      { web: { completely: 'other' } },
      'web/completely: CONFIG_UNKNOWN_KEY: the key "completely" is not known in web\n  hint: Known here: listen, path.',
    ],
  ])('%s is told with the nearest one or all that are', (_where, value, expected) => {
    expect(renderIssues(schema, value)).toEqual([expected]);
  });

  it('is one error for each', () => {
    expect(renderIssues(schema, { a: 1, web: { b: 2, c: 3 } })).toHaveLength(3);
  });
});

describe('a value that does not fit', () => {
  it.each<readonly [string, z.ZodType, unknown, string]>([
    [
      'a word that is nearly one of a set',
      z.enum(['debug', 'info']),
      'inof',
      '"inof"; Use debug, info (did you mean "info"?).',
    ],
    ['a word that is none of a set', z.enum(['debug', 'info']), 'loud', '"loud"; Use debug, info.'],
    ['a number for a word of a set', z.enum(['debug', 'info']), 7, '7; Use debug, info.'],
    ['a number for a text', z.string(), 5, '5; It must be a string.'],
    ['nothing for a text', z.string(), null, 'empty; It must be a string.'],
    ['a mapping for a number', z.number(), { a: 1 }, 'a mapping; It must be a number.'],
    ['a part for a whole', z.int(), 1.5, '1.5; It must be a whole number.'],
    ['a list for a mapping', z.strictObject({}), [1], 'a list; It must be a mapping.'],
    ['a switch for names', z.record(z.string(), z.string()), true, 'true; It must be a mapping.'],
    ['a text for a list', z.array(z.string()), 'x', '"x"; It must be a list.'],
    ['an empty list', z.array(z.string()).min(1, { error: 'Give one' }), [], 'an empty list; Give one.'],
    ['a number out of bounds', z.number().positive(), -1, '-1; Too small: expected number to be >0.'],
    [
      'a text that breaks a rule',
      z.string().refine((text) => text === 'a', { error: 'Write a' }),
      'b',
      '"b"; Write a.',
    ],
    [
      'none of several kinds',
      z.union([z.number(), z.boolean()], { error: 'Write a number' }),
      'b',
      '"b"; Write a number.',
    ],
  ])('is told for %s', (_what, schema, value, expected) => {
    const [is, hint] = expected.split('; ');
    expect(renderIssues(z.strictObject({ key: schema }), { key: value })).toEqual([
      `key: CONFIG_BAD_VALUE: key is ${is}\n  hint: ${hint}`,
    ]);
  });

  it('is told for the document itself', () => {
    expect(renderIssues(z.strictObject({}), 'text')).toEqual([
      '.: CONFIG_BAD_VALUE: the document is "text"\n  hint: It must be a mapping.',
    ]);
  });

  it('is told for a key that breaks the rule for keys', () => {
    const schema = z.record(z.string().regex(/^[a-z]+$/, { error: 'Use letters' }), z.number());
    expect(renderIssues(schema, { a1: 5 })).toEqual(['a1: CONFIG_BAD_VALUE: a1 is "a1"\n  hint: Use letters.']);
  });

  it.each([12_345, true, ['secret'], { a: 'secret' }])('is not repeated where it may be a secret: %j', (secret) => {
    const schema = z.strictObject({ data_source: z.strictObject({ pass: z.string() }) });
    expect(renderIssues(schema, { data_source: { pass: secret } })).toEqual([
      'data_source/pass: CONFIG_BAD_VALUE: data_source.pass is not usable\n  hint: It must be a string.',
    ]);
  });
});

describe('a key that is missing', () => {
  it.each<readonly [string, z.ZodType, string]>([
    ['a text', z.string(), 'Add it. It must be a string.'],
    ['a word of a set', z.enum(['a', 'b']), 'Add it. Use a, b.'],
    ['one of several kinds', z.union([z.number(), z.boolean()], { error: 'Write one' }), 'Add it. Write one.'],
    ['a list', z.array(z.string()), 'Add it. It must be a list.'],
  ])('is told at the mapping that lacks it, for %s', (_what, schema, hint) => {
    expect(renderIssues(z.strictObject({ a: z.strictObject({ key: schema }) }), { a: {} })).toEqual([
      `a: CONFIG_MISSING_KEY: a.key is missing\n  hint: ${hint}`,
    ]);
  });
});
