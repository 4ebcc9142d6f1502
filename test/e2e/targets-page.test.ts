import { writeFile } from 'node:fs/promises';

import { expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { objectionsOfAxe, openTab, overflowOf, startBrowser, textOf } from '../support/browser.ts';
import { fetchText } from '../support/http.ts';
import { newestSharedServer } from '../support/shared-servers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard } from '../support/walguard.ts';

const NARROW = { width: 320, height: 640 };
const DEAD = 'host=127.0.0.1 port=1 user=nobody';

it('the page of many servers lists them all, leads to each, follows a reload, and is for every eye and window', async () => {
  await using folder = await temporaryFolder();
  const { monitorUrl } = newestSharedServer();
  const configOf = (names: readonly string[]): string =>
    JSON.stringify({
      targets: Object.fromEntries(
        names.map((name) => [name, { data_source: { name: name === 'dead' ? DEAD : monitorUrl } }]),
      ),
    });
  const path = await folder.write('walguard.yml', configOf(['orders', 'dead']));
  await using walguard = await startWalguard({ args: [`--config.file=${path}`] });
  for (const name of ['orders', 'dead']) await fetchText(`${walguard.url}/probe?target=${name}`);
  await using browser = await startBrowser();
  await using tab = await openTab(browser, walguard.url);
  const { page } = tab;
  const servers = async () => await page.locator('tbody th a').allTextContents();
  expect(await servers()).toEqual(['orders', 'dead']);
  expect(await textOf(tab, 'tbody tr:nth-child(2)')).toContain('never');
  expect(await objectionsOfAxe(tab)).toEqual([]);
  await page.setViewportSize(NARROW);
  expect(await overflowOf(tab)).toBe(0);
  await writeFile(path, configOf(['orders', 'third', 'dead']));
  walguard.signal('SIGHUP');
  await waitFor('the reload', async () => (await fetchText(`${walguard.url}/sd`)).text.includes('third'), 30_000);
  await page.clock.runFor(20_000);
  await waitFor('the page to follow', async () => (await servers()).includes('third'), 30_000);
  await page.getByRole('link', { name: 'orders', exact: true }).click();
  await page.getByRole('link', { name: 'All servers' }).click();
  expect(await servers()).toHaveLength(3);
  expect(tab.complaints).toEqual([]);
});
