import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres } from '../../servers/index.ts';
import { samplesOf, scrape, type Scrape, valueOf } from '../support/http.ts';
import { failedIn } from '../support/outcomes.ts';
import { startWalguard } from '../support/walguard.ts';
import { supportedMajors } from '../support/supported-majors.ts';

const OLDEST_AND_NEWEST = [supportedMajors[0] ?? 13, supportedMajors.at(-1) ?? 18] as const;

async function scrapeOnce(url: string, args: readonly string[] = []): Promise<Scrape> {
  await using walguard = await startWalguard({ dataSourceName: url, args });
  return await scrape(`${walguard.url}/metrics`);
}

/** Starts a statement on a session of its own, which lasts until the client ends. */
async function session(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

describe.each(OLDEST_AND_NEWEST)('the shipped packs on PostgreSQL %i', (major) => {
  let server: PostgresServer;
  let asMonitor: string;

  beforeAll(async () => {
    const settings = {
      shared_preload_libraries: 'pg_stat_statements',
      max_prepared_transactions: '5',
      track_io_timing: 'on',
      autovacuum: 'off',
    };
    server = await startPostgres({ major, settings });
    await createMonitorRole(server);
    await server.sql('CREATE EXTENSION pg_stat_statements');
    asMonitor = server.url({ user: 'walguard', password: 'walguard' });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it(`count on ${major} who blocks whom, and since when the first waits`, async () => {
    const clients = await Promise.all([1, 2, 3].map(() => session(server.url())));
    const [holder, second, third] = clients;
    try {
      await server.sql('CREATE TABLE wanted (id int)');
      await holder?.query('BEGIN; LOCK TABLE wanted');
      const lock = async (client: Client | undefined) => await client?.query('BEGIN; LOCK TABLE wanted; COMMIT');
      const waiting = Promise.allSettled([lock(second), lock(third)]);
      await server.waitForSql(`SELECT count(*) = 2 FROM pg_locks WHERE NOT granted`);

      const { families } = await scrapeOnce(asMonitor);

      expect(valueOf(families, 'pg_blocked_backends')).toBe(2);
      expect(valueOf(families, 'pg_blocking_backends')).toBe(1);
      expect(valueOf(families, 'pg_blocking_chain_length')).toBe(2);
      expect(valueOf(families, 'pg_locks_waiting', { locktype: 'relation' })).toBe(2);
      expect(valueOf(families, 'pg_locks_waiting', { locktype: 'advisory' })).toBe(0);
      const waited = valueOf(families, 'pg_locks_longest_wait_seconds', { locktype: 'relation' });
      if (major >= 14) expect(waited).toBeGreaterThan(0);
      else expect(waited).toBeUndefined();
      const idle = valueOf(families, 'pg_activity_longest_idle_in_transaction_seconds', { datname: 'postgres' });
      expect(idle).toBeGreaterThan(0);
      await holder?.query('COMMIT');
      await waiting;
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  it(`find on ${major} prepared transactions, invalid indexes and sequences near their end`, async () => {
    await server.sql('CREATE TABLE things (id int); INSERT INTO things VALUES (1), (1)');
    await server.sql("BEGIN; INSERT INTO things VALUES (2); PREPARE TRANSACTION 'one'");
    await server.sql('CREATE TABLE doubles AS SELECT 1 AS id FROM generate_series(1, 2)');
    await expect(server.sql('CREATE UNIQUE INDEX CONCURRENTLY broken ON doubles (id)')).rejects.toThrow('broken');
    await server.sql('CREATE SEQUENCE near MAXVALUE 101');
    await server.sql("SELECT setval('near', 91)");
    const hidden = await scrapeOnce(asMonitor);
    await server.sql('GRANT SELECT ON near TO walguard');

    const { families } = await scrapeOnce(asMonitor);

    expect(valueOf(families, 'pg_prepared_transactions', { datname: 'postgres' })).toBe(1);
    expect(valueOf(families, 'pg_prepared_transactions', { datname: 'template1' })).toBe(0);
    const [[prepared] = []] = await server.sql('SELECT extract(epoch FROM prepared) FROM pg_prepared_xacts');
    const oldest = valueOf(families, 'pg_prepared_transactions_oldest_timestamp_seconds', { datname: 'postgres' });
    expect(oldest).toBeCloseTo(Number(prepared), 3);
    expect(valueOf(families, 'pg_invalid_indexes')).toBe(1);
    expect(valueOf(families, 'pg_sequence_used_ratio', { sequencename: 'near' })).toBeCloseTo(0.9, 10);
    expect(samplesOf(hidden.families, 'pg_sequence_used_ratio')).toEqual([]);
    await server.sql("ROLLBACK PREPARED 'one'");
  });

  it(`estimate on ${major} what a table and its index waste`, async () => {
    await server.sql("CREATE TABLE wide AS SELECT n AS id, repeat('x', 200) AS body FROM generate_series(1, 20000) n");
    await server.sql('CREATE INDEX wide_id ON wide (id)');
    await server.sql('VACUUM ANALYZE wide');
    const flags = ['--collector.table_bloat', '--collector.index_bloat'];
    const ratios = async () => {
      const { families } = await scrapeOnce(server.url(), flags);
      expect(failedIn(families)).toEqual([]);
      return [
        valueOf(families, 'pg_table_bloat_ratio', { relname: 'wide' }) ?? Number.NaN,
        valueOf(families, 'pg_index_bloat_ratio', { indexrelname: 'wide_id' }) ?? Number.NaN,
      ];
    };
    const [tableBefore, indexBefore] = await ratios();
    await server.sql('DELETE FROM wide WHERE id % 5 <> 0');
    await server.sql('VACUUM ANALYZE wide');
    const [tableAfter, indexAfter] = await ratios();

    expect(tableBefore).toBeLessThan(0.2);
    expect(indexBefore).toBeLessThan(0.3);
    expect(tableAfter).toBeGreaterThan(0.6);
    expect(indexAfter).toBeGreaterThan(0.6);
  });

  it(`give on ${major} the statements with most, without their texts`, async () => {
    await server.sql('SELECT pg_stat_statements_reset()');
    const statements = Array.from(
      { length: 250 },
      (_, n) =>
        `SELECT ${Array(n + 1)
          .fill(1)
          .join()}`,
    );
    await server.sql(statements.join(';'));
    const flags = ['--collector.stat_statements', '--collector.stat_statements_more'];

    const plain = (await scrapeOnce(asMonitor, flags)).families;
    const withTexts = (await scrapeOnce(asMonitor, [...flags, '--collector.stat_statements_text'])).families;

    const calls = samplesOf(plain, 'pg_stat_statements_calls_total');
    expect(calls.length).toBeGreaterThanOrEqual(100);
    expect(calls.length).toBeLessThanOrEqual(140);
    expect(Object.keys(calls[0]?.labels ?? {})).toEqual(['user', 'datname', 'queryid']);
    expect(samplesOf(plain, 'pg_stat_statements_wal_bytes_total').length).toBeLessThanOrEqual(60);
    expect(samplesOf(plain, 'pg_stat_statements_query_id')).toEqual([]);
    const texts = samplesOf(withTexts, 'pg_stat_statements_query_id').map(({ labels }) => labels['query'] ?? '');
    expect(texts.some((text) => text.startsWith('SELECT $1,$2'))).toBe(true);
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThanOrEqual(120);
  });

  it(`know on ${major} a time that is not measured from none`, async () => {
    const timed = await scrapeOnce(asMonitor);
    await server.sql('ALTER SYSTEM SET track_io_timing = off');
    await server.sql('SELECT pg_reload_conf()');
    await server.waitForSql("SELECT current_setting('track_io_timing') = 'off'");
    const untimed = await scrapeOnce(asMonitor);

    const ofTables = { object: 'relation', context: 'normal', backend_type: 'client backend' };
    const counts = [timed, untimed].map(
      ({ families }) => samplesOf(families, 'pg_stat_io_reads_total', ofTables).length,
    );
    const times = [timed, untimed].map(
      ({ families }) => samplesOf(families, 'pg_stat_io_read_seconds_total', ofTables).length,
    );
    expect(counts).toEqual(major >= 16 ? [1, 1] : [0, 0]);
    expect(times).toEqual(major >= 16 ? [1, 0] : [0, 0]);
  });
});
