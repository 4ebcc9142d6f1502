import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, startStandby } from '../../servers/index.ts';
import { goldenText, prepareForGolden } from '../support/golden.ts';
import { type Scrape, scrape } from '../support/http.ts';
import { checkMeaning } from '../support/meaning.ts';
import { startWalguard } from '../support/walguard.ts';
import { supportedMajors } from '../support/supported-majors.ts';

function urlOf(server: PostgresServer): string {
  return server.url({ user: 'walguard', password: 'golden' });
}

/** The second page: counters and the history have a first scrape behind them. */
async function scrapeTwice(server: PostgresServer): Promise<Scrape> {
  await using walguard = await startWalguard({ dataSourceName: urlOf(server) });
  await scrape(`${walguard.url}/metrics`);
  return await scrape(`${walguard.url}/metrics`);
}

describe.each(supportedMajors)('PostgreSQL %i', (major) => {
  let primary: PostgresServer;
  let standby: PostgresServer;

  beforeAll(async () => {
    primary = await startPostgres({
      major,
      archive: true,
      initdbArgs: ['--wal-segsize=1'],
      settings: { wal_level: 'logical', max_prepared_transactions: '5', autovacuum: 'off' },
    });
    await createMonitorRole(primary, 'walguard', 'golden');
    standby = await startStandby(primary);
    await prepareForGolden((text) => primary.sql(text));
    await primary.waitForSql('SELECT archived_count > 0 FROM pg_stat_archiver');
    await standby.waitForSql('SELECT count(*) > 0 FROM golden');
  });

  afterAll(async () => {
    await standby[Symbol.asyncDispose]();
    await primary[Symbol.asyncDispose]();
  });

  it(`gives the golden page of major ${major}, as a primary and as a streaming standby`, async () => {
    const ofPrimary = await scrapeTwice(primary);
    const ofStandby = await scrapeTwice(standby);

    await expect(goldenText(ofPrimary.families)).toMatchFileSnapshot(`../golden/pg${major}-primary.metrics`);
    await expect(goldenText(ofStandby.families)).toMatchFileSnapshot(`../golden/pg${major}-standby.metrics`);
  });

  it(`means by each metric on major ${major} what the other majors mean`, async () => {
    await using walguard = await startWalguard({ dataSourceName: urlOf(primary) });

    const observed = { major, metricsUrl: `${walguard.url}/metrics`, sql: (text: string) => primary.sql(text) };
    await expect(checkMeaning(observed)).resolves.toBeUndefined();
  });
});
