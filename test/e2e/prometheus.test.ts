import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMonitorRole, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import { type Load, startLoad } from '../support/load.ts';
import { type Prometheus, prometheusVersion, type ScrapeJob, startPrometheus } from '../support/prometheus.ts';
import { ofJob, readings } from '../support/readings.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const minuteSeconds = 60;
const soon = { timeout: 20_000 };

const openMetricsJob: ScrapeJob = { name: 'Prometheus by itself' };
const textJob: ScrapeJob = { name: 'Prometheus told to ask for text', protocol: 'PrometheusText0.0.4' };
const [major, minor] = await prometheusVersion();
/** Releases before 2.49 cannot be told what to ask for. */
const jobs = major > 2 || minor >= 49 ? [openMetricsJob, textJob] : [openMetricsJob];

let server: PostgresServer;
let walguard: Walguard;
let load: Load;
let prometheus: Prometheus;

beforeAll(async () => {
  server = await startPostgres({
    archive: true,
    initdbArgs: ['--wal-segsize=1'],
    // Without autovacuum nobody writes once the load has stopped.
    settings: { autovacuum: 'off', max_wal_size: '8MB', checkpoint_timeout: '30s' },
    databases: ['shop', 'ledger'],
  });
  const table = 'CREATE TABLE entries (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)';
  for (const database of ['shop', 'ledger']) await server.sql(table, database);
  await server.sql(`SELECT pg_create_physical_replication_slot('standby', true)`);
  await createMonitorRole(server);
  const login = { user: 'walguard', password: 'walguard', database: 'shop' };
  walguard = await startWalguard({ dataSourceName: server.url(login) });
  const insert = 'INSERT INTO entries (body) SELECT repeat(md5(n::text), 40) FROM generate_series(1, 4) AS n';
  load = startLoad([
    ...['shop', 'shop', 'ledger'].map((database) => ({ url: server.url({ database }), sql: insert, everyMs: 50 })),
    { url: server.url(), sql: 'CHECKPOINT', everyMs: 5_000 },
  ]);
  prometheus = await startPrometheus(new URL(walguard.url).host, jobs);
});

afterAll(async () => {
  for (const started of [prometheus, load, walguard, server]) await started?.[Symbol.asyncDispose]();
});

describe('a minute of scrapes, one a second, of a server at work', () => {
  let end = 0;
  let transactions = 0;
  let checkpoints = 0;
  let archived = 0;
  let complaints: readonly string[] = ['The minute is not over.'];

  beforeAll(async () => {
    await prometheus.nextScrape(jobs);
    const logLength = prometheus.log.length;
    const before = await countWork();
    await sleep(minuteSeconds * 1000);
    end = Date.now() / 1000;
    complaints = prometheus.complaints(logLength);
    const after = await countWork();
    transactions = after.transactions - before.transactions;
    checkpoints = after.checkpoints - before.checkpoints;
    archived = after.archived - before.archived;
  }, 120_000);

  it('has tens of transactions a second, checkpoints and archived segments in it', () => {
    expect(transactions / minuteSeconds).toBeGreaterThan(10);
    expect(checkpoints).toBeGreaterThan(5);
    expect(archived).toBeGreaterThan(5);
  });

  it('leaves no warning of a failed scrape or a dropped sample in the log of Prometheus', () => {
    expect(prometheus.log).toContain('Server is ready to receive web requests');
    expect(complaints).toEqual([]);
  });

  describe.each(jobs)('by $name', ({ name }) => {
    const minute = `{job="${name}"}[${minuteSeconds}s]`;

    it('has no failed scrape', async () => {
      expect(await prometheus.value(`min_over_time(up${minute})`, end)).toBe(1);
      expect(await prometheus.value(`count_over_time(up${minute})`, end)).toBeGreaterThan(55);
    });

    it('reaches the server each time', async () => {
      expect(await prometheus.value(`min_over_time(pg_up${minute})`, end)).toBe(1);
      expect(await prometheus.value(`count_over_time(pg_up${minute})`, end)).toBeGreaterThan(55);
    });

    it('has no collector that fails', async () => {
      const fewest = `min_over_time(walguard_collector_success${minute})`;
      expect(await prometheus.query(`${fewest} < 1`, end)).toEqual([]);
      expect((await prometheus.query(`${fewest} == 1`, end)).length).toBeGreaterThan(20);
    });

    it('has no series twice on a page', async () => {
      expect(await prometheus.mostRepeated(name, minuteSeconds, end)).toBe(0);
    });

    it('has about the same number of samples each time', async () => {
      const fewest = await prometheus.value(`min_over_time(scrape_samples_scraped${minute})`, end);
      const most = await prometheus.value(`max_over_time(scrape_samples_scraped${minute})`, end);
      expect(fewest).toBeGreaterThan(300);
      expect(most - fewest).toBeLessThan(0.05 * fewest);
    });

    it('has counters that rise and none that falls', async () => {
      // Functions over time drop the name, and then two series would be one.
      const named = `label_replace({job="${name}",__name__=~".+_total"}, "family", "$1", "__name__", "(.+)")`;
      const counters = `${named}[${minuteSeconds}s:1s]`;
      expect(await prometheus.query(`resets(${counters}) > 0`, end)).toEqual([]);
      expect((await prometheus.query(`changes(${counters}) > 0`, end)).length).toBeGreaterThan(10);
    });

    it('comes in the format that was asked for', async () => {
      const metadata = await prometheus.metadata(name);
      const inText = { pg_stat_database_xact_commit: 'counter', pg_wal_bytes_total: 'counter' };
      const inOpenMetrics = { pg_stat_database_xact_commit: 'unknown', pg_wal_bytes: 'counter' };
      const families = Object.keys({ ...inText, ...inOpenMetrics });
      const found = families.flatMap((family) => {
        const type = metadata.get(family)?.type;
        return type === undefined ? [] : [[family, type]];
      });
      expect(Object.fromEntries(found)).toEqual(name === openMetricsJob.name ? inOpenMetrics : inText);
    });
  });
});

describe('once archiving is blocked and the load has stopped', () => {
  let bySql: readonly number[] = [];
  const byJob = new Map<string, readonly number[]>();

  beforeAll(async () => {
    await server.alterSystem({ archive_command: 'false' });
    await server.waitForSql(`(SELECT count(*) >= 3 FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready')`, 60_000);
    await load.stop();
    await waitFor(
      'a scrape before and after which the server says the same',
      async () => {
        const before = await readBySql();
        await prometheus.nextScrape(jobs);
        for (const { name } of jobs) byJob.set(name, await readByPrometheus(name));
        bySql = await readBySql();
        return isDeepStrictEqual(before, bySql);
      },
      60_000,
    );
  }, 150_000);

  it.each(readings.map(({ series }, index) => [series.replace('{}', ''), index] as const))(
    '%s read from Prometheus is what SQL says',
    (_series, index) => {
      const expected = bySql[index];
      expect(expected).toBeGreaterThan(0);
      expect(jobs.map(({ name }) => byJob.get(name)?.[index])).toEqual(jobs.map(() => expected));
    },
  );
});

it('a sample out of its time and a series that a page has twice are noticed', async () => {
  const page = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4').end('twice 1\ntwice 2\nlong_ago 1 1000\n');
  }).listen(0, '127.0.0.1');
  await once(page, 'listening');
  try {
    await using other = await startPrometheus(`127.0.0.1:${(page.address() as AddressInfo).port}`, [openMetricsJob]);
    await expect.poll(() => other.complaints().join('\n'), soon).toMatch(/too old.*num_dropped=1/);
    const repeated = () => other.mostRepeated(openMetricsJob.name, minuteSeconds, Date.now() / 1000);
    await expect.poll(repeated, soon).toBeGreaterThan(0);
  } finally {
    page.close();
  }
});

interface Work {
  readonly transactions: number;
  readonly checkpoints: number;
  readonly archived: number;
}

async function countWork(): Promise<Work> {
  const [row] = await server.sql('SELECT num_requested, archived_count FROM pg_stat_checkpointer, pg_stat_archiver');
  return { transactions: load.transactions, checkpoints: Number(row?.[0]), archived: Number(row?.[1]) };
}

function readBySql(): Promise<readonly number[]> {
  const cells = readings.map(async ({ database, sql }) => (await server.sql(sql, database))[0]?.[0]);
  return Promise.all(cells.map(async (cell) => Number((await cell) ?? Number.NaN)));
}

function readByPrometheus(job: string): Promise<readonly number[]> {
  return Promise.all(readings.map((reading) => prometheus.value(ofJob(reading, job))));
}
