import { describe, expect, it } from 'vitest';
import { loadPack } from '../../../../src/collectors/sql/load-pack.ts';
import { errorsOf, problemsOf } from '../../support/problems.ts';

function problemsOfPack(text: string): string {
  return problemsOf(() => loadPack('pack.yaml', text));
}

function codesOfPack(text: string): readonly string[] {
  return errorsOf(() => loadPack('pack.yaml', text)).map(({ code }) => code);
}

describe('the problems of a pack', () => {
  it('are an empty file, and one that is no mapping', () => {
    expect(problemsOfPack('# nothing yet\n')).toMatchInlineSnapshot(`
      "pack.yaml:1:1: CONFIG_BAD_VALUE: the document is empty
        hint: It must be a mapping."
    `);
    expect(problemsOfPack('- pg_x\n')).toMatchInlineSnapshot(`
      "pack.yaml:1:1: CONFIG_BAD_VALUE: the document is a list
        hint: It must be a mapping."
    `);
  });

  it('are keys that are not known, and what is missing', () => {
    expect(
      problemsOfPack(`pg_x:
  querry: SELECT 1
  mastre: true
  metrics:
    - n: {usage: GAUGE, descr: N.}
    - m: {description: M.}
pg_y:
  query: SELECT 1
pg_z:
`),
    ).toMatchInlineSnapshot(`
      "pack.yaml:1:1: CONFIG_MISSING_KEY: pg_x.query is missing
        hint: Add it. It must be a string.
      pack.yaml:5:25: CONFIG_UNKNOWN_KEY: the key "descr" is not known in pg_x.metrics.0.n
        hint: Known here: usage, description, rename, name, scale, default, metric_mapping, pg_version, bucket.
      pack.yaml:6:7: CONFIG_MISSING_KEY: pg_x.metrics.1.m.usage is missing
        hint: Add it. Use LABEL, COUNTER, GAUGE, HISTOGRAM, INFO, DISCARD, MAPPEDMETRIC, DURATION.
      pack.yaml:2:3: CONFIG_UNKNOWN_KEY: the key "querry" is not known in pg_x
        hint: Did you mean "query"?
      pack.yaml:3:3: CONFIG_UNKNOWN_KEY: the key "mastre" is not known in pg_x
        hint: Did you mean "master"?
      pack.yaml:7:1: CONFIG_MISSING_KEY: pg_y.metrics is missing
        hint: Add it. It must be a list.
      pack.yaml:9:1: CONFIG_BAD_VALUE: pg_z is empty
        hint: It must be a mapping."
    `);
  });

  it('are values that do not fit', () => {
    expect(
      problemsOfPack(`pg_x:
  query: "  "
  name: pg-x
  prefix: 1pg
  runonserver: newer than 13
  min_version: 14
  max_version: 14.5
  tags: [replica, extention:x, two words, "dbname:"]
  enabled: sometimes
  timeout: soon
  metrics:
    - n: {usage: GOUGE, rename: a-b, scale: milli, default: none}
    - m: {usage: MAPPEDMETRIC, metric_mapping: {on: yes please}, pg_version: new}
pg_y:
  query: [SELECT 1]
  metrics: []
pg_z:
  query: SELECT 1
  metrics:
    - a: {usage: LABEL}
      n: {usage: GAUGE}
    - {}
    - n
pg-w: {query: SELECT 1, metrics: [n: {usage: GAUGE}]}
`),
    ).toMatchInlineSnapshot(`
      "pack.yaml:3:3: CONFIG_BAD_VALUE: pg_x.name is "pg-x"
        hint: Use letters, digits and _; a digit cannot be the first.
      pack.yaml:4:3: CONFIG_BAD_VALUE: pg_x.prefix is "1pg"
        hint: Use letters, digits and _; a digit cannot be the first.
      pack.yaml:2:3: CONFIG_BAD_VALUE: pg_x.query is ""
        hint: Write a query.
      pack.yaml:5:3: CONFIG_BAD_VALUE: pg_x.runonserver is "newer than 13"
        hint: Write a version range such as ">=14" or ">=13.2 <17".
      pack.yaml:6:3: CONFIG_BAD_VALUE: pg_x.min_version is 14
        hint: Write it as server_version_num does, such as 140000.
      pack.yaml:7:3: CONFIG_BAD_VALUE: pg_x.max_version is 14.5
        hint: It must be a whole number.
      pack.yaml:8:19: CONFIG_BAD_VALUE: pg_x.tags.1 is "extention:x"
        hint: Before the colon write dbname, username, extension, schema, not (did you mean "extension"?).
      pack.yaml:8:32: CONFIG_BAD_VALUE: pg_x.tags.2 is "two words"
        hint: Write one word.
      pack.yaml:8:43: CONFIG_BAD_VALUE: pg_x.tags.3 is "dbname:"
        hint: Write a name after dbname:.
      pack.yaml:9:3: CONFIG_BAD_VALUE: pg_x.enabled is "sometimes"
        hint: It must be a boolean.
      pack.yaml:10:3: CONFIG_BAD_VALUE: pg_x.timeout is "soon"
        hint: Write a number.
      pack.yaml:12:11: CONFIG_BAD_VALUE: pg_x.metrics.0.n.usage is "GOUGE"
        hint: Use LABEL, COUNTER, GAUGE, HISTOGRAM, INFO, DISCARD, MAPPEDMETRIC, DURATION (did you mean "GAUGE"?).
      pack.yaml:12:25: CONFIG_BAD_VALUE: pg_x.metrics.0.n.rename is "a-b"
        hint: Use letters, digits and _.
      pack.yaml:12:38: CONFIG_BAD_VALUE: pg_x.metrics.0.n.scale is "milli"
        hint: Write a number.
      pack.yaml:12:52: CONFIG_BAD_VALUE: pg_x.metrics.0.n.default is "none"
        hint: Write a number.
      pack.yaml:13:49: CONFIG_BAD_VALUE: pg_x.metrics.1.m.metric_mapping.on is "yes please"
        hint: Write a number.
      pack.yaml:13:66: CONFIG_BAD_VALUE: pg_x.metrics.1.m.pg_version is "new"
        hint: Write a version range such as ">=14" or ">=13.2 <17".
      pack.yaml:15:3: CONFIG_BAD_VALUE: pg_y.query is a list
        hint: It must be a string.
      pack.yaml:16:3: CONFIG_BAD_VALUE: pg_y.metrics is an empty list
        hint: Declare at least one column.
      pack.yaml:20:7: CONFIG_BAD_VALUE: pg_z.metrics.0 is a mapping
        hint: Write one column an entry, and indent its keys further than its name.
      pack.yaml:22:7: CONFIG_BAD_VALUE: pg_z.metrics.1 is a mapping
        hint: Write one column an entry, and indent its keys further than its name.
      pack.yaml:23:7: CONFIG_BAD_VALUE: pg_z.metrics.2 is "n"
        hint: It must be a mapping.
      pack.yaml:24:1: CONFIG_BAD_VALUE: pg-w is "pg-w"
        hint: Use letters, digits and _; a digit cannot be the first."
    `);
  });

  it('are a collector without a metric', () => {
    expect(
      problemsOfPack(`pg_x:
  query: SELECT 1
  ttl: 1
  metrics:
    - a: {usage: LABEL}
    - b: {usage: DISCARD}
`),
    ).toMatchInlineSnapshot(`
      "pack.yaml:4:3: CONFIG_MISSING_KEY: pg_x has no metric, only labels
        hint: Give one column the usage GAUGE or COUNTER."
    `);
  });

  it('are names that Prometheus does not accept', () => {
    expect(
      problemsOfPack(`pg_x:
  query: SELECT 1
  metrics:
    - my label: {usage: LABEL}
    - __name__: {usage: LABEL}
    - ?column?: {usage: GAUGE}
    - größe: {usage: COUNTER}
    - Größe: {usage: GAUGE, rename: size_bytes}
    - any thing: {usage: DISCARD}
    - version: {usage: INFO}
`),
    ).toMatchInlineSnapshot(`
      "pack.yaml:4:7: PACK_BAD_NAME: "my label" cannot be the name of a label
        hint: Add rename: with letters, digits and _; not __ in front.
      pack.yaml:5:7: PACK_BAD_NAME: "__name__" cannot be the name of a label
        hint: Add rename: with letters, digits and _; not __ in front.
      pack.yaml:6:7: PACK_BAD_NAME: "pg_x_?column?" cannot be the name of a metric
        hint: Add rename: with letters, digits and _; not __ in front.
      pack.yaml:7:7: PACK_BAD_NAME: "pg_x_größe" cannot be the name of a metric
        hint: Add rename: with letters, digits and _; not __ in front.
      pack.yaml:10:7: PACK_BAD_NAME: pg_x_version is of usage INFO, but its name does not end in _info
        hint: Add rename: info."
    `);
  });

  it('are names that come twice in one block', () => {
    expect(
      problemsOfPack(`pg_x:
  query: SELECT 1
  metrics:
    - a: {usage: LABEL}
    - b: {usage: LABEL, rename: a, pg_version: ">=17"}
    - n: {usage: GAUGE}
    - m: {usage: GAUGE, rename: n}
    - o: {usage: GAUGE, rename: size, pg_version: "<17"}
    - p: {usage: GAUGE, rename: size, pg_version: ">=16"}
`),
    ).toMatchInlineSnapshot(`
      "pack.yaml:5:7: PACK_BAD_NAME: two labels are named a
        hint: Add rename: to one.
      pack.yaml:7:7: PACK_DUPLICATE_FAMILY: two columns give the family pg_x_n
        hint: Add rename: to one, or bound both by pg_version.
      pack.yaml:9:7: PACK_DUPLICATE_FAMILY: two columns give the family pg_x_size
        hint: Add rename: to one, or bound both by pg_version."
    `);
  });

  it('are not two columns of one name that no version has both of, nor a label and a metric of one name', () => {
    const text = `pg_x:
  query: SELECT 1
  metrics:
    - n: {usage: LABEL}
    - o: {usage: GAUGE, rename: n, pg_version: "<17"}
    - p: {usage: GAUGE, rename: n, pg_version: ">=17"}
`;
    expect(loadPack('pack.yaml', text).map(({ families }) => families.length)).toEqual([1]);
  });

  it('are branches that disagree about a family', () => {
    expect(
      problemsOfPack(`pg_x_13:
  name: pg_x
  prefix: pg_x
  query: SELECT 1
  max_version: 140000
  metrics: [a: {usage: LABEL}, b: {usage: LABEL}, n: {usage: GAUGE}, m: {usage: GAUGE}]
pg_x_14:
  name: pg_x
  prefix: pg_x
  query: SELECT 1
  min_version: 140000
  metrics:
    - b: {usage: LABEL}
    - a: {usage: LABEL}
    - n: {usage: GAUGE}
    - m: {usage: COUNTER}
pg_x_old:
  name: pg_x
  prefix: pg_x
  query: SELECT 1
  max_version: 130000
  metrics:
    - n: {usage: GAUGE}
`),
    ).toMatchInlineSnapshot(`
      "pack.yaml:15:7: PACK_DUPLICATE_FAMILY: pg_x_n is a gauge with the labels b, a here and a gauge with the labels a, b in another branch
        hint: Give it the same usage and the same labels in every branch, or another name.
      pack.yaml:16:7: PACK_DUPLICATE_FAMILY: pg_x_m is a counter with the labels b, a here and a gauge with the labels a, b in another branch
        hint: Give it the same usage and the same labels in every branch, or another name.
      pack.yaml:23:7: PACK_DUPLICATE_FAMILY: pg_x_n is a gauge with no labels here and a gauge with the labels a, b in another branch
        hint: Give it the same usage and the same labels in every branch, or another name."
    `);
  });

  it('are branches for the same server', () => {
    expect(
      problemsOfPack(`pg_x: {query: SELECT 1, max_version: 150000, metrics: [n: {usage: GAUGE}]}
pg_x_14: {name: pg_x, query: SELECT 1, runonserver: ">=14", tags: [standby], metrics: [n: {usage: GAUGE}]}
PG_X: {query: SELECT 1, runonserver: ">=16", prefix: pg_x, metrics: [n: {usage: GAUGE}]}
`),
    ).toMatchInlineSnapshot(`
      "pack.yaml:2:1: PACK_DUPLICATE_COLLECTOR: pg_x_14 and pg_x both apply to a standby of PostgreSQL 14
        hint: Bound them by runonserver, tags or a predicate_query, or give one another name.
      pack.yaml:3:1: PACK_DUPLICATE_COLLECTOR: PG_X and pg_x_14 both apply to a standby of PostgreSQL 16
        hint: Bound them by runonserver, tags or a predicate_query, or give one another name."
    `);
  });

  it.each([
    ['versions that meet at no server', 'max_version: 140000', 'min_version: 140000'],
    ['ranges that meet at no server', 'runonserver: "<14"', 'runonserver: ">=14"'],
    ['two kinds of bounds', 'runonserver: "<14"', 'min_version: 140000'],
    ['roles', 'tags: [primary]', 'tags: [standby]'],
    ['versions that only servers older than 13 have', 'runonserver: "<12"', 'runonserver: ">=10 <13"'],
  ])('are not branches apart by %s', (_how, one, other) => {
    const block = (bounds: string): string => `{name: x, ${bounds}, query: SELECT 1, metrics: [n: {usage: GAUGE}]}`;
    expect(loadPack('pack.yaml', `a: ${block(one)}\nb: ${block(other)}\n`)).toHaveLength(1);
  });

  it.each([
    ['no bounds at all', 'timeout: 1', 'timeout: 2'],
    ['one inside the other', 'min_version: 130000', 'runonserver: ">=15 <16"'],
    ['a minor release in common', 'runonserver: "<=15.0"', 'runonserver: ">=15"'],
    ['a role in common', 'tags: [primary]', 'tags: [primary, standby]'],
    ['the oldest version in common', 'max_version: 140000', 'runonserver: "<14"'],
    ['the newest versions in common', 'min_version: 180000', 'min_version: 190000'],
  ])('are branches with %s', (_what, one, other) => {
    const block = (bounds: string): string => `{name: x, ${bounds}, query: SELECT 1, metrics: [n: {usage: GAUGE}]}`;
    expect(codesOfPack(`a: ${block(one)}\nb: ${block(other)}\n`)).toEqual(['PACK_DUPLICATE_COLLECTOR']);
  });

  it('are told of all collectors at once', () => {
    const text = `a: {ttl: 1, query: SELECT 1, metrics: [l: {usage: LABEL}]}
b: {query: SELECT 1, metrics: ["x y": {usage: GAUGE}]}
c: {query: SELECT 1, metrics: [n: {usage: INFO}]}
`;
    expect(errorsOf(() => loadPack('pack.yaml', text)).map(({ code, where }) => [code, where.line])).toEqual([
      ['CONFIG_MISSING_KEY', 1],
      ['PACK_BAD_NAME', 2],
      ['PACK_BAD_NAME', 3],
    ]);
  });
});
