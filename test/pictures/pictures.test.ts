import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import type { StatusDocument } from '../../src/http/schema.ts';
import { openTab, startBrowser } from '../support/browser.ts';
import { makeGap, type PageLab, startPageLab } from '../support/page-lab.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { backUp, segmentsPass } from '../support/restore-lab.ts';

/** Made for docs/page.md by `npm run pictures`; nothing of it is a test that CI runs. */
const FOLDER = join(projectDirectory, 'docs/pictures');

let browser: Browser;
let pageLab: PageLab & AsyncDisposable;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  browser = await startBrowser();
  pageLab = await startPageLab({
    policy: '{rpo: 5m, rto: 1h}',
    wanted: [
      'backup_interval: 1d',
      'retention: {daily: 7, weekly: 4}',
      'time_zone: Europe/Berlin',
      'restore_rate: 100MB',
      'replay_rate: 50MB',
    ],
  });
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await pageLab?.[Symbol.asyncDispose]();
});

async function picture(name: string, options: BrowserContextOptions, isWhole: boolean): Promise<readonly string[]> {
  await using tab = await openTab(browser, pageLab.walguard.url, options);
  await tab.page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: isWhole });
  return tab.complaints;
}

async function exposureSeconds(): Promise<number> {
  const answer = await fetch(`${pageLab.walguard.url}/api/v1/status`);
  const status = (await answer.json()) as StatusDocument;
  return status.exposure?.seconds ?? 0;
}

const WIDE = { viewport: { width: 1_060, height: 1_250 } };
const PHONE = { viewport: { width: 360, height: 760 } };

it('are made of a server that is well, and of one whose archive has lost a segment', async () => {
  const { lab } = pageLab;
  await backUp(lab, 'second');
  await segmentsPass(lab.server, 8);
  expect(await picture('page', { ...WIDE, colorScheme: 'light' }, true)).toEqual([]);
  await makeGap(pageLab);
  // Until the server was asked again, what is lost is told of before the gap.
  await waitFor('the exposure behind the gap', async () => (await exposureSeconds()) > 0, 30_000);
  await picture('page-gap', { ...WIDE, colorScheme: 'light' }, false);
  await picture('page-dark', { ...WIDE, colorScheme: 'dark' }, false);
  await picture('page-phone-dark', { ...PHONE, colorScheme: 'dark' }, false);
}, 180_000);
