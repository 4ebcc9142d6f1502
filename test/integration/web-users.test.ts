import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { ask, statusOf } from '../support/web-client.ts';
import { startWebLab, userLine, type WebLab } from '../support/web-lab.ts';
import { runWalguard } from '../support/walguard.ts';

const PATHS = ['/', '/metrics', '/api/v1/status', '/-/healthy', '/-/ready', '/-/page/style.css', '/nothing'];
const alice = { auth: 'alice:right' };

let lab: WebLab;

beforeAll(async () => {
  lab = await startWebLab();
});
afterAll(() => lab[Symbol.asyncDispose]());

describe('a walguard with users', () => {
  it('lets nobody in without a right password, on no path, and says no more to a name it knows', async () => {
    await using web = await lab.start(`basic_auth_users: {${userLine('alice', 'right')}, ${userLine('bob', 'b')}}`);
    const wrong = [{}, { auth: 'alice:wrong' }, { auth: 'nobody:right' }, { auth: 'bob:right' }, { auth: 'alice:' }];
    for (const path of PATHS) {
      const answers = await Promise.all(wrong.map((asking) => ask(`${web.url}${path}`, asking)));
      expect(answers.map(({ status }) => status)).toEqual(wrong.map(() => 401));
      expect(new Set(answers.map(({ text, headers }) => text + String(headers['www-authenticate']))).size).toBe(1);
    }
    expect((await ask(web.url)).headers['www-authenticate']).toMatch(/^Basic realm=/);
    const statuses = await Promise.all(PATHS.map((path) => statusOf(`${web.url}${path}`, alice)));
    expect(statuses).toEqual(PATHS.map((path) => (path === '/nothing' ? 404 : 200)));
  });

  it('refuses credentials that are none', async () => {
    await using web = await lab.start(`basic_auth_users: {${userLine('alice', 'right')}}`);
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    const long = basic(`alice:${'x'.repeat(9_000)}`);
    const headers = [
      'Bearer YWxpY2U6cmlnaHQ=',
      'Basic %%%',
      basic('alice'),
      long,
      basic('__proto__:right'),
      basic(':'),
    ];
    const asked = headers.map((header) => statusOf(`${web.url}/metrics`, { headers: { Authorization: header } }));
    expect(await Promise.all(asked)).toEqual(headers.map(() => 401));
  });

  it('answers a user it knows while wrong passwords come by the hundred, and takes no more than some of them', async () => {
    await using web = await lab.start(`basic_auth_users: {${userLine('alice', 'right', 8)}}`);
    await waitFor('alice to be let in', async () => (await statusOf(`${web.url}/-/healthy`, alice)) === 200, 60_000);
    const flood = Array.from({ length: 200 }, (_, n) => statusOf(`${web.url}/-/healthy`, { auth: `alice:${n}` }));
    expect(await statusOf(`${web.url}/-/healthy`, alice)).toBe(200);
    const statuses = await Promise.all(flood);
    expect(new Set(statuses)).toEqual(new Set([401, 503]));
    expect(await statusOf(`${web.url}/-/healthy`, { auth: 'alice:0' })).toBe(401);
  });

  it('takes new users from the file and lets go of old ones', async () => {
    await using web = await lab.start(`basic_auth_users: {${userLine('alice', 'right')}}`);
    expect(await statusOf(`${web.url}/metrics`, alice)).toBe(200);
    await web.rewrite(`basic_auth_users: {${userLine('alice', 'changed')}, ${userLine('carol', 'c')}}`);
    await waitFor('carol to be let in', async () => (await statusOf(web.url, { auth: 'carol:c' })) === 200, 60_000);
    expect(await statusOf(web.url, alice)).toBe(401);
    expect(await statusOf(web.url, { auth: 'alice:changed' })).toBe(200);
  });

  it('keeps the file of before when the new one is broken, and says so once', async () => {
    await using web = await lab.start(`basic_auth_users: {${userLine('alice', 'right')}}`);
    const complaints = () => web.walguard.logLines.filter(({ msg }) => msg === 'the web configuration of before stays');
    await web.rewrite('basic_auth_users:\n  alice: hunter2\n');
    await waitFor('the complaint', () => Promise.resolve(complaints().length > 0), 60_000);
    expect(complaints()[0]).toMatchObject({ code: 'CONFIG_BAD_VALUE', line: 2, column: 3, level: 'error' });
    expect(await statusOf(web.url, alice)).toBe(200);
    expect(web.walguard.stderr).not.toContain('hunter2');
    await web.rewrite(`basic_auth_users: {${userLine('dave', 'd')}}`);
    await waitFor('dave to be let in', async () => (await statusOf(web.url, { auth: 'dave:d' })) === 200, 60_000);
    expect(complaints()).toHaveLength(1);
    await web.rewrite('');
    await waitFor('the next complaint', () => Promise.resolve(complaints().length === 2), 60_000);
    expect(complaints()[1]).toMatchObject({ code: 'CONFIG_BAD_VALUE', reason: 'basic_auth_users is gone' });
    expect(await statusOf(web.url)).toBe(401);
  });

  it('sends the headers it is told to, and refuses what comes too often', async () => {
    const headers = `headers: {X-Frame-Options: deny, Strict-Transport-Security: max-age=60}`;
    await using web = await lab.start(`http_server_config: {${headers}}\nrate_limit: {interval: 1h, burst: 3}`);
    const answers = [];
    for (let n = 0; n < 4; n++) answers.push(await ask(`${web.url}/-/healthy`));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    for (const answer of answers)
      expect(answer.headers).toMatchObject({ 'x-frame-options': 'deny', 'strict-transport-security': 'max-age=60' });
  });

  it('is asked for its status with user and password in the URL', async () => {
    await using web = await lab.start(`basic_auth_users: {${userLine('alice', 'right')}}`);
    const asked = (url: string) => runWalguard(['status', `--url=${url}`, '--brief']);
    const [right, wrong] = [await asked(web.url.replace('//', '//alice:right@')), await asked(web.url)];
    expect(right.stdout).toMatch(/^UNKNOWN - /);
    expect(right.stdout).not.toContain('refuses');
    expect(wrong.stdout).toMatch(/refuses to answer \(401\)/);
  });

  it('does not start with a broken file', async () => {
    const path = await lab.folder.write('broken.yml', 'basic_auth_users:\n  alice: hunter2\n');
    const { code, stderr } = await runWalguard([`--web.config.file=${path}`], { dataSourceName: 'host=127.0.0.1' });
    expect(code).toBe(2);
    expect(stderr).toContain(`${path}:2:3: CONFIG_BAD_VALUE: basic_auth_users.alice is not usable`);
    expect(stderr).not.toContain('hunter2');
  });
});
