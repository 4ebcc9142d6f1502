import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';

import { createMonitorRole, startPostgres, waitFor } from '../../servers/index.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { scrapeRound, SCRAPES_OF_A_ROUND } from '../support/fault-rounds.ts';
import { fetchRaw } from '../support/http.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const rounds = 4;
/** Of the eight faults of a round four can be got over within the scrape; how often is a matter of time. */
const leastUp = SCRAPES_OF_A_ROUND - 8;

/** What keeps the event loop alive, by kind, and the files that are open. */
async function holdings(walguard: Walguard): Promise<Readonly<Record<string, unknown>>> {
  const lines = (): readonly Readonly<Record<string, unknown>>[] =>
    walguard.logLines.filter((line) => 'resources' in line);
  const { body } = await fetchRaw(`${walguard.url}/metrics?collect[]=settings`);
  const before = lines().length;
  walguard.signal('SIGUSR2');
  await waitFor('walguard to say what it holds', () => lines().length > before);
  const files = /^process_open_fds (\d+)$/m.exec(body.toString('latin1'))?.[1];
  return { files, ...(lines().at(-1)?.['resources'] as Readonly<Record<string, number>>) };
}

it('hundreds of scrapes among all faults of the network leave no connection, file or timer behind', async () => {
  await using server = await startPostgres();
  await createMonitorRole(server);
  await using proxy = await startFaultProxy(server.port);
  await using walguard = await startWalguard({
    dataSourceName: `${server.url({ user: 'walguard', password: 'walguard', port: proxy.port })}?sslmode=disable`,
    args: ['--scrape.timeout=60s'],
    nodeArgs: ['--import', join(projectDirectory, 'test/support/resource-monitor.mjs')],
  });
  const scene = { url: walguard.url, proxy, server };
  await scrapeRound(scene, true);
  const before = await holdings(walguard);

  for (let round = 0; round < rounds; round += 1)
    expect(await scrapeRound(scene, round === 0)).toBeGreaterThanOrEqual(leastUp);

  let after: Readonly<Record<string, unknown>> = {};
  await waitFor(
    'the connections of before to be closed',
    async () => {
      after = await holdings(walguard);
      return isDeepStrictEqual(after, before);
    },
    30_000,
  ).catch(() => undefined);
  expect(after).toEqual(before);
  await waitFor('the connections of before to be closed', () => proxy.openConnections === 2, 30_000);
  await server.waitForSql(`(SELECT count(*) = 2 FROM pg_stat_activity WHERE usename = 'walguard')`, 30_000);
  console.log(`${rounds * SCRAPES_OF_A_ROUND} scrapes; before and after: ${JSON.stringify(after)}`);
});
