import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readDocument } from '../../../src/config/document.ts';
import { errorsOf, problemsOf } from '../support/problems.ts';

const column = z.strictObject({ usage: z.enum(['LABEL', 'GAUGE']), description: z.string().optional() });
const block = z.strictObject({
  query: z.string(),
  timeout: z.number().optional(),
  metrics: z.array(z.record(z.string(), column)),
});
const pack = z.record(z.string(), block);

function problemsOfText(text: string): string {
  return problemsOf(() => readDocument('pack.yaml', text, pack));
}

describe('reading a document', () => {
  it('gives the value that the schema made of it', () => {
    const schema = z.strictObject({ a: z.string().transform((text) => text.length) });
    expect(readDocument('a.yaml', 'a: four\n', schema).value).toEqual({ a: 4 });
  });

  it('gives the place of a key, of an element of a list, and of the nearest part that exists', () => {
    const text = 'pg_a:\n  query: SELECT 1\n  metrics:\n    - x: {usage: GAUGE}\n    - y: {usage: LABEL}\n';
    const { where } = readDocument('pack.yaml', text, pack);
    const file = 'pack.yaml';
    expect(where(['pg_a'])).toEqual({ file, line: 1, column: 1 });
    expect(where(['pg_a', 'query'])).toEqual({ file, line: 2, column: 3 });
    expect(where(['pg_a', 'metrics', 1])).toEqual({ file, line: 5, column: 7 });
    expect(where(['pg_a', 'metrics', 1, 'y', 'usage'])).toEqual({ file, line: 5, column: 11 });
    expect(where(['pg_a', 'metrics', 9, 'z'])).toEqual({ file, line: 3, column: 3 });
    expect(where(['pg_b', 'query'])).toEqual({ file, line: 1, column: 1 });
  });

  it('gives the beginning as the place of an empty document', () => {
    expect(readDocument('empty.yaml', '', z.null()).where(['a'])).toEqual({ file: 'empty.yaml', line: 1, column: 1 });
  });

  it('finds the place of a key that is written as a number', () => {
    const { where } = readDocument('a.yaml', 'x: 1\n5: 2\n', z.record(z.string(), z.number()));
    expect(where(['5'])).toMatchObject({ line: 2, column: 1 });
  });
});

describe('the problems of a document', () => {
  it('are told all at once, each at its place, with its cure', () => {
    const text = `pg_a:
  query: 5
  timeout: soon
  metrics:
    - x: {usage: GUAGE}
    - y: {usage: LABEL, descripton: Y.}
pg_b:
  metrics: {}
  querry: SELECT 1
`;
    expect(problemsOfText(text)).toMatchInlineSnapshot(`
      "pack.yaml:2:3: CONFIG_BAD_VALUE: pg_a.query is 5
        hint: It must be a string.
      pack.yaml:3:3: CONFIG_BAD_VALUE: pg_a.timeout is "soon"
        hint: It must be a number.
      pack.yaml:5:11: CONFIG_BAD_VALUE: pg_a.metrics.0.x.usage is "GUAGE"
        hint: Use LABEL, GAUGE (did you mean "GAUGE"?).
      pack.yaml:6:25: CONFIG_UNKNOWN_KEY: the key "descripton" is not known in pg_a.metrics.1.y
        hint: Did you mean "description"?
      pack.yaml:7:1: CONFIG_MISSING_KEY: pg_b.query is missing
        hint: Add it. It must be a string.
      pack.yaml:8:3: CONFIG_BAD_VALUE: pg_b.metrics is a mapping
        hint: It must be a list.
      pack.yaml:9:3: CONFIG_UNKNOWN_KEY: the key "querry" is not known in pg_b
        hint: Did you mean "query"?"
    `);
  });

  it('stand where an alias has its content', () => {
    const text = `pg_a:
  query: SELECT 1
  metrics: &columns
    - x: {usage: GAUGE}
    - y: {usage: GOUGE}
pg_b:
  query: SELECT 1
  metrics: *columns
`;
    expect(errorsOf(() => readDocument('pack.yaml', text, pack)).map(({ where }) => where)).toEqual([
      { file: 'pack.yaml', line: 5, column: 11 },
      { file: 'pack.yaml', line: 5, column: 11 },
    ]);
  });

  it('stand where a merge has its content, and at the key that overrides it', () => {
    const text = `pg_a: &base
  query: SELECT 1
  timeout: soon
  metrics: []
pg_b:
  <<: *base
  timeout: later
pg_c:
  <<: [{query: 7}, *base]
`;
    expect(problemsOfText(text)).toMatchInlineSnapshot(`
      "pack.yaml:3:3: CONFIG_BAD_VALUE: pg_a.timeout is "soon"
        hint: It must be a number.
      pack.yaml:7:3: CONFIG_BAD_VALUE: pg_b.timeout is "later"
        hint: It must be a number.
      pack.yaml:9:9: CONFIG_BAD_VALUE: pg_c.query is 7
        hint: It must be a string.
      pack.yaml:3:3: CONFIG_BAD_VALUE: pg_c.timeout is "soon"
        hint: It must be a number."
    `);
  });

  it('are those of the syntax alone where that is broken', () => {
    expect(problemsOfText('pg_a:\n  query: "SELECT 1\n  metrics: []\npg_a: 5\n')).toMatchInlineSnapshot(
      `
      "pack.yaml:5:1: CONFIG_YAML_SYNTAX: Missing closing "quote
        hint: Close what is open: a quote, a bracket, a brace; or write the colon with a blank after it."
    `,
    );
  });

  it.each([
    ['a key twice', 'a: 1\nb: 2\na: 3\n', { line: 3, column: 1 }, /unique/],
    ['a tab for indentation', 'a:\n\tb: 1\n', { line: 2, column: 1 }, /[Tt]ab/],
    ['two documents', 'a: 1\n---\nb: 1\n', { line: 2, column: 1 }, /second document/],
    ['an alias to nothing', 'x: &x 5\na: *x\nb: *gone\nc: *lost\n', { line: 3, column: 4 }, /alias/],
    ['a merge of what is no map', 'x: &x 5\na:\n  <<: *x\n', { line: 3, column: 3 }, /[Mm]erge/],
  ])('are told for %s', (_what, text, place, message) => {
    const [error, ...others] = errorsOf(() => readDocument('pack.yaml', text, z.unknown()));
    expect(others).toEqual([]);
    expect(error?.code).toBe('CONFIG_YAML_SYNTAX');
    expect(error?.where).toEqual({ file: 'pack.yaml', ...place });
    expect(error?.message).toMatch(message);
  });

  it.each(['*S3CRET', '|S3CRET', '>S3CRET', '"S3CRET" S3CRET', '"S3CRET', '@S3CRET', 'S3CRET: S3CRET', '[S3CRET'])(
    'do not repeat a password that should have been quoted: %s',
    (password) => {
      const text = `data_source:\n  pass: ${password}\n`;
      const [error] = errorsOf(() => readDocument('walguard.yml', text, z.unknown()));
      expect(error?.code).toBe('CONFIG_YAML_SYNTAX');
      expect(`${error?.message} ${error?.hint} ${String(error?.cause)}`).not.toContain('S3CRET');
    },
  );

  it('include aliases that expand without end', () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const aliases = Array.from({ length: 9 }, () => `*l${level}`).join(', ');
      return `l${level + 1}: &l${level + 1} [${aliases}]\n`;
    });
    const bomb = `l0: &l0 [x]\n${levels.join('')}`;
    expect(errorsOf(() => readDocument('bomb.yaml', bomb, z.unknown())).map(({ code }) => code)).toEqual([
      'CONFIG_YAML_SYNTAX',
    ]);
  });
});
