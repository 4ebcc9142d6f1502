import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';

const run = promisify(execFile);

const COLOURS: Readonly<Record<string, string>> = {
  '1': 'font-weight: bold',
  '2': 'opacity: 0.7',
  '31': 'color: #ff7b72',
  '32': 'color: #7ee787',
  '33': 'color: #f2cc60',
};

/** What a command leaves on a terminal of 100 columns, which `script` makes. Its exit code does not count. */
export async function onTerminal(command: string): Promise<string> {
  const { stdout } = await run('script', ['--quiet', '--command', `stty cols 100; ${command}`, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', NO_COLOR: undefined },
    maxBuffer: 10_000_000,
  });
  return stdout
    .split('\r\n')
    .map((line) => line.slice(line.lastIndexOf('\r\u001B[K') + 1).replace('\u001B[K', ''))
    .join('\n')
    .trimEnd();
}

/** Saves what stands on the terminal, below the command, as a picture. */
export async function saveTerminal(browser: Browser, command: string, text: string, path: string): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 920, height: 200 }, deviceScaleFactor: 1.5 });
  const page = await context.newPage();
  await page.setContent(
    `<pre id="terminal" style="margin: 0; padding: 18px; background: #0d1117; color: #e6edf3; font: 14px/1.45 monospace"><b>$ ${escapeHtml(command)}</b>\n${toHtml(text)}</pre>`,
  );
  await page.locator('#terminal').screenshot({ path });
  await context.close();
}

/** Colours become styles; what stands behind a sequence of the terminal has its look until the next. */
function toHtml(text: string): string {
  const [plain = '', ...coloured] = escapeHtml(text).split('\u001B[');
  return plain + coloured.map(toSpan).join('');
}

/** @param sequence `1;31mtext` */
function toSpan(sequence: string): string {
  const end = sequence.indexOf('m');
  const style = sequence
    .slice(0, end)
    .split(';')
    .map((code) => COLOURS[code] ?? '');
  return `<span style="${style.join('; ')}">${sequence.slice(end + 1)}</span>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
