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
