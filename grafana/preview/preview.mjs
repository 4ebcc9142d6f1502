import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import esbuild from 'esbuild';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

import { askFor } from './ask.mjs';

const USAGE =
  'node preview.mjs PROMETHEUS_URL FOLDER [--range=30m] [--scrape=15s] [--width=1600] [--open] [--only=UID] [--set=VARIABLE=REGEXP]';

/** Debian's. */
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

const DASHBOARDS = new URL('../dashboards/', import.meta.url);

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    range: { type: 'string', default: '30m' },
    scrape: { type: 'string', default: '15s' },
    width: { type: 'string', default: '1600' },
    open: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const [prometheus, folder] = positionals;
if (prometheus === undefined || folder === undefined) throw new Error(USAGE);

/** Seconds. */
function durationOf(text) {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (unit === undefined) throw new Error(`${text} is no duration such as 15s or 30m.`);
  return Number(amount) * { s: 1, m: 60, h: 3_600, d: 86_400 }[unit];
}

const toSeconds = Math.floor(Date.now() / 1_000);
const asked = {
  prometheus,
  fromSeconds: toSeconds - durationOf(values.range),
  toSeconds,
  scrapeSeconds: durationOf(values.scrape),
  width: Number(values.width),
  isOpen: values.open,
  chosen: Object.fromEntries(values.set.map((text) => [text.split('=')[0], text.slice(text.indexOf('=') + 1)])),
};

const bundle = await esbuild.build({
  entryPoints: [new URL('src/main.tsx', import.meta.url).pathname],
  bundle: true,
  outdir: '/',
  write: false,
  format: 'iife',
  jsx: 'automatic',
  loader: { '.woff2': 'dataurl', '.woff': 'empty', '.ttf': 'empty', '.svg': 'dataurl' },
  define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
  logLevel: 'error',
  // Editors, which no dashboard has; they are most of what would be bundled.
  alias: { 'monaco-editor': new URL('src/nothing.ts', import.meta.url).pathname },
});
const textOf = (ending) => bundle.outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
const page = `<!doctype html><meta charset="utf-8"><style>${textOf('.css')}</style><body></body>`;

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
const names = (await readdir(DASHBOARDS)).filter((name) => name.endsWith('.json')).toSorted();
for (const name of names) {
  const dashboard = JSON.parse(await readFile(new URL(name, DASHBOARDS), 'utf8'));
  if (values.only.length > 0 && !values.only.includes(dashboard.uid)) continue;
  await draw(dashboard);
}
await browser.close();

async function draw(dashboard) {
  const input = await askFor(dashboard, asked);
  const tab = await browser.newPage({ viewport: { width: asked.width, height: 900 }, timezoneId: 'UTC' });
  const complaints = [];
  const failed = new Promise((_, reject) => {
    tab.on('pageerror', (error) => {
      complaints.push(String(error));
      reject(new Error(`${dashboard.uid} was not drawn. ${error.stack ?? String(error)}`));
    });
  });
  failed.catch(() => undefined);
  // An origin of its own: without one there is no storage, which the components ask for.
  await tab.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: page }));
  await tab.goto('http://preview.invalid/');
  await tab.evaluate((value) => {
    window.previewInput = value;
  }, input);
  await tab.addScriptTag({ content: textOf('.js') });
  await Promise.race([tab.waitForFunction(() => window.previewDone === true, undefined, { timeout: 180_000 }), failed]);
  const height = await tab.evaluate(() => document.documentElement.scrollHeight);
  await tab.setViewportSize({ width: asked.width, height });
  await tab.waitForTimeout(500);
  const picture = await tab.screenshot({ fullPage: true });
  const path = join(folder, `${dashboard.uid.replace(/^walguard-/, 'dashboard-')}.png`);
  const { size } = await sharp(picture).png({ palette: true, colours: 128, effort: 10, dither: 0 }).toFile(path);
  console.log(`${path}: ${asked.width} x ${height}, ${Math.round(size / 1_000)} kB`);
  for (const complaint of new Set(complaints)) console.log(`  ${complaint}`);
  for (const complaint of input.complaints) console.log(`  ${complaint}`);
  await tab.close();
}
