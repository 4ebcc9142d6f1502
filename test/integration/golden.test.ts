import { describe, expect, it } from 'vitest';

import { availableMajors, createMonitorRole, type PostgresServer, startPostgres, startStandby } from '../../servers/index.ts';
import { goldenText, prepareForGolden } from '../support/golden.ts';
import { type Scrape, scrape } from '../support/http.ts';
import { startWalguard } from '../support/walguard.ts';

const SUPPORTED = availableMajors().filter((major) => major >= 13);

/** The second page: counters and the history have a first scrape behind them. */
async function scrapeTwice(server: PostgresServer): Promise<Scrape> {
  await using walguard = await startWalguard({ dataSourceName: server.url({ user: 'walguard', password: 'golden' }) });
  await scrape(`${walguard.url}/metrics`);
  return await scrape(`${walguard.url}/metrics`);
}

describe.each(SUPPORTED)('PostgreSQL %i', (major) => {
  it(`gives the golden page of major ${major}, as a primary and as a streaming standby`, async () => {
    await using primary = await startPostgres({
      major,
      archive: true,
      initdbArgs: ['--wal-segsize=1'],
      settings: { wal_level: 'logical', max_prepared_transactions: '5', autovacuum: 'off' },
    });
    await createMonitorRole(primary, 'walguard', 'golden');
    await using standby = await startStandby(primary);
    await prepareForGolden((text) => primary.sql(text));
    await primary.waitForSql('SELECT archived_count > 0 FROM pg_stat_archiver');
    await standby.waitForSql('SELECT count(*) > 0 FROM golden');

    const ofPrimary = await scrapeTwice(primary);
    const ofStandby = await scrapeTwice(standby);

    await expect(goldenText(ofPrimary.families)).toMatchFileSnapshot(`../golden/pg${major}-primary.metrics`);
    await expect(goldenText(ofStandby.families)).toMatchFileSnapshot(`../golden/pg${major}-standby.metrics`);
  });
});
