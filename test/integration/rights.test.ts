import { afterAll, beforeAll, expect, it } from 'vitest';

import { everyCollector } from '../support/coverage.ts';
import { samplesOf, scrape } from '../support/http.ts';
import { NEEDS_PG_MONITOR } from '../support/rights.ts';
import { sharedServers } from '../support/shared-servers.ts';
import { rowsOf } from '../support/sql.ts';
import { startWalguard } from '../support/walguard.ts';

const ROLE = 'no_monitor';
const EVERYTHING = everyCollector().map(({ name }) => `--collector.${name}`);

beforeAll(async () => {
  for (const { superuserUrl } of sharedServers()) await rowsOf(superuserUrl, `CREATE ROLE ${ROLE} LOGIN PASSWORD 'x'`);
});
afterAll(async () => {
  for (const { superuserUrl } of sharedServers()) await rowsOf(superuserUrl, `DROP ROLE ${ROLE}`);
});

it('exactly the collectors that docs/collectors.md says so of fail, or are skipped, without pg_monitor', async () => {
  const lacking = new Set<string>();
  for (const { monitorUrl } of sharedServers()) {
    const url = new URL('/shop', monitorUrl);
    url.username = ROLE;
    url.password = 'x';
    await using walguard = await startWalguard({ dataSourceName: url.href, args: EVERYTHING });
    const { families } = await scrape(`${walguard.url}/metrics`);
    const refused = [
      ...samplesOf(families, 'walguard_collector_skipped').filter(({ labels }) => labels['reason'] === 'rights'),
      ...samplesOf(families, 'walguard_collector_failures_total').filter(
        ({ labels, value }) => labels['reason'] === 'permission' && value > 0,
      ),
    ];
    for (const { labels } of refused) lacking.add(labels['collector'] ?? '');
  }
  expect([...lacking].toSorted()).toEqual(NEEDS_PG_MONITOR);
});
