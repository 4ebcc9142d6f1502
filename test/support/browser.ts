import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's. */
const EXECUTABLE = '/usr/bin/chromium';

/** Generous: the machine may do other things. */
const PATIENCE_MS = 60_000;

export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'], timeout: PATIENCE_MS });
}

/** A page of a browser, with all that it asked for and all that it complained of. Dispose of it. */
export interface Tab extends AsyncDisposable {
  readonly page: Page;
  /** Addresses of all requests. */
  readonly requests: readonly string[];
  /** Messages of the console, errors, and violations of the content policy. */
  readonly complaints: readonly string[];
}

export async function openTab(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript(
    `document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
       console.error('policy: ' + violatedDirective + ' ' + blockedURI));`,
  );
  await page.clock.install();
  await page.goto(url);
  return { page, requests, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** What axe objects to, as `rule: what of the page`. */
export async function objectionsOfAxe({ page }: Tab): Promise<readonly string[]> {
  // In the page, but not by it: its policy allows no script that does not come from walguard.
  await page.evaluate(axe.source);
  return await page.evaluate<readonly string[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
       violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ': ' + target + ' ' + failureSummary)))`,
  );
}

export async function openAllDetails({ page }: Tab): Promise<void> {
  await page.evaluate(`for (const each of document.querySelectorAll('details')) each.open = true`);
}

/** How far the page reaches beyond its window to the right; CSS pixels. */
export async function overflowOf({ page }: Tab): Promise<number> {
  return await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
}

/** The text of what is called so, without what nobody sees. */
export async function textOf({ page }: Tab, selector: string): Promise<string> {
  return await page.locator(selector).first().innerText();
}
