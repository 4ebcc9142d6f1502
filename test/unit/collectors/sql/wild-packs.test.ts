import { describe, expect, it } from 'vitest';
import { loadPack } from '../../../../src/collectors/sql/load-pack.ts';
import { factsOf } from '../../support/facts.ts';
import { errorsOf } from '../../support/problems.ts';

/** Odd, and all of it read by the exporters it is for. */
const odd = `---
# A word before everything.
shared: &shared
    query: |
        SELECT 1 AS n, 'a' AS l
        -- a word at the end
    metrics:
    - l: &label { usage: LaBeL , description: }
    - n: {"usage": "GAUGE", 'description': 'It''s "n": one'}
again:
    <<: *shared
    name: "again_and_again"
    ttl: "60"
    min_version: "090400"
folded:
    query: >-
        SELECT 1 AS on,
               2 AS yes
    master: Yes
    cache_seconds: 1e1
    metrics:
        -   on:
                usage: Gauge
                description: 5
        -   "yes": {usage: counter, scale: "1e-3", default: '0'}
        -   mood: {usage: MAPPEDMETRIC, metric_mapping: {true: 1, off: "2.5", 3: 3}}
`;

describe('a pack as they are in the field', () => {
  it('is read whole', () => {
    const collectors = loadPack('odd.yml', odd);
    expect(collectors.map(({ name, families }) => [name, families.map((family) => family.help)])).toEqual([
      ['shared', [`It's "n": one`]],
      ['again_and_again', [`It's "n": one`]],
      ['folded', ['5', 'Column yes of the query folded.', 'Column mood of the query folded.']],
    ]);
    expect(collectors.map((collector) => collector.choose(factsOf({})))).toMatchObject([
      { sql: "SELECT 1 AS n, 'a' AS l\n-- a word at the end" },
      { ttlMs: 60_000 },
      { sql: 'SELECT 1 AS on,\n       2 AS yes', ttlMs: 10_000 },
    ]);
  });

  it('keeps the names it has, whatever YAML it says it is', () => {
    const block = 'pg_x:\n  query: SELECT 1\n  master: yes\n  metrics: [n: {usage: GAUGE}, on: {usage: GAUGE}]\n';
    for (const start of ['', '\uFEFF', '---\n', '%YAML 1.1\n---\n', '%YAML 1.2\n---\n']) {
      for (const text of [block, block.replaceAll('\n', '\r\n')]) {
        const names = loadPack('odd.yml', start + text).flatMap(({ families }) => families.map(({ name }) => name));
        expect([start, names]).toEqual([start, ['pg_x_n', 'pg_x_on']]);
      }
    }
  });

  it('may go on inside quotes with tabs, or with less indentation than the key', () => {
    const text = `a:
    query: "SELECT 'it''s', \\"n\\",
\t\t\t1 AS n
\tFROM (
\t
SELECT 2) x" # a word
    metrics:
    - n: {usage: GAUGE, description: 'One''s
\tn'}
b:
    query: SELECT 1
    metrics: [m: {usage: GAUGE}]
`;
    const collectors = loadPack('odd.yml', text);
    expect(collectors[0]?.choose(factsOf({}))).toMatchObject({
      sql: `SELECT 'it''s', "n", 1 AS n FROM (\nSELECT 2) x`,
    });
    expect(collectors.map(({ name, families, where }) => [name, families[0]?.help, where().line])).toEqual([
      ['a', "One's n", 1],
      ['b', 'Column m of the query b.', 10],
    ]);
  });

  it('may hold the words that forks of the other exporters have', () => {
    const text = `
a: {query: SELECT 1, query_aurora: "!", metrics: [n: {usage: GAUGE}]}
b: {query: SELECT 2, skip_errors: true, metrics: [n: {usage: GAUGE}]}
`;
    expect(loadPack('odd.yml', text).map((collector) => collector.choose(factsOf({})))).toMatchObject([
      { sql: 'SELECT 1' },
      { sql: 'SELECT 2' },
    ]);
  });

  it.each([
    ['', ['gauge two']],
    ['predicate_query: SELECT true, ', ['gauge two']],
  ])('may declare a column again: { %s... } takes what stands last', (keys, expected) => {
    const text = `x: {${keys}query: SELECT 1, metrics: [l: {usage: LABEL}, n: {usage: COUNTER, description: one}, n: {usage: GAUGE, description: two}, l: {usage: LABEL}]}\n`;
    const families = loadPack('odd.yml', text).flatMap((collector) => collector.families);
    expect(families.map(({ type, help }) => `${type} ${help}`)).toEqual(expected);
    expect(families[0]?.labelNames).toEqual(['l']);
  });

  it('is refused for a column that is declared again where pg_exporter refuses it too', () => {
    const text = 'x: {ttl: 1, query: SELECT 1, metrics: [n: {usage: GAUGE}, n: {usage: GAUGE}]}\n';
    expect(errorsOf(() => loadPack('odd.yml', text)).map(({ code }) => code)).toEqual(['PACK_DUPLICATE_FAMILY']);
  });

  it.each([
    [
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: q}\ndata:\n  queries: |\n    x: {}\n',
      'what data.queries holds',
    ],
    ['apiVersion: v1\nkind: Secret\ndata:\n', 'what data.... holds'],
  ])('is not what Kubernetes wraps it in: %j', (text, cure) => {
    const [error, ...others] = errorsOf(() => loadPack('odd.yml', text));
    expect(others).toEqual([]);
    expect(error?.where.line).toBe(2);
    expect(error?.message).toMatch(/^kind is "/);
    expect(error?.hint).toContain(cure);
  });

  it.each([
    ['x: |\n  query: SELECT 1\n  metrics: []\n', 'remove the |'],
    ['x:\n\tquery: SELECT 1\n\tmetrics:\n\t- n:\n', 'Indent with blanks'],
    ['x: {}\n---\ny: {}\n', 'a file of its own'],
    ['x: {}\ny: {}\nx: {}\n', 'Remove or rename one'],
  ])('says the cure, once: %j', (text, cure) => {
    const errors = errorsOf(() => loadPack('odd.yml', text));
    expect(errors.filter(({ hint }) => hint?.includes(cure))).toHaveLength(1);
    expect(errors).toHaveLength(1);
  });

  it.each([
    ['x:\n  query: SELECT 1\n  metrics:\n  - n:\n    usage: GAUGE\n', 4, 'x.metrics.0'],
    ['x:\n  query: SELECT 1\n  metrics:\n    n: {usage: GAUGE}\n', 3, 'x.metrics'],
    ['x:\n  query: SELECT 1\n  metrics: [n: {usage: GAUGE}]\n  query: SELECT 2\n', 4, 'unique'],
    ['x:\n  query: SELECT 1\n  metrics: [n: {}]\n', 3, 'x.metrics.0.n.usage'],
    ['x:\n  query: SELECT 1\n  metrics: [n: ]\n', 3, 'x.metrics.0.n'],
    ['x:\n\tquery: SELECT 1\n', 2, 'ab'],
    ['x: {query: SELECT 1, metrics: [n: {usage: GAUGE}]}\n---\ny: {}\n', 2, 'document'],
  ])('is never read by half: %j is refused at line %i', (text, line, word) => {
    const [error] = errorsOf(() => loadPack('odd.yml', text));
    expect(error?.where.line).toBe(line);
    expect(error?.message).toContain(word);
  });
});
