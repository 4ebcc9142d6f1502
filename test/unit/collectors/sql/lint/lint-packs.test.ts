import { describe, expect, it } from 'vitest';
import { lintPacks } from '../../../../../src/collectors/sql/lint/index.ts';
import type { CheckedPack } from '../../../../../src/collectors/sql/lint/checked-pack.ts';
import type { KnownFamily } from '../../../../../src/collectors/sql/lint/family-rules.ts';
import { readDrafts, readPack } from '../../../../../src/collectors/sql/load-pack.ts';

function packOf(file: string, text: string): CheckedPack {
  const { where, whereIn, ...document } = readPack(file, text);
  return { where, whereIn, seesPublic: true, drafts: readDrafts({ ...document, where, whereIn }, {}) };
}

/** What is found in packs, as `line:column CODE message`, and the file before it where there are several. */
function found(texts: string | readonly string[], shipped: readonly KnownFamily[] = []): readonly string[] {
  const all = [texts].flat();
  const packs = all.map((text, index) => packOf(`${index + 1}.yaml`, text));
  return lintPacks(packs, shipped).map(({ code, message, where }) => {
    const place = [...(all.length === 1 ? [] : [where.file]), where.line, where.column].join(':');
    return `${place} ${code} ${message}`;
  });
}

/** A block whose columns are metrics with a description. */
function block(key: string, more = '', columns: readonly string[] = ['a: {usage: GAUGE, description: A.}']): string {
  const query = more.includes('query:') ? '' : `query: SELECT '${key}', `;
  return `${key}: {${query}${more === '' ? '' : `${more}, `}metrics: [${columns.join(', ')}]}\n`;
}

function column(name: string, usage = 'GAUGE', more = ''): string {
  return `${name}: {usage: ${usage}, description: X.${more}}`;
}

describe('names', () => {
  it.each([
    ['requests', 'COUNTER', 'CHECK_COUNTER_NAME pg_t_requests is a counter, but its name does not end in _total'],
    [
      'requests_total',
      'GAUGE',
      "CHECK_COUNTER_NAME pg_t_requests_total is a gauge, but its name ends in _total as a counter's",
    ],
    ['wait_ms', 'GAUGE', 'CHECK_UNIT pg_t_wait_ms is in ms, and not in the base unit'],
    ['wait_milliseconds', 'GAUGE', 'CHECK_UNIT pg_t_wait_milliseconds is in milliseconds, and not in the base unit'],
    ['kb_read_total', 'COUNTER', 'CHECK_UNIT pg_t_kb_read_total is in kb, and not in the base unit'],
    ['age_minutes', 'GAUGE', 'CHECK_UNIT pg_t_age_minutes is in minutes, and not in the base unit'],
    ['used_percent', 'GAUGE', 'CHECK_UNIT pg_t_used_percent is in percent, and not in the base unit'],
    ['wait', 'DURATION', 'CHECK_UNIT pg_t_wait_milliseconds is in milliseconds, and not in the base unit'],
    ['rows_count', 'GAUGE', 'CHECK_RESERVED_NAME pg_t_rows_count ends in _count and is no histogram'],
    ['rows_sum', 'GAUGE', 'CHECK_RESERVED_NAME pg_t_rows_sum ends in _sum and is no histogram'],
    ['rows_bucket', 'GAUGE', 'CHECK_RESERVED_NAME pg_t_rows_bucket ends in _bucket and is no histogram'],
    ['rowsRead', 'GAUGE', 'CHECK_NAME_STYLE the metric pg_t_rowsRead is in camelCase'],
    ['read_gauge', 'GAUGE', 'CHECK_NAME_STYLE pg_t_read_gauge has the type gauge in its name'],
  ])('of a metric: %s as %s', (name, usage, told) => {
    expect(found(block('pg_t', '', [column(name, usage)]))).toEqual([expect.stringContaining(` ${told}`)]);
  });

  it.each([
    ['requests_total', 'COUNTER'],
    ['wait_seconds', 'GAUGE'],
    ['size_bytes', 'GAUGE'],
    ['counters', 'GAUGE'],
    ['took', 'HISTOGRAM'],
    ['age_minimum', 'GAUGE'],
  ])('of a metric: nothing is told of %s as %s', (name, usage) => {
    expect(found(block('pg_t', '', [column(name, usage)]))).toEqual([]);
  });

  it('of a histogram of rows are what its usage makes of them', () => {
    expect(found(block('pg_t', '', [column('took', 'HISTOGRAM', ', bucket: [1]')]))).toEqual([]);
  });

  it.each([
    ['le', 'CHECK_RESERVED_NAME the label le of pg_t belongs to histograms and summaries'],
    ['quantile', 'CHECK_RESERVED_NAME the label quantile of pg_t belongs to histograms and summaries'],
    ['instance', 'CHECK_RESERVED_NAME the label instance of pg_t is one that Prometheus adds itself'],
    ['tableName', 'CHECK_NAME_STYLE the label tableName is in camelCase'],
  ])('of a label: %s', (name, told) => {
    expect(found(block('pg_t', '', [`${name}: {usage: LABEL}`, column('a')]))).toEqual([
      expect.stringContaining(` ${told}`),
    ]);
  });

  it('are told once where branches share a family', () => {
    const text =
      block('pg_13', 'name: pg_t, runonserver: "<14"', [column('a_ms')]) +
      block('pg_14', 'name: pg_t, runonserver: ">=14"', [column('a_ms')]);
    expect(found(text)).toHaveLength(1);
  });

  it('of metrics without a description are told, and those of labels are not', () => {
    expect(found(block('pg_t', '', ['l: {usage: LABEL}', 'a: {usage: GAUGE}', 'c: {usage: DISCARD}']))).toEqual([
      '1:59 CHECK_NO_DESCRIPTION pg_t_a has no description',
    ]);
  });
});

describe('families', () => {
  it('that are something else in another file are told with where', () => {
    const one = block('pg_t', '', ['l: {usage: LABEL}', column('a')]);
    const two = block('pg_u', 'name: pg_t', ['m: {usage: LABEL}', column('a')]);
    expect(found([one, two])).toEqual([
      '2.yaml:1:71 CHECK_FAMILIES_DISAGREE pg_t_a is a gauge with the labels m here and a gauge with the labels l in 1.yaml:1',
    ]);
  });

  it('that are something else in the packs of walguard are told with the collector', () => {
    const shipped = [
      { family: { name: 'pg_t_a', type: 'counter', help: '', labelNames: [] }, owner: "walguard's collector t" },
    ] as const;
    expect(found(block('pg_t'), shipped)).toEqual([
      "1:40 CHECK_FAMILIES_DISAGREE pg_t_a is a gauge with no labels here and a counter with no labels in walguard's collector t",
    ]);
  });

  it('whose labels are the same in another order agree', () => {
    const labels = ['l: {usage: LABEL}', 'm: {usage: LABEL}'];
    expect(
      found([
        block('pg_t', '', [...labels, column('a')]),
        block('pg_u', 'name: pg_t', [...labels.toReversed(), column('a')]),
      ]),
    ).toEqual([]);
  });
});

describe('servers', () => {
  it('between those that the branches of a collector cover, and covered by none, are told', () => {
    const text = block('pg_13', 'name: pg_t, runonserver: "<14"') + block('pg_16', 'name: pg_t, runonserver: ">=16"');
    expect(found(text)).toEqual([
      '1:1 CHECK_GAP t has no block for PostgreSQL 14 and 15, but for older and newer ones',
    ]);
  });

  it('of one role alone are told with the role', () => {
    const text =
      block('pg_13', 'name: pg_t, max_version: 140000') +
      block('pg_14', 'name: pg_t, min_version: 140000, max_version: 150000, tags: [primary]') +
      block('pg_15', 'name: pg_t, min_version: 150000');
    expect(found(text)).toEqual([
      '1:1 CHECK_GAP t has no block for a standby of PostgreSQL 14, but for older and newer ones',
    ]);
  });

  it('of some minor releases only are told too', () => {
    const text = block('pg_13', 'name: pg_t, runonserver: "<15.2"') + block('pg_16', 'name: pg_t, runonserver: ">=16"');
    expect(found(text)).toEqual(['1:1 CHECK_GAP t has no block for PostgreSQL 15, but for older and newer ones']);
  });

  it.each([
    ['at the ends', block('pg_14', 'runonserver: ">=14 <17"')],
    [
      'where another branch has them',
      block('pg_13', 'name: pg_t, runonserver: "<14"') + block('pg_14', 'name: pg_t, runonserver: ">=14"'),
    ],
  ])('that are not covered %s are no gap', (_where, text) => {
    expect(found(text)).toEqual([]);
  });

  it('that take two blocks of one name are told', () => {
    const text = block('pg_one', 'name: pg_t') + block('pg_two', 'name: pg_t', [column('c')]);
    expect(found(text)).toEqual([
      '2:1 CHECK_OVERLAP pg_two and pg_one are both named t, and a primary of PostgreSQL 13 takes both, as two collectors',
    ]);
  });
});

describe('what does nothing', () => {
  it.each([
    [
      'a block that is skipped',
      block('pg_t', 'skip: true'),
      '1:30 CHECK_NO_EFFECT pg_t is never loaded, for it says skip: true',
    ],
    [
      'a block for old servers',
      block('pg_t', 'runonserver: "<13"'),
      '1:1 CHECK_NO_EFFECT pg_t suits no server that walguard supports',
    ],
    [
      'tags of both roles',
      block('pg_t', 'tags: [primary, standby]'),
      '1:30 CHECK_NO_EFFECT the tags of pg_t name both roles, which is as good as none',
    ],
    [
      'per_database of a block that names its databases',
      block('pg_t', 'per_database: true, target_databases: [app]'),
      '1:30 CHECK_NO_EFFECT per_database of pg_t does nothing: it runs in the databases that the block names',
    ],
    [
      'scale of a label',
      block('pg_t', '', ['l: {usage: LABEL, scale: 2}', column('a')]),
      '1:58 CHECK_NO_EFFECT scale of the column l does nothing: a label is text',
    ],
    [
      'name of a label',
      block('pg_t', '', ['l: {usage: LABEL, name: m}', column('a')]),
      '1:58 CHECK_NO_EFFECT name of the column l does nothing: a label has the name of its column, or what rename says',
    ],
    [
      'name beside rename',
      block('pg_t', 'prefix: pg_t', [column('a', 'GAUGE', ', rename: e, name: f')]),
      '1:100 CHECK_NO_EFFECT name of the column a does nothing: rename is there too',
    ],
    [
      'rename of what is discarded',
      block('pg_t', '', ['c: {usage: DISCARD, rename: e}', column('a')]),
      '1:60 CHECK_NO_EFFECT rename of the column c does nothing: the column is discarded',
    ],
    [
      'scale of a histogram that the server counted',
      block('pg_t', '', [column('a', 'HISTOGRAM', ', scale: 2')]),
      '1:79 CHECK_NO_EFFECT scale of the column a does nothing: the server has counted the histogram',
    ],
    [
      'a column of versions that the block does not run on',
      block('pg_t', 'runonserver: "<15"', [column('a'), column('c', 'GAUGE', ', pg_version: ">=16"')]),
      '1:131 CHECK_NO_EFFECT the column c is never expected: its block runs on no server of pg_version >=16',
    ],
    [
      'a MAPPEDMETRIC without numbers',
      block('pg_t', '', [column('a', 'MAPPEDMETRIC')]),
      '1:40 CHECK_NO_EFFECT the column a never gives a sample: it is a MAPPEDMETRIC without a metric_mapping',
    ],
  ])('is told: %s', (_what, text, told) => {
    expect(found(text)).toEqual([told]);
  });

  it.each([
    ['a block for a pooler', block('pg_t', 'tags: [pgbouncer]')],
    [
      'name of a label in the dialect of pg_exporter',
      block('pg_t', 'ttl: 1', ['l: {usage: LABEL, name: m}', column('a')]),
    ],
    [
      'scale and default of a histogram of rows',
      block('pg_t', '', [column('a', 'HISTOGRAM', ', bucket: [1], scale: 2, default: 0')]),
    ],
    ['the default of an INFO', block('pg_t', '', [column('info', 'INFO', ', default: 1')])],
  ])('is not: %s', (_what, text) => {
    expect(found(text)).toEqual([]);
  });

  it('in one block but something in another that shares it by an alias is not told', () => {
    const shared = column('c', 'GAUGE', ', pg_version: ">=16"');
    const text = `pg_13: {name: pg_t, query: SELECT 1, runonserver: "<16", metrics: &m [${column('a')}, ${shared}]}
pg_16: {name: pg_t, query: SELECT 2, runonserver: ">=16", metrics: *m}
`;
    expect(found(text)).toEqual([]);
  });
});

describe('queries', () => {
  it('of several statements, of none, and with parameters are errors at the place', () => {
    const text = `pg_one:
  query: |
    SELECT 1;
    SELECT 2
  predicate_query: SELECT $1 = ''
  metrics: [a: {usage: GAUGE, description: A.}]
pg_two: {query: -- nothing, metrics: [a: {usage: GAUGE, description: A.}]}
`;
    const findings = lintPacks([packOf('1.yaml', text)], []);
    expect(findings.map(({ severity, code, where }) => [severity, code, where.line, where.column])).toEqual([
      ['error', 'QUERY_NOT_ONE_STATEMENT', 4, 5],
      ['error', 'QUERY_NOT_ONE_STATEMENT', 5, 27],
      ['error', 'QUERY_NOT_ONE_STATEMENT', 7, 17],
    ]);
  });

  it('that are a copy of another are told with where that is, and whether both run', () => {
    const one = 'pg_one: {query: "SELECT 1 AS a", metrics: [a: {usage: GAUGE, description: A.}]}\n';
    const two =
      'pg_two: {query: "SELECT  1 AS a -- b", runonserver: ">=14", metrics: [a: {usage: GAUGE, description: A.}]}\n';
    const three = 'pg_three: {query: "SELECT 2", runonserver: ">=14", metrics: [a: {usage: GAUGE, description: A.}]}\n';
    const four = 'pg_four: {query: "SELECT 2", runonserver: "<14", metrics: [a: {usage: GAUGE, description: A.}]}\n';
    const findings = lintPacks([packOf('1.yaml', one), packOf('2.yaml', two + three + four)], []);
    expect(findings.map(({ code, message, hint }) => [code, message, hint])).toEqual([
      [
        'CHECK_COPY',
        'the query of pg_two is a copy of that of pg_one (1.yaml:1)',
        'Declare all columns in one block: as it is, the server runs the query twice.',
      ],
      [
        'CHECK_COPY',
        'the query of pg_four is a copy of that of pg_three (2.yaml:2)',
        'Make one block of them; a column that is not there on all versions is bounded by pg_version.',
      ],
    ]);
  });
});
