import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres } from '../../servers/index.ts';
import { type ExpositionFormat, type Family, parseExposition } from '../support/exposition.ts';
import { fetchRaw, openMetricsAccept, samplesOf, scrape, valueOf } from '../support/http.ts';
import { failedIn, failuresOf } from '../support/outcomes.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const tableCount = 10_000;
const mostMegabytes = 400;

/** One transaction of all would need a lock for each table. */
const createTables = `
  DO $$
  BEGIN
    FOR n IN 1..${tableCount} LOOP
      EXECUTE format('CREATE TABLE t%s ()', n);
      IF n % 500 = 0 THEN COMMIT; END IF;
    END LOOP;
  END $$`;

describe(`a database of ${tableCount} tables`, () => {
  let server: PostgresServer;
  let walguard: Walguard;

  beforeAll(async () => {
    server = await startPostgres({ settings: { autovacuum: 'off' } });
    const dataSourceName = await createMonitorRole(server);
    const started = performance.now();
    await server.sql(createTables);
    console.log(`${tableCount} tables made in ${((performance.now() - started) / 1_000).toFixed(1)} s`);
    walguard = await startWalguard({ dataSourceName, args: ['--scrape.timeout=60s'] });
  });
  afterAll(async () => {
    await walguard[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('has every table on the page, which is valid in both formats, in bounded memory', async () => {
    for (const [format, headers] of [
      ['text', {}],
      ['openmetrics', { Accept: openMetricsAccept }],
    ] as const) {
      const families = await firstWhole(walguard, format, headers);
      expect(valueOf(families, 'walguard_collector_rows', { collector: 'stat_user_tables' })).toBe(tableCount);
      const scans = samplesOf(families, 'pg_stat_user_tables_seq_scan');
      expect(new Set(scans.map(({ labels }) => labels['relname'])).size).toBe(tableCount);
    }
    const { families } = await scrape(`${walguard.url}/metrics?collect[]=roles`);
    const residentMegabytes = (valueOf(families, 'process_resident_memory_bytes') ?? NaN) / 1e6;
    const most = Math.max(peakMegabytes(walguard.pid) ?? 0, residentMegabytes);
    console.log(`RSS of walguard ${residentMegabytes.toFixed(0)} MB, at most ${most.toFixed(0)} MB`);
    expect(most).toBeLessThan(mostMegabytes);
  });
});

describe('the sizes of tables', () => {
  it('are read once a minute, and are on each page with the time of their reading', async () => {
    await using server = await startPostgres();
    const dataSourceName = await createMonitorRole(server);
    await server.sql('CREATE TABLE grows AS SELECT n FROM generate_series(1, 1000) AS n');
    await using walguard = await startWalguard({ dataSourceName });
    const read = async (): Promise<readonly (number | undefined)[]> => {
      const { families } = await scrape(`${walguard.url}/metrics`);
      const lastOf = (collector: string): number | undefined =>
        valueOf(families, 'walguard_collector_last_success_timestamp_seconds', { collector });
      const size = valueOf(families, 'pg_stat_user_tables_table_size_bytes', { relname: 'grows' });
      return [size, lastOf('stat_user_tables_size'), lastOf('stat_user_tables')];
    };
    const [size, sizeTime, rowsTime] = await read();
    await server.sql('INSERT INTO grows SELECT n FROM generate_series(1, 100000) AS n');
    const [sizeLater, sizeTimeLater, rowsTimeLater] = await read();
    expect(size).toBeGreaterThan(0);
    expect([sizeLater, sizeTimeLater]).toEqual([size, sizeTime]);
    expect(rowsTimeLater).toBeGreaterThan(rowsTime ?? Infinity);
  });
});

/** What the server takes longer for than collectors give it, on a machine busy with other tests, comes a scrape later. */
async function firstWhole(
  walguard: Walguard,
  format: ExpositionFormat,
  headers: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, Family>> {
  for (let tries = 1; ; tries += 1) {
    const started = performance.now();
    const { body } = await fetchRaw(`${walguard.url}/metrics`, headers);
    const seconds = (performance.now() - started) / 1_000;
    console.log(`${(body.length / 1e6).toFixed(1)} MB of ${format} in ${seconds.toFixed(1)} s`);
    const families = parseExposition(body.toString('utf8'), format);
    const late = failedIn(families).filter((collector) => failuresOf(families, collector)['timeout'] !== undefined);
    expect(failedIn(families)).toEqual(late);
    if (late.length === 0) return families;
    expect(tries).toBeLessThan(5);
  }
}

/** The most memory a process ever held; undefined where the system does not say. */
function peakMegabytes(pid: number | undefined): number | undefined {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return undefined;
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(file, 'utf8'))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1_000;
}
