import { beforeAll, describe, expect, it } from 'vitest';
import { everyCollector } from '../support/coverage.ts';
import { scrape } from '../support/http.ts';
import { checkMetrics, readAllowList } from '../support/promtool.ts';
import { sharedServers } from '../support/shared-servers.ts';
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
