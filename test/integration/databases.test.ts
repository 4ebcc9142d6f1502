import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { Major } from '../../servers/index.ts';
import type { Family, Sample } from '../support/exposition.ts';
import { samplesOf, scrape, valueOf } from '../support/http.ts';
import { dropsOf, failedIn, failuresOf } from '../support/outcomes.ts';
import { type PackLab, startPackLab } from '../support/pack-lab.ts';
import { watchSessions } from '../support/session-watch.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

type Families = ReadonlyMap<string, Family>;

const everywhere = '--databases.include=*';
const number = 'metrics: [n: {usage: GAUGE}]';

/** The values of a label, sorted, each as often as there are such series. */
function labelsOf(families: Families, name: string, label = 'datname'): readonly string[] {
  return samplesOf(families, name)
    .map(({ labels }) => labels[label] ?? '')
    .toSorted();
}

function seriesOf({ name, labels }: Sample): string {
  return `${name} ${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
}

/** The databases for which a collector says that it succeeded. */
function successesOf(families: Families, collector: string): readonly string[] {
  return samplesOf(families, 'walguard_collector_success', { collector })
    .filter(({ value }) => value === 1)
    .map(({ labels }) => labels['datname'] ?? '')
    .toSorted();
}

describe.each<Major>([13, 18])('the databases of PostgreSQL %i', (major) => {
  let lab: PackLab;
  const startWithout = (args: readonly string[]): Promise<Walguard> =>
    startWalguard({ dataSourceName: lab.monitorUrl, args });

  beforeAll(async () => {
    lab = await startPackLab({ major });
    for (const name of ['app', 'app_old', '"Odd ""name""/2"', 'hidden', 'closed']) {
      await lab.server.sql(`CREATE DATABASE ${name}`);
    }
    await lab.server.sql('REVOKE CONNECT ON DATABASE hidden FROM public');
    await lab.server.sql('ALTER DATABASE closed ALLOW_CONNECTIONS false');
    for (const database of ['app', 'app_old', 'Odd "name"/2', 'postgres'])
      await lab.server.sql('CREATE TABLE things AS SELECT 1 AS id', database);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  it('are scraped one by one for what is of a single database, and once for all else', async () => {
    await using walguard = await startWithout([everywhere]);
    for (const _ of ['first', 'with connections']) {
      const { families } = await scrape(`${walguard.url}/metrics`);
      const all = ['Odd "name"/2', 'app', 'app_old', 'postgres'];

      expect(labelsOf(families, 'pg_stat_user_tables_seq_scan')).toEqual(all);
      expect(labelsOf(families, 'pg_invalid_indexes')).toEqual(all);
      expect(successesOf(families, 'stat_user_tables')).toEqual(all);
      expect(successesOf(families, 'stat_archiver')).toEqual(['']);
      expect(
        labelsOf(families, 'pg_scrape_collector_success', 'collector').filter((name) => name === 'invalid_indexes'),
      ).toHaveLength(1);
      expect(labelsOf(families, 'pg_database_xid_age')).toContain('hidden');
      const series = [...families.values()].flatMap(({ samples }) => samples.map(seriesOf));
      expect(new Set(series).size).toBe(series.length);
      expect(failedIn(families)).toEqual([]);
    }
    expect(walguard.logLines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });

  it('are the ones that are included and not excluded; without a pattern, the connected one', async () => {
    const included = ['--databases.include=app*', '--databases.include=Odd*', '--databases.exclude=*_old'];
    for (const [args, expected] of [
      [included, ['Odd "name"/2', 'app', 'postgres']],
      [['--databases.exclude=app'], ['postgres']],
      [[everywhere, '--databases.exclude=*', '--databases.exclude=Odd*/2'], ['postgres']],
    ] as const) {
      await using walguard = await startWithout(args);
      const { families } = await scrape(`${walguard.url}/metrics`);
      expect(labelsOf(families, 'pg_stat_user_tables_seq_scan')).toEqual(expected);
    }
  });

  it('may come and go between scrapes, which is no error', async () => {
    await using walguard = await startWithout([everywhere]);
    await scrape(`${walguard.url}/metrics`);
    await lab.server.sql('CREATE DATABASE passing');
    const { families: during } = await scrape(`${walguard.url}/metrics`);
    expect([successesOf(during, 'invalid_indexes').includes('passing'), failedIn(during)]).toEqual([true, []]);

    await lab.server.sql('ALTER DATABASE passing RENAME TO passed');
    await lab.server.sql('CREATE DATABASE copied TEMPLATE passed');
    const { families: renamed } = await scrape(`${walguard.url}/metrics`);
    const names = successesOf(renamed, 'invalid_indexes').filter((name) => /^pass|^copied/.test(name));
    expect([names, failedIn(renamed)]).toEqual([['copied', 'passed'], []]);

    await lab.server.sql('DROP DATABASE passed');
    await lab.server.sql('DROP DATABASE copied');
    const { text, families: after } = await scrape(`${walguard.url}/metrics`);
    expect([text.includes('passed'), failedIn(after), failuresOf(after, 'invalid_indexes')]).toEqual([false, [], {}]);
    expect(walguard.logLines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });
});

describe('many databases', () => {
  const names = Array.from({ length: 12 }, (_, index) => `shop_${String(index).padStart(2, '0')}`);
  let lab: PackLab;
  const startWithout = (args: readonly string[]): Promise<Walguard> =>
    startWalguard({ dataSourceName: lab.monitorUrl, args });

  beforeAll(async () => {
    lab = await startPackLab();
    for (const name of names) await lab.server.sql(`CREATE DATABASE ${name}`);
  });
  afterAll(() => lab[Symbol.asyncDispose]());
  afterEach(async () => {
    await lab.server.waitForSql("NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'walguard')");
  });

  it.each([1, 3])('are never asked over more than %i connections at a time, and none is kept', async (count) => {
    const pack = `pg_slow: {query: "SELECT 1 AS n FROM pg_sleep(0.05)", ${number}}\n`;
    await using walguard = await lab.startWith(pack, [everywhere, `--databases.connections=${count}`]);
    await using watch = await watchSessions(lab.server, 'walguard');
    for (const _ of ['first', 'second', 'third']) {
      const { families } = await scrape(`${walguard.url}/metrics?collect[]=slow`);
      expect(labelsOf(families, 'pg_slow_n')).toEqual(['postgres', ...names]);
      expect(valueOf(families, 'walguard_postgres_connections')).toBe(2);
      const kept = await lab.server.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'walguard' AND datname <> 'postgres'",
      );
      expect(kept).toEqual([['0']]);
    }
    const { sightings, most } = await watch.stop();
    expect(sightings).toBeGreaterThan(10);
    expect(most).toBe(2 + count);
  });

  it('are told apart by a label where the query does not say which one it is', async () => {
    const pack = `
pg_all: {query: SELECT 1 AS n, ${number}}
pg_server: {master: true, query: SELECT 1 AS n, ${number}}
pg_named:
  query: SELECT current_database() AS datname, 1 AS n
  metrics: [datname: {usage: LABEL}, n: {usage: GAUGE}]
pg_of_all:
  query: SELECT datname, oid AS n FROM pg_database WHERE datallowconn
  metrics: [datname: {usage: LABEL}, n: {usage: GAUGE}]
`;
    await using walguard = await lab.startWith(pack, [everywhere]);
    const { families } = await scrape(`${walguard.url}/metrics`);
    const all = ['postgres', ...names];
    expect(labelsOf(families, 'pg_all_n')).toEqual(all);
    expect(labelsOf(families, 'pg_server_n')).toEqual(['']);
    expect(labelsOf(families, 'pg_named_n')).toEqual(all);
    expect(labelsOf(families, 'pg_of_all_n')).toEqual([...all, 'template1']);
    expect([dropsOf(families, 'named'), dropsOf(families, 'of_all')]).toEqual([{}, { duplicate: 13 * 13 - 1 }]);
  });

  it('are those that each dialect means', async () => {
    const pack = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
    const px = pack([
      `px_every: {ttl: 0, query: SELECT 1 AS n, ${number}}`,
      `px_cluster: {tags: [cluster], query: SELECT 1 AS n, ${number}}`,
      `px_one: {tags: ["dbname:shop_01"], query: SELECT 1 AS n, ${number}}`,
      `px_two: {tags: ["dbname:shop_01", "dbname:shop_02"], query: SELECT 1 AS n, ${number}}`,
      `px_in_three: {name: px_split, tags: ["dbname:shop_03"], query: SELECT 3 AS n, ${number}}`,
      `px_in_four: {name: px_split, tags: ["dbname:shop_04"], query: SELECT 4 AS n, ${number}}`,
      `px_extension: {tags: ["extension:pg_trgm"], query: SELECT 1 AS n, ${number}}`,
    ]);
    const cn = pack([
      `cn_main: {primary: true, query: SELECT 1 AS n, ${number}}`,
      `cn_glob: {target_databases: ["shop_0[123]"], query: SELECT 1 AS n, ${number}}`,
      `cn_one: {target_databases: [shop_04], query: "SELECT current_database() AS d, 1 AS n", metrics: [d: {usage: LABEL}, n: {usage: GAUGE}]}`,
    ]);
    const own = pack([
      `wg_every: {per_database: true, query: SELECT 1 AS n, ${number}}`,
      `wg_once: {enabled: true, query: SELECT 1 AS n, ${number}}`,
    ]);
    const paths = await Promise.all(
      Object.entries({ px, cn, own }).map(([name, text]) => lab.folder.write(`${name}.yaml`, text)),
    );
    await lab.server.sql('CREATE EXTENSION pg_trgm', 'shop_03');
    const named = {
      px_cluster_n: [''],
      px_one_n: [''],
      px_two_n: ['shop_01', 'shop_02'],
      px_split_n: ['shop_03', 'shop_04'],
      cn_main_n: [''],
      cn_glob_n: ['shop_01', 'shop_02', 'shop_03'],
      cn_one_n: [''],
      wg_once_n: [''],
    };
    const every = {
      px_every_n: ['postgres', ...names],
      px_extension_n: ['shop_03'],
      wg_every_n: ['postgres', ...names],
    };
    const here = { px_every_n: [''], px_extension_n: [], wg_every_n: [''] };
    const args = paths.map((path) => `--extend.query-path=${path}`);
    for (const [further, expected] of [
      [[], { ...named, ...here }],
      [[everywhere], { ...named, ...every }],
    ] as const) {
      await using walguard = await startWithout([...args, ...further]);
      const { families } = await scrape(`${walguard.url}/metrics`);
      const found = Object.keys(expected).map((name) => [name, labelsOf(families, name)]);
      expect(Object.fromEntries(found)).toEqual(expected);
      expect(valueOf(families, 'cn_one_n', { d: 'shop_04' })).toBe(1);
      expect(failedIn(families)).toEqual([]);
    }
  });

  it('that fail cost themselves only', async () => {
    await lab.server.sql('ALTER DATABASE shop_05 CONNECTION LIMIT 0');
    await using walguard = await startWithout([everywhere]);
    const { families } = await scrape(`${walguard.url}/metrics`);
    const failed = samplesOf(families, 'walguard_collector_success').filter(({ value }) => value === 0);
    expect(new Set(failed.map(({ labels }) => labels['datname']))).toEqual(new Set(['shop_05']));
    expect(successesOf(families, 'invalid_indexes')).toEqual([
      'postgres',
      ...names.filter((name) => name !== 'shop_05'),
    ]);
    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(failuresOf(families, 'invalid_indexes')).toEqual({ too_many_connections: 1 });
    expect(valueOf(families, 'pg_scrape_collector_success', { collector: 'invalid_indexes' })).toBe(0);
    const lines = walguard.logLines.filter(({ level }) => level === 'warn');
    expect(lines.map(({ msg, database }) => [msg, database])).toEqual([['collector failed', 'shop_05']]);

    await lab.server.sql('ALTER DATABASE shop_05 CONNECTION LIMIT -1');
    const { families: healed } = await scrape(`${walguard.url}/metrics`);
    expect(failedIn(healed)).toEqual([]);
    expect(walguard.logLines.at(-1)).toMatchObject({ msg: 'collector works again', database: 'shop_05' });
  });

  it('that take all the time leave the others their samples, and come first the next time', async () => {
    const pack = `pg_slow: {query: "SELECT 1 AS n FROM pg_sleep(0.4)", timeout: 9, ${number}}\n`;
    const args = [everywhere, '--databases.connections=2', '--scrape.timeout=1500ms'];
    await using walguard = await lab.startWith(pack, args);
    const seen = new Set<string>();
    for (let turn = 0; turn < 20 && seen.size < 13; turn++) {
      const { families } = await scrape(`${walguard.url}/metrics?collect[]=slow`);
      const given = labelsOf(families, 'pg_slow_n');
      expect(given).toContain('postgres');
      expect(given.length).toBeLessThan(13);
      expect(Object.keys(failuresOf(families, 'slow'))).toEqual(['deadline']);
      expect(valueOf(families, 'pg_up')).toBe(1);
      for (const name of given) seen.add(name);
    }
    expect(seen.size).toBe(13);
  });

  it('keep the results of queries with a ttl, each its own', async () => {
    const pack = `pg_kept: {ttl: 300, query: "SELECT extract(epoch FROM clock_timestamp()) AS n", ${number}}\n`;
    await using walguard = await lab.startWith(pack, [everywhere]);
    const url = `${walguard.url}/metrics?collect[]=kept`;
    const first = samplesOf((await scrape(url)).families, 'pg_kept_n');
    expect(first).toHaveLength(13);
    expect(samplesOf((await scrape(url)).families, 'pg_kept_n')).toEqual(first);
  });

  it('that come while a scrape takes them up give each series once, with a ttl too', async () => {
    const pack = `
pg_of_all:
  ttl: 0.001
  query: SELECT datname, oid AS n FROM pg_database WHERE datallowconn AND NOT datistemplate
  metrics: [datname: {usage: LABEL}, n: {usage: GAUGE}]
`;
    await using walguard = await lab.startWith(pack, [everywhere]);
    await scrape(`${walguard.url}/metrics?collect[]=of_all`);
    await lab.server.sql('CREATE DATABASE shop_new');
    const { families } = await scrape(`${walguard.url}/metrics?collect[]=of_all`);
    await lab.server.sql('DROP DATABASE shop_new');
    expect(labelsOf(families, 'pg_of_all_n')).toEqual(['postgres', ...names, 'shop_new']);
  });

  it('that cannot be listed leave the connected one, and the log says when they are back', async () => {
    await using walguard = await startWithout([everywhere]);
    const told = (): readonly unknown[] =>
      walguard.logLines.filter(({ collector }) => collector === 'databases').map(({ msg }) => msg);
    for (const _ of ['once', 'again']) {
      await lab.server.sql('REVOKE SELECT ON pg_database FROM public');
      const { families } = await scrape(`${walguard.url}/metrics`);
      await lab.server.sql('GRANT SELECT ON pg_database TO public');
      expect(successesOf(families, 'invalid_indexes')).toEqual(['postgres']);
      const { families: healed } = await scrape(`${walguard.url}/metrics`);
      expect(successesOf(healed, 'invalid_indexes')).toEqual(['postgres', ...names]);
    }
    const both = ['collector failed', 'collector works again'];
    expect(told()).toEqual([...both, ...both]);
  });
});
