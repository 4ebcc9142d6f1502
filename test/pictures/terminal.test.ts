import { join } from 'node:path';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startBrowser } from '../support/browser.ts';
import { startDrillLab } from '../support/drill-lab.ts';
import { makeGap, startPageLab } from '../support/page-lab.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { archivedEnd, backUp, segmentsPass } from '../support/restore-lab.ts';
import { onTerminal, saveTerminal } from '../support/terminal-picture.ts';

/** Made by `npm run pictures`; nothing of it is a test that CI runs. */
const FOLDER = join(projectDirectory, 'docs/pictures');
const WALGUARD = `${process.execPath} ${join(projectDirectory, 'dist/main.js')}`;

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

it('the terminal, of a server whose archive has lost a segment', async () => {
  await using pageLab = await startPageLab({ policy: '{rpo: 5m, rto: 1h}', wanted: ['backup_interval: 1d'] });
  await backUp(pageLab.lab, 'second');
  await segmentsPass(pageLab.lab.server, 8);
  await makeGap(pageLab);
  const text = await onTerminal(`${WALGUARD} status --url=${pageLab.walguard.url}`);
  expect(text).toContain('archive_gap');
  await saveTerminal(browser, 'walguard status', text, join(FOLDER, 'terminal-status.png'));
}, 180_000);

it('the terminal, of a drill', async () => {
  await using lab = await startDrillLab(18);
  await lab.server.sql('CREATE TABLE orders AS SELECT generate_series(1, 200000) AS id');
  await backUp(lab, 'first');
  await lab.server.sql('UPDATE orders SET id = -id');
  await lab.server.sql('SELECT pg_switch_wal()');
  await archivedEnd(lab.server, lab.archive);
  const config = await lab.configure({
    repository: 'drill: {checks: [{name: orders, sql: SELECT count(*) FROM orders, at_least: 1000}]}',
  });
  const text = await onTerminal(`${lab.launcher.join(' ')} ${WALGUARD} drill --config.file=${config}`);
  expect(text).toContain('SUCCESS');
  await saveTerminal(
    browser,
    'walguard drill --config.file=/etc/walguard.yaml',
    text,
    join(FOLDER, 'terminal-drill.png'),
  );
}, 180_000);
