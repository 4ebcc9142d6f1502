import { beforeAll, describe, expect, it } from 'vitest';
import { everyCollector } from '../support/coverage.ts';
import { scrape } from '../support/http.ts';
import { checkMetrics, readAllowList } from '../support/promtool.ts';
import { newestSharedServer, sharedServers } from '../support/shared-servers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard } from '../support/walguard.ts';

const allowed = await readAllowList();
const complaints = new Map<number, readonly string[]>();

/** Every collector of every pack. */
const EVERYTHING = everyCollector().map(({ name }) => `--collector.${name}`);

/** The second page: counters and the history have a first scrape behind them. */
beforeAll(async () => {
  for (const { major, monitorUrl } of sharedServers()) {
    await using walguard = await startWalguard({ dataSourceName: new URL('/shop', monitorUrl).href, args: EVERYTHING });
    await scrape(`${walguard.url}/metrics`);
    complaints.set(major, await checkMetrics((await scrape(`${walguard.url}/metrics`)).text));
  }
});

describe('promtool', () => {
  it.each(sharedServers().map(({ major }) => major))(
    'objects to nothing on the page of PostgreSQL %i but what the allow-list names',
    (major) => {
      expect(complaints.get(major)?.filter((complaint) => !allowed.includes(complaint))).toEqual([]);
    },
  );

  it('objects to no histogram that the server counted, and to one of rows only for being gauges', async () => {
    const pack = `
wild_counted:
  query: SELECT 'x' AS kind, ARRAY[0.5, 1] AS took, ARRAY[1, 3] AS took_bucket, 2.5 AS took_sum, 4 AS took_count
  metrics: [kind: {usage: LABEL}, took: {usage: HISTOGRAM, rename: took_seconds}]
wild_observed:
  query: SELECT n AS age_seconds FROM generate_series(1, 9) n
  metrics: [age_seconds: {usage: HISTOGRAM, bucket: [3, 10]}]
`;
    await using folder = await temporaryFolder();
    const path = await folder.write('pack.yaml', pack);
    const { monitorUrl } = newestSharedServer();
    await using walguard = await startWalguard({ dataSourceName: monitorUrl, args: [`--extend.query-path=${path}`] });
    const { families, text } = await scrape(`${walguard.url}/metrics`);
    const found = (await checkMetrics(text)).filter((complaint) => complaint.startsWith('wild_'));

    expect(families.get('wild_counted_took_seconds')?.samples).toHaveLength(5);
    expect(families.get('wild_observed_age_seconds_bucket')?.samples).toHaveLength(3);
    expect(
      found.filter((complaint) => !/^wild_observed_age_seconds_(bucket|sum|count) non-histogram/.test(complaint)),
    ).toEqual([]);
  });

  it('still objects to everything on the allow-list', () => {
    const made = [...complaints.values()].flat();
    expect(allowed.filter((complaint) => !made.includes(complaint))).toEqual([]);
  });

  it('finds no name of walguard on the allow-list', () => {
    expect(allowed.length).toBeGreaterThan(0);
    expect(allowed.filter((complaint) => !complaint.startsWith('pg_'))).toEqual([]);
  });

  it('objects to a counter without _total that the allow-list does not have', async () => {
    const found = await checkMetrics('# HELP walguard_pages Pages.\n# TYPE walguard_pages counter\nwalguard_pages 1\n');
    expect(found).toEqual(['walguard_pages counter metrics should have "_total" suffix']);
    expect(allowed).not.toContain(found[0]);
  });

  it('refuses a page that it cannot read', async () => {
    await expect(checkMetrics('pg_up{ 1\n')).rejects.toThrow('exit code 1');
  });
});
