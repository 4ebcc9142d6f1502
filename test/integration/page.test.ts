import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMonitorRole, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import { fetchRaw, fetchText, scrape } from '../support/http.ts';
import { watchSessions } from '../support/session-watch.ts';
import { supportedMajors } from '../support/supported-majors.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

let server: PostgresServer;
let walguard: Walguard;

beforeAll(async () => {
  server = await startPostgres({ major: supportedMajors.at(-1) ?? 18, archive: true });
  walguard = await startWalguard({ dataSourceName: await createMonitorRole(server) });
}, 120_000);

afterAll(async () => {
  await walguard?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

describe('the page at / over HTTP', () => {
  it('allows nothing but its own files, and is kept by nobody', async () => {
    const { status, headers, body } = await fetchRaw(`${walguard.url}/`);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');

    const head = await fetchRaw(`${walguard.url}/`, {}, 'HEAD');
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(body.length / 2);
  });

  it('has a style, a script and an icon of its own, which may be kept', async () => {
    const { text } = await fetchText(`${walguard.url}/`);
    const files = Array.from(text.matchAll(/(?:href|src)="\.(\/-\/page\/[^"]+)"/g), ([, path]) => path ?? '');
    const types = await Promise.all(
      files.map(async (path) => {
        const { status, headers, body } = await fetchRaw(`${walguard.url}${path}`);
        expect([status, headers['x-content-type-options']]).toEqual([200, 'nosniff']);
        expect(headers['cache-control']).toContain('immutable');
        expect(body.length).toBeGreaterThan(100);
        return headers['content-type'];
      }),
    );
    expect(new Set(types)).toEqual(
      new Set(['image/svg+xml; charset=utf-8', 'text/css; charset=utf-8', 'text/javascript; charset=utf-8']),
    );
    expect((await fetchText(`${walguard.url}/-/page/../../package.json`)).status).toBe(404);
    expect((await fetchText(`${walguard.url}/-/page/page.js`)).status).toBe(404);
  });

  it('asks the server nothing, and says what the last scrape found', async () => {
    await using sessions = await watchSessions(server, 'walguard');
    const before = await Promise.all(Array.from({ length: 20 }, () => fetchText(`${walguard.url}/`)));
    expect((await sessions.stop()).most).toBe(0);
    expect(before.every(({ text }) => text.includes('Nothing was scraped yet.'))).toBe(true);

    await scrape(`${walguard.url}/metrics`);
    const { text } = await fetchText(`${walguard.url}/`);
    expect(text).toContain('<code>archiver</code>');
    expect(text).toMatch(/✓<\/span> ok<\/span> since <time/);
    expect(text).toContain('<strong>primary</strong>');
  });

  it('says why a collector failed, and that a server does not answer', async () => {
    await server.stop('fast');
    await scrape(`${walguard.url}/metrics`);
    let page = '';
    await waitFor('the page', async () => (page = (await fetchText(`${walguard.url}/`)).text) !== '');
    expect(page).toContain('unreachable');
    expect(page).toMatch(/<code>TARGET_[A-Z_]+<\/code>/);
    await server.start();
  });
});
