import { execFileSync } from 'node:child_process';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import {
  objectionsOfAxe,
  openAllDetails,
  openTab,
  overflowOf,
  startBrowser,
  type Tab,
  textOf,
} from '../support/browser.ts';
import type { DrillReport } from '../../src/core/drill-report.ts';
import { drillReportOf, failedDrillOf, onDay } from '../support/drill-reports.ts';
import { makeGap, type PageLab, startPageLab } from '../support/page-lab.ts';
import { backUp, targetTime } from '../support/restore-lab.ts';
import { restore } from '../support/restore.ts';
import { startWalguard } from '../support/walguard.ts';

const HOSTILE_BACKUP = `<img src=x onerror="alert('backup')">`;
const HOSTILE_MESSAGE = `<img src=x onerror="alert('drill')">`;
/** The newest first: a success, one that was interrupted, a failure, and a success that took too long. */
const DRILLS = [
  drillReportOf(),
  failedDrillOf({ outcome: 'interrupted' }),
  failedDrillOf({
    failure: {
      phase: 'recovery',
      code: 'DRILL_X',
      message: HOSTILE_MESSAGE,
      hint: 'x'.repeat(300),
      log: ['y'.repeat(900)],
    },
  }),
  drillReportOf({ rtoSeconds: 7_200 }),
].map((report, index) => daysAgo(index * 7 + 1, report));
const NARROW = { width: 320, height: 640 };

/** A drill that ended so long before the tests began. */
function daysAgo(days: number, report: DrillReport): DrillReport {
  const first = drillReportOf().endedSeconds;
  const begin = { ...report, startedSeconds: first - 100, endedSeconds: first };
  return onDay((Date.now() / 1_000 - first) / 86_400 - days, begin);
}

let browser: Browser;
let pageLab: PageLab & AsyncDisposable;
let lost: string;

beforeAll(async () => {
  browser = await startBrowser();
  pageLab = await startPageLab({
    policy: '{rpo: 1h, rto: 1h}',
    wanted: ['retention: {daily: 7, weekly: 2}', 'restore_rate: 100MB', 'replay_rate: 50MB'],
    drills: DRILLS,
  });
  lost = await makeGap(pageLab);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await pageLab?.[Symbol.asyncDispose]();
});

/** Requests beyond walguard. */
function foreignOf({ requests }: Tab): readonly string[] {
  return requests.filter((url) => !url.startsWith(`${pageLab.walguard.url}/`));
}

async function announced({ page }: Tab): Promise<string> {
  return (await page.locator('#announcement').textContent()) ?? '';
}

describe('the page at / in a browser', { timeout: 180_000 }, () => {
  it('shows the gap that was made, and the window that a restore confirms', async () => {
    await using tab = await openTab(browser, pageLab.walguard.url);
    const { page } = tab;
    expect(await textOf(tab, '#verdict')).toContain('Not recoverable');
    expect(await page.locator('.finding h3').first().innerText()).toContain('critical');
    expect(await page.locator('svg.wide .gap title').allTextContents()).toContain(`missing: ${lost} (1 segment)`);
    await page.locator('#repository-0-gaps summary').click();
    expect(await page.locator('#repository-0-gaps tbody tr').allInnerTexts()).toEqual([
      expect.stringContaining(lost) as string,
    ]);

    const { repositories } = await pageLab.status();
    const [window] = repositories[0]?.windows ?? [];
    const shown = page.locator('#repository-0-windows time');
    await page.locator('#repository-0-windows summary').click();
    const times = [await shown.nth(0).getAttribute('datetime'), await shown.nth(1).getAttribute('datetime')];
    expect(times).toEqual([window?.earliest_at, window?.latest_at]);
    const time = targetTime(Date.parse(times[1] ?? '') / 1_000);
    await using restored = await restore({ major: 15, backup: pageLab.first, archive: pageLab.lab.archive, time });
    expect(restored.outcome).toBe('reached');
    expect([tab.complaints, foreignOf(tab)]).toEqual([[], []]);
  });

  it('has nothing that axe objects to and is no wider than a phone, light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const viewport of [NARROW, { width: 1_200, height: 900 }]) {
        await using tab = await openTab(browser, pageLab.walguard.url, { colorScheme, viewport });
        await openAllDetails(tab);
        expect(await objectionsOfAxe(tab)).toEqual([]);
        expect(await overflowOf(tab)).toBeLessThanOrEqual(0);
        expect([tab.complaints, foreignOf(tab)]).toEqual([[], []]);
      }
    }
  });

  it('shows the drills: how long they took, and why one failed, with its words as text', async () => {
    await using tab = await openTab(browser, pageLab.walguard.url);
    const { page } = tab;
    expect(await page.locator('svg.wide .drill.within').count()).toBe(1);
    expect(await page.locator('svg.wide .drill.over').count()).toBe(1);
    expect(await page.locator('svg.wide .drill.failed').count()).toBe(1);
    await page.locator('#repository-0-drills summary').click();
    const rows = await page.locator('#repository-0-drills tbody tr').allInnerTexts();
    expect(rows.map((row) => /success|failed|interrupted/.exec(row)?.[0])).toEqual([
      'success',
      'interrupted',
      'failed',
      'success',
    ]);
    const failure = page.locator('details', { hasText: 'DRILL_X' });
    await failure.locator('summary').click();
    expect(await failure.innerText()).toContain(`In recovery: ${HOSTILE_MESSAGE}`);
    expect(await page.locator('main img').count()).toBe(0);
    expect([tab.complaints, foreignOf(tab)]).toEqual([[], []]);
  });

  it('works without scripts, and has everything then too', async () => {
    await using tab = await openTab(browser, pageLab.walguard.url, { javaScriptEnabled: false });
    expect(await textOf(tab, '#verdict')).toContain('Not recoverable');
    await tab.page.locator('#repository-0-gaps summary').click();
    expect(await textOf(tab, '#repository-0-gaps table')).toContain(lost);
    expect(tab.requests.filter((url) => url.includes('.js'))).toEqual([]);
  });

  it('is printed with its verdict and its gap', async () => {
    await using tab = await openTab(browser, pageLab.walguard.url);
    await openAllDetails(tab);
    const printed = execFileSync('pdftotext', ['-', '-'], { input: await tab.page.pdf(), encoding: 'utf8' });
    expect(printed).toContain('Not recoverable');
    expect(printed.replaceAll(/\s/g, '')).toContain(lost);
  });

  it('changes in place when the verdict does, says so, and has names as text whatever they are', async () => {
    await using tab = await openTab(browser, pageLab.walguard.url);
    const { page } = tab;
    await page.locator('#repository-0-backups summary').click();
    await page.evaluate(`document.querySelector('#repository-0').marked = true`);
    await backUp(pageLab.lab, HOSTILE_BACKUP);
    await waitFor('the backup', async () => (await pageLab.status()).repositories[0]?.backups.length === 2, 60_000);
    await waitFor('a verdict', async () => (await pageLab.status()).status === 'at_risk', 60_000);
    expect(await textOf(tab, '#verdict')).toContain('Not recoverable');

    await page.clock.fastForward(15_000);
    await page.locator('main[data-verdict="at_risk"]').waitFor();
    expect(await textOf(tab, '#verdict')).toContain('At risk');
    expect(await announced(tab)).toContain('The verdict has changed: At risk.');
    expect(await page.title()).toContain('At risk');
    expect(await page.evaluate(`document.querySelector('#repository-0').marked`)).toBe(true);
    expect(await page.evaluate(`document.querySelector('#repository-0-backups').open`)).toBe(true);

    expect(await page.locator('#repository-0-backups tbody th').allInnerTexts()).toContain(HOSTILE_BACKUP);
    expect(await textOf(tab, '#repository-0')).toBe('Repository main');
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect([tab.complaints, foreignOf(tab)]).toEqual([[], []]);
  });

  it('says what it knows where nothing is configured, and since when nobody answers any more', async () => {
    const dataSourceName = pageLab.lab.server.url({ user: 'walguard', password: 'walguard' });
    await using walguard = await startWalguard({ dataSourceName });
    await using tab = await openTab(browser, walguard.url);
    const { page } = tab;
    expect(await textOf(tab, '#verdict')).toContain('Not known');
    expect(await textOf(tab, 'pre')).toContain('archive: {method: directory');
    expect(await objectionsOfAxe(tab)).toEqual([]);
    expect(tab.complaints).toEqual([]);

    await walguard.stop();
    await page.clock.fastForward(15_000);
    await page.getByText(/walguard has not answered since/).waitFor();
    expect(await objectionsOfAxe(tab)).toEqual([]);
  });
});
