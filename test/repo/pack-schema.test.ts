import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_PACKS, OPTIONAL_PACKS, readShipped, REPLACING_PACKS } from '../../src/app/shipped-packs.ts';
import { type Block, type ColumnSpec, packOrNothing } from '../../src/collectors/sql/schema.ts';
import { BLOCK_HOVERS, COLUMN_HOVERS } from '../support/pack-schema-hovers.ts';

const schema = JSON.parse(readFileSync(new URL('../../packs/schema.json', import.meta.url), 'utf8')) as object;
const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);

function fits(text: string): boolean {
  return validate(parse(text, { merge: true }));
}

/** A block with one more key, or with another value of one it has. */
function blockWith(key: string, value: unknown): unknown {
  return { pg_a: { query: 'SELECT 1', metrics: [{ a: { usage: 'GAUGE' } }], [key]: value } };
}

function columnWith(key: string, value: unknown): unknown {
  return { pg_a: { query: 'SELECT 1', metrics: [{ a: { usage: 'GAUGE', [key]: value } }] } };
}

function isTaken(pack: unknown): boolean {
  return packOrNothing.safeParse(pack).success;
}

describe('packs/schema.json', () => {
  it.each([...DEFAULT_PACKS, ...OPTIONAL_PACKS, ...REPLACING_PACKS])('takes the shipped pack %s', (file) => {
    expect(fits(readShipped(file))).toBe(true);
  });

  it.each([
    ['small capitals', 'pg_a: {query: SELECT 1, metrics: [a: {usage: gauge}]}'],
    ['mixed capitals', 'pg_a: {query: SELECT 1, metrics: [a: {usage: MappedMetric, metric_mapping: {x: "1"}}]}'],
    [
      'numbers in quotes',
      'pg_a: {query: SELECT 1, ttl: "10", min_version: "140000", metrics: [a: {usage: GAUGE, scale: "1e-3"}]}',
    ],
    ['words for true and false', 'pg_a: {query: SELECT 1, master: yes, skip: "Off", metrics: [a: {usage: GAUGE}]}'],
    [
      'keys without a value',
      'pg_a: {query: SELECT 1, desc: , tags: , ttl: , metrics: [a: {usage: GAUGE, description: }]}',
    ],
    [
      'numbers as text',
      'pg_a: {query: SELECT 1, desc: 13, target_databases: [1, true], metrics: [a: {usage: GAUGE, description: 5}]}',
    ],
    ['one database', 'pg_a: {query: SELECT 1, target_databases: "*", metrics: [a: {usage: GAUGE}]}'],
    ['a merge', 'pg_a: &a {query: SELECT 1, metrics: [a: {usage: GAUGE}]}\npg_b: {<<: *a, name: pg_c}'],
    ['nothing but comments', '# later'],
  ])('takes %s', (_what, text) => {
    expect(isTaken(parse(text, { merge: true }))).toBe(true);
    expect(fits(text)).toBe(true);
  });

  it.each([
    ['an unknown key', 'pg_a: {querry: SELECT 1, query: SELECT 1, metrics: [a: {usage: GAUGE}]}', '/pg_a', 'querry'],
    [
      'an unknown key of a column',
      'pg_a: {query: SELECT 1, metrics: [a: {usage: GAUGE, descripton: A}]}',
      '/pg_a/metrics/0/a',
      'descripton',
    ],
    ['an unknown usage', 'pg_a: {query: SELECT 1, metrics: [a: {usage: GUAGE}]}', '/pg_a/metrics/0/a/usage', ''],
    ['no usage', 'pg_a: {query: SELECT 1, metrics: [a: {description: A}]}', '/pg_a/metrics/0/a', 'usage'],
    ['no query', 'pg_a: {metrics: [a: {usage: GAUGE}]}', '/pg_a', 'query'],
    ['no columns', 'pg_a: {query: SELECT 1, metrics: []}', '/pg_a/metrics', ''],
    ['columns that are no list', 'pg_a: {query: SELECT 1, metrics: {a: {usage: GAUGE}}}', '/pg_a/metrics', ''],
    [
      'two columns in an entry',
      'pg_a: {query: SELECT 1, metrics: [{a: {usage: GAUGE}, c: {usage: GAUGE}}]}',
      '/pg_a/metrics/0',
      '',
    ],
    [
      'a tag that is none',
      'pg_a: {query: SELECT 1, tags: ["dbnam:x"], metrics: [a: {usage: GAUGE}]}',
      '/pg_a/tags/0',
      '',
    ],
    [
      'a version that is none',
      'pg_a: {query: SELECT 1, min_version: 14, metrics: [a: {usage: GAUGE}]}',
      '/pg_a/min_version',
      '',
    ],
    ['a switch that is none', 'pg_a: {query: SELECT 1, skip: perhaps, metrics: [a: {usage: GAUGE}]}', '/pg_a/skip', ''],
    ['a name that is none', '9pg-a: {query: SELECT 1, metrics: [a: {usage: GAUGE}]}', '', '9pg-a'],
    ['a pack that is a list', '[pg_a]', '', ''],
  ])('refuses %s, at its place', (_what, text, place, word) => {
    expect(isTaken(parse(text))).toBe(false);
    expect(fits(text)).toBe(false);
    expect(validate.errors?.map(({ instancePath }) => instancePath)).toContain(place);
    expect(JSON.stringify(validate.errors)).toContain(word);
  });

  const values = fc.oneof(
    fc.constantFrom(
      null,
      true,
      false,
      '',
      'x',
      'a b',
      'dbname:',
      'not:x',
      'x:y',
      'YES',
      'off',
      '5',
      '-1',
      '+.5e3',
      '140000',
      '00',
    ),
    fc.constantFrom(
      'gauge',
      'Label',
      'GUAGE',
      'pg_a',
      '9a',
      '__a',
      0,
      5,
      999,
      1000,
      9999,
      10_000,
      140_000,
      1e6,
      -1,
      1.5,
    ),
    fc.constantFrom([], ['x'], [1], ['x:y'], [1, 2], [2, 1], {}, { x: 1 }, { x: '1' }, [
      { predicate_query: 'SELECT true' },
    ]),
    fc.constantFrom(
      [{ predicate_query: 'SELECT true', ttl: '5' }],
      [{ predicate_query: '', ttl: 5 }],
      [{ query: 'SELECT true' }],
    ),
  );
  /** What the parser knows and the schema does not: ranges, bounds that ascend, keys that belong to others. */
  const looser: readonly string[] = [
    'runonserver',
    'pg_version',
    'bucket',
    'metric_mapping',
    'query',
    'predicate_query',
    'predicate_queries',
  ];

  it.each([
    ...Object.keys(BLOCK_HOVERS satisfies Record<keyof Block, string>).map(
      (key) => ['a block', key, blockWith] as const,
    ),
    ...Object.keys(COLUMN_HOVERS satisfies Record<keyof ColumnSpec, string>).map(
      (key) => ['a column', key, columnWith] as const,
    ),
  ])(
    'takes for a key of %s, %s, what the parser takes, and what depends on that key alone nothing else',
    (_of, key, make) => {
      fc.assert(
        fc.property(values, (value) => {
          const pack = make(key, value);
          const isFit = validate(pack);
          if (isTaken(pack)) expect(isFit).toBe(true);
          else if (!looser.includes(key)) expect(isFit).toBe(false);
        }),
        { numRuns: 300 },
      );
    },
  );
});
