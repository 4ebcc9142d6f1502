import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Sample } from '../support/exposition.ts';
import { openMetricsAccept, samplesOf, scrape } from '../support/http.ts';
import { dropsOf, failuresOf, successOf } from '../support/outcomes.ts';
import { type PackLab, startPackLab } from '../support/pack-lab.ts';
import type { Walguard } from '../support/walguard.ts';

/** An expression of SQL, and what is on the page for it; undefined for a value that is dropped and counted. */
const values: readonly (readonly [expression: string, expected: string | undefined])[] = [
  ['true', '1'],
  ['false', '0'],
  ["timestamptz '2001-02-03 04:05:06.789+01'", '981169506.789'],
  ["timestamp '2001-02-03 04:05:06'", '981173106'],
  ["timestamptz 'infinity'", '+Inf'],
  ["timestamptz '0044-03-15 12:00:00 BC'", '-63517780800'],
  ["date '2001-02-03'", '981158400'],
  ["date '-infinity'", '-Inf'],
  ["interval '1 mon 2 days -03:04:05.5'", '2753754.5'],
  ["pg_lsn 'FFFFFFFF/FFFFFFFF'", '18446744073709551615'],
  ['9007199254740993::bigint', '9007199254740993'],
  ['12345678901234567890123.000000001::numeric', '12345678901234567890123.000000001'],
  ["'NaN'::numeric", 'NaN'],
  ["'NaN'::float8", 'NaN'],
  ["'Infinity'::float8", '+Inf'],
  ["'-Infinity'::float4", '-Inf'],
  ['1e300::float8', '1e+300'],
  ['0.1::float4', '0.1'],
  ['4294967295::oid', '4294967295'],
  ["'4294967295'::xid", '4294967295'],
  ["'18446744073709551615'::text::xid8", '18446744073709551615'],
  ['round(10::numeric ^ 308)', `1${'0'.repeat(308)}`],
  ['round(10::numeric ^ 309)', undefined],
  ["'1e999'::text", undefined],
  ["'epoch'::timestamptz - interval '0.5 s'", '-0.5'],
  ["B'101'", '101'],
  ["'1234.5'::money", '1234.50'],
  ["'-1234567.89'::money", '-1234567.89'],
  ["' 7'::text", undefined],
  ["'7'::text", '7'],
  ["'many'::text", undefined],
  ["''::text", undefined],
  ["'0x10'::text", undefined],
  ['ARRAY[1,2]', undefined],
  ["'{}'::json", undefined],
  ["'12:00'::time", undefined],
  ['\'7\'::"char"', '7'],
];

const rows = values.map(([expression], index) => `SELECT 'v${index}' AS l, ${expression} AS v`);
/** One block a value: the values of a column have one type. */
const valuePack = rows
  .map(
    (query, index) =>
      `pg_v${index}: {query: ${JSON.stringify(query)}, metrics: [l: {usage: LABEL}, v: {usage: GAUGE}]}\n`,
  )
  .join('');

const histogramPack = `
pg_counted:
  query: |
    SELECT * FROM (VALUES
      ('a', ARRAY[0.5, 1, 2.5], ARRAY[1, 3, 7]::bigint[], 12.5::float8, 9::bigint),
      ('b', ARRAY[10, 5, 'Infinity']::float8[], ARRAY[4, 2, 6]::bigint[], 40, 6),
      ('c', ARRAY[1], ARRAY[1, 2]::bigint[], 1, 1),
      ('d', NULL, NULL, NULL, NULL)) t (l, took, took_bucket, took_sum, took_count)
  metrics: [l: {usage: LABEL}, took: {usage: HISTOGRAM, description: What it took.}]
pg_observed:
  query: |
    SELECT * FROM (VALUES ('a', 500), ('a', 1000), ('a', 1125), ('b', -125), ('b', NULL), ('c', NULL)) t (l, ms)
  metrics: [l: {usage: LABEL}, ms: {usage: histogram, rename: age, bucket: [0, 1, "3", 1000000], scale: 0.001}]
pg_observed_default:
  query: SELECT NULL::int AS n
  metrics: [n: {usage: HISTOGRAM, bucket: [1], default: 5}]
`;

const WIDE = Array.from({ length: 1_600 }, (_, index) => `c${index}`);
const columnsOf = (from: number): string => WIDE.map((name, index) => `${from + index} AS ${name}`).join(', ');
const widePack = `
pg_wide: {query: "SELECT ${columnsOf(0)}", metrics: [${WIDE.map((name) => `${name}: {usage: GAUGE}`).join(', ')}]}
pg_wide_labels: {query: "SELECT ${columnsOf(0)}, 7 AS n", metrics: [${WIDE.map((name) => `${name}: {usage: LABEL}`).join(', ')}, n: {usage: GAUGE}]}
pg_wide_unknown: {query: "SELECT ${columnsOf(0)}", metrics: [c5: {usage: GAUGE}]}
pg_no_column: {query: SELECT, metrics: [a: {usage: GAUGE}]}
pg_no_row: {query: "SELECT 1 AS a, 'x' AS l WHERE false", metrics: [l: {usage: LABEL}, a: {usage: GAUGE}]}
pg_twice: {query: "SELECT 'x' AS l, 1 AS a, 'y' AS l, 2 AS a", metrics: [l: {usage: LABEL}, a: {usage: GAUGE}]}
`;

const latinPack = `
pg_names:
  query: SELECT name, 1 AS a FROM names
  metrics: [name: {usage: LABEL}, a: {usage: GAUGE}]
`;

function lineOf({ labels, rawValue }: Sample): string {
  return `${Object.values(labels).join(' ')} ${rawValue}`;
}

describe('the values of a query', () => {
  let lab: PackLab;

  beforeAll(async () => {
    lab = await startPackLab();
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  describe('of each type', () => {
    let page: Awaited<ReturnType<typeof scrape>>;
    let walguard: Walguard;
    beforeAll(async () => {
      walguard = await lab.startWith(valuePack);
      await scrape(`${walguard.url}/metrics`);
      page = await scrape(`${walguard.url}/metrics`);
    });
    afterAll(() => walguard[Symbol.asyncDispose]());

    it.each(values.map(([expression, expected], index) => [expression, expected, index] as const))(
      '%s gives %s',
      (_expression, expected, index) => {
        const [sample] = samplesOf(page.families, `pg_v${index}_v`);
        expect(sample?.rawValue).toBe(expected);
        expect(dropsOf(page.families, `v${index}`)).toEqual(expected === undefined ? { not_a_number: 2 } : {});
      },
    );

    it('that are no numbers are logged once, with the collector and the column', () => {
      const lines = walguard.logLines.filter(({ msg }) => msg === 'values that are no numbers are left out');
      const dropped = values.flatMap(([, expected], index) => (expected === undefined ? [`v${index} v`] : []));
      expect(lines.map(({ collector, column }) => `${String(collector)} ${String(column)}`).toSorted()).toEqual(
        dropped.toSorted(),
      );
    });
  });

  it.each([{}, { Accept: openMetricsAccept }])(
    'of histograms are read, of the server and of rows, with %j',
    async (headers) => {
      await using walguard = await lab.startWith(histogramPack);
      const { families, format } = await scrape(`${walguard.url}/metrics`, headers);

      expect(families.get('pg_counted_took')).toMatchObject({ type: 'histogram', help: 'What it took.' });
      expect(families.get('pg_counted_took')?.samples.map((each) => `${each.name.slice(11)} ${lineOf(each)}`)).toEqual([
        'took_bucket a 0.5 1',
        'took_bucket a 1.0 3',
        'took_bucket a 2.5 7',
        'took_bucket a +Inf 9',
        'took_sum a 12.5',
        'took_count a 9',
        'took_bucket b 5.0 2',
        'took_bucket b 10.0 4',
        'took_bucket b +Inf 6',
        'took_sum b 40',
        'took_count b 6',
      ]);
      expect(dropsOf(families, 'counted')).toEqual({ not_a_number: 1 });
      const linesOf = (name: string): readonly string[] => samplesOf(families, name).map(lineOf);
      expect(linesOf('pg_observed_age_bucket')).toEqual([
        'a 0 0',
        'a 1 2',
        'a 3 3',
        'a 1e+06 3',
        'a +Inf 3',
        'b 0 1',
        'b 1 1',
        'b 3 1',
        'b 1e+06 1',
        'b +Inf 1',
      ]);
      expect([linesOf('pg_observed_age_sum'), linesOf('pg_observed_age_count')]).toEqual([
        ['a 2.625', 'b -0.125'],
        ['a 3', 'b 1'],
      ]);
      expect(linesOf('pg_observed_default_n_bucket')).toEqual(['1 0', '+Inf 1']);
      expect(families.get('pg_observed_age_bucket')?.type).toBe('gauge');
      expect(format).toBe(headers.Accept === undefined ? 'text' : 'openmetrics');
    },
  );

  it('may be 1,600 in a row, or none', async () => {
    await using walguard = await lab.startWith(widePack);
    const { families } = await scrape(`${walguard.url}/metrics`);

    const read = (name: string) => samplesOf(families, name).map(({ value }) => value);
    for (const block of ['pg_wide', 'pg_wide_unknown'])
      expect(WIDE.flatMap((name) => read(`${block}_${name}`))).toEqual(WIDE.map((_, index) => index));
    const [labelled] = samplesOf(families, 'pg_wide_labels_n');
    expect(labelled?.labels).toEqual(Object.fromEntries(WIDE.map((name, index) => [name, String(index)])));
    expect(failuresOf(families, 'no_column')).toEqual({ bad_result: 1 });
    expect([successOf(families, 'no_row'), read('pg_no_row_a')]).toEqual([1, []]);
    expect(samplesOf(families, 'pg_twice_a').map(lineOf)).toEqual(['y 2']);
    const repeated = walguard.logLines.filter(({ collector }) => collector === 'twice');
    expect(repeated.map(({ column }) => column)).toEqual(['l', 'a']);
  });

  it('of a database without an encoding reach the page as they can, and cost nothing else', async () => {
    await lab.server.sql(`CREATE DATABASE bytes ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
    await lab.server.sql(
      String.raw`CREATE TABLE names (name text); GRANT SELECT ON names TO walguard;
       INSERT INTO names VALUES (E'caf\xe9'), (E'caf\xc3\xa9'), (E'back\\slash "quote"\nline')`,
      'bytes',
    );
    await using walguard = await lab.startWith(latinPack, [], lab.monitorUrl.replace(/\/postgres$/, '/bytes'));
    for (const headers of [{}, { Accept: openMetricsAccept }]) {
      const { families } = await scrape(`${walguard.url}/metrics`, headers);
      expect(samplesOf(families, 'pg_names_a').map(({ labels }) => labels['name'])).toEqual([
        'caf\uFFFD',
        'café',
        'back\\slash "quote"\nline',
      ]);
    }
  });
});
