import { describe, expect, it } from 'vitest';
import { columnsText, readExcuses, walkColumns } from '../support/coverage.ts';
import { coverageProblems, readableInSpite } from '../support/coverage-checks.ts';
import { type Scrape, samplesOf, scrape } from '../support/http.ts';
import { sharedServers } from '../support/shared-servers.ts';
import { rowsOf } from '../support/sql.ts';
import { startWalguard } from '../support/walguard.ts';

describe.each(sharedServers().map((server) => ({ ...server })))(
  'the views of statistics of PostgreSQL $major',
  ({ major, shopUrl, monitorUrl }) => {
    const inShop = (text: string) => rowsOf(shopUrl, text);

    it(`have no column on ${major} that no collector reads, but for the reasons in the list`, async () => {
      const columns = await walkColumns(inShop, major);

      expect(coverageProblems(columns, major)).toEqual([]);
      await expect(columnsText(columns)).toMatchFileSnapshot(`../golden/pg${major}-columns.tsv`);
    });

    it(`are closed on ${major} to a role with pg_monitor where the list says so`, async () => {
      const asMonitor = (text: string) => rowsOf(monitorUrl, text);
      expect(await readableInSpite(asMonitor, major)).toEqual([]);
      await expect(asMonitor('SELECT 1 FROM pg_stat_activity LIMIT 1')).resolves.toHaveLength(1);
    });

    it(`are told by the families on ${major} that the list names in place of their columns`, async () => {
      await using walguard = await startWalguard({ dataSourceName: new URL('/shop', monitorUrl).href });
      for (const { view, column, details } of readExcuses().filter(({ reason }) => reason === 'family')) {
        const [family = ''] = details;
        const ask = async () => Number((await inShop(`SELECT sum(${column}) FROM ${view}`))[0]?.[0]);
        const before = await ask();
        const page: Scrape = await scrape(`${walguard.url}/metrics?collect[]=statio_user_tables`);
        const sum = samplesOf(page.families, family).reduce((total, { value }) => total + value, 0);
        expect(sum, family).toBeGreaterThanOrEqual(before);
        expect(sum, family).toBeLessThanOrEqual(await ask());
      }
    });
  },
);
