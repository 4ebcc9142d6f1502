import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { samplesOf, scrape, valueOf } from '../support/http.ts';
import { dropsOf, failedIn, failuresOf, successOf } from '../support/outcomes.ts';
import { type PackLab, startPackLab } from '../support/pack-lab.ts';

const metrics = 'metrics: [l: {usage: LABEL}, n: {usage: GAUGE}]';
const fineNames = Array.from({ length: 54 }, (_, index) => `fine_${index}`);

const culprits: readonly (readonly [name: string, query: string, reason: string])[] = [
  ['misspelt', "SELEC 'a' AS l, 1 AS n", 'query_failed'],
  ['too_long', "SELECT 'a' AS l, 1 AS n FROM pg_sleep(60)", 'timeout'],
  ['no_column', "SELECT 'a' AS l, nothing AS n FROM pg_database", 'query_failed'],
  ['not_returned', "SELECT 'a' AS l, 1 AS m", 'bad_result'],
  ['no_right', 'SELECT rolname AS l, 1 AS n FROM pg_authid', 'permission'],
];
const sixtyPack = [
  ...fineNames.map((name) => `pg_${name}: {query: "SELECT 'a' AS l, 1 AS n", ${metrics}}`),
  ...culprits.map(([name, query]) => `pg_${name}: {query: "${query}", timeout: 0.5, ${metrics}}`),
  `pg_twice: {query: "VALUES ('a', 1), ('a', 2)", ${metrics}}`
    .replace('VALUES', 'SELECT * FROM (VALUES')
    .replace('2)"', '2)) t (l, n)"'),
].join('\n');

describe('what packs may cost', () => {
  let lab: PackLab;

  beforeAll(async () => {
    lab = await startPackLab();
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  it('sixty collectors of which six are bad give the families of all others, and each culprit is named', async () => {
    await using walguard = await lab.startWith(sixtyPack);
    await scrape(`${walguard.url}/metrics`);
    const { families } = await scrape(`${walguard.url}/metrics`);

    expect(fineNames.filter((name) => valueOf(families, `pg_${name}_n`) !== 1)).toEqual([]);
    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(failedIn(families)).toEqual(culprits.map(([name]) => name).toSorted());
    for (const [name, , reason] of culprits)
      expect([name, failuresOf(families, name)]).toEqual([name, { [reason]: 2 }]);
    expect([samplesOf(families, 'pg_twice_n').length, dropsOf(families, 'twice')]).toEqual([1, { duplicate: 2 }]);
    const named = walguard.logLines
      .filter(({ msg }) => msg === 'collector failed')
      .map(({ collector }) => String(collector));
    expect(named.toSorted()).toEqual(culprits.map(([name]) => name).toSorted());
  });

  it('a collector gives no more series than it may, and what is cut is counted and logged once', async () => {
    const many = (name: string, rows: number): string =>
      `pg_${name}: {query: "SELECT n AS l, n FROM generate_series(1, ${rows}) n", ${metrics}}\n`;
    await using walguard = await lab.startWith(many('many', 1_000) + many('few', 3), [
      '--scrape.max-series-per-collector=400',
    ]);
    await scrape(`${walguard.url}/metrics?collect[]=many&collect[]=few`);
    const { families } = await scrape(`${walguard.url}/metrics?collect[]=many&collect[]=few`);

    expect(samplesOf(families, 'pg_many_n')).toHaveLength(400);
    expect(samplesOf(families, 'pg_few_n')).toHaveLength(3);
    expect([dropsOf(families, 'many'), dropsOf(families, 'few')]).toEqual([{ series_limit: 1_200 }, {}]);
    expect(successOf(families, 'many')).toBe(1);
    const lines = walguard.logLines.filter(({ msg }) => msg === 'series over the limit are left out');
    expect(lines.map(({ collector, series }) => [collector, series])).toEqual([['many', 600]]);
  });

  it('the collectors of a page give no more series than they may together; those of one that fails do not count', async () => {
    const pack = `
pg_fails: {priority: 1, query: "SELECT n AS l, 1/(400 - n) AS n FROM generate_series(1, 400) n", ${metrics}}
pg_first: {priority: 2, ttl: 300, query: "SELECT n AS l, n FROM generate_series(1, 300) n", ${metrics}}
pg_second: {priority: 3, query: "SELECT n AS l, n FROM generate_series(1, 300) n", ${metrics}}
`;
    await using walguard = await lab.startWith(pack, ['--scrape.max-series=500', '--scrape.connections=1']);
    const url = `${walguard.url}/metrics?collect[]=fails&collect[]=first&collect[]=second`;
    for (const _ of ['asked', 'served again']) {
      const { families } = await scrape(url);
      expect(samplesOf(families, 'pg_first_n')).toHaveLength(300);
      expect(samplesOf(families, 'pg_second_n')).toHaveLength(200);
      expect(valueOf(families, 'pg_up')).toBe(1);
    }
  });

  it('two columns that no pack declares may not have one name, and cost no more than themselves', async () => {
    const block = (key: string): string =>
      `${key}: {name: pg_x, tags: [primary], query: "SELECT 1 AS ${key}, 7 AS extra", metrics: [${key}: {usage: GAUGE}]}\n`;
    await using walguard = await lab.startWith((block('a') + block('b')).replaceAll('tags: [primary], ', ''));
    const { families } = await scrape(`${walguard.url}/metrics`);

    expect([valueOf(families, 'pg_x_a'), valueOf(families, 'pg_x_b')]).toEqual([1, 1]);
    expect(samplesOf(families, 'pg_x_extra')).toHaveLength(1);
    const drops = ['x', 'b'].map((collector) => dropsOf(families, collector));
    expect(drops).toContainEqual({ duplicate: 1 });
    expect(drops).toContainEqual({});
    expect(
      walguard.logLines.some(({ column, msg }) => column === 'pg_x_extra' && String(msg).includes('already')),
    ).toBe(true);
  });

  it('a row that is larger than a text can be costs the collector, and not the process', async () => {
    const pack = `
pg_huge: {query: "SELECT repeat('x', 100 * 1024 * 1024) AS l, 1 AS n", timeout: 60, ${metrics}}
pg_fine: {query: "SELECT 'a' AS l, 1 AS n", ${metrics}}
`;
    await using walguard = await lab.startWith(pack, ['--scrape.timeout=60s']);
    await scrape(`${walguard.url}/metrics?collect[]=fine`);
    for (const failures of [1, 2]) {
      const { families } = await scrape(`${walguard.url}/metrics?collect[]=huge&collect[]=fine`);
      expect([valueOf(families, 'pg_up'), valueOf(families, 'pg_fine_n')]).toEqual([1, 1]);
      expect(failuresOf(families, 'huge')).toEqual({ connection_lost: failures });
    }
    expect(walguard.logLines.find(({ collector }) => collector === 'huge')?.['reason']).toContain(
      'larger than 67108864 bytes',
    );
  });
});
