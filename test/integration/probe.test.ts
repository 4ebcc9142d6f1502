import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fetchText, samplesOf, scrape, valueOf } from '../support/http.ts';
import { type PasswordTrap, startPasswordTrap } from '../support/password-trap.ts';
import { newestSharedServer } from '../support/shared-servers.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const { port, monitorUrl } = newestSharedServer();
const { password } = new URL(monitorUrl);
const SECRET = 'only-for-those-listed';

let folder: TemporaryFolder;
let trap: PasswordTrap;
let walguard: Walguard;

beforeAll(async () => {
  folder = await temporaryFolder();
  trap = await startPasswordTrap();
  const passwordFile = await folder.write('password', `${password}\n`);
  const path = await folder.write(
    'walguard.yml',
    `auth_modules:
  real:
    type: userpass
    userpass: {username: walguard, password_file: ${passwordFile}}
    options: {sslmode: disable}
    targets: ['127.0.0.1:${port}/shop']
  trapped:
    type: userpass
    userpass: {username: walguard, password: ${SECRET}}
    options: {sslmode: disable}
    targets: ['127.0.0.1:${port}', 'localhost:${trap.port}']
`,
  );
  walguard = await startWalguard({ args: [`--config.file=${path}`] });
});
afterAll(async () => {
  for (const each of [walguard, trap, folder]) await each?.[Symbol.asyncDispose]();
});

async function probe(target: string, authModule: string): Promise<string> {
  const query = new URLSearchParams({ target, auth_module: authModule });
  const { status, text } = await fetchText(`${walguard.url}/probe?${query.toString()}`, {
    'X-Prometheus-Scrape-Timeout-Seconds': '2',
  });
  return status === 200 ? '200' : `${status} ${text.trim()}`;
}

describe('a server that Prometheus names', () => {
  it('is scraped with the credentials of its module, in its database or the one that is listed', async () => {
    const query = `auth_module=real&target=127.0.0.1:${port}`;
    const { families } = await scrape(`${walguard.url}/probe?${query}`);
    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(samplesOf(families, 'walguard_postgres_connections')[0]?.labels).toEqual({ target: `127.0.0.1:${port}` });
    const shop = await scrape(`${walguard.url}/probe?${query}/shop&collect[]=stat_user_tables`);
    expect(samplesOf(shop.families, 'pg_stat_user_tables_n_live_tup', { relname: 'orders' })).toHaveLength(1);
    expect(await probe(`127.0.0.1:${port}/other`, 'real')).toMatch(/^403 /);
  });

  it('gets no password unless its module lists it, however it is written', async () => {
    const written = [
      `127.0.0.1:${trap.port}`,
      `127.0.0.1:${port},127.0.0.1:${trap.port}`,
      `postgresql://127.0.0.1:${port}@127.0.0.1:${trap.port}/`,
      `127.0.0.1:${port}/postgres?host=127.0.0.1&port=${trap.port}`,
      `127.1:${trap.port}`,
      `[::ffff:127.0.0.1]:${trap.port}`,
      `2130706433:${trap.port}`,
      `LOCALHOST.:${trap.port}`,
    ];
    const answers = await Promise.all(
      written.flatMap((target) => ['real', 'trapped'].map((name) => probe(target, name))),
    );
    expect(
      answers.map((answer) => answer.slice(0, 3)).filter((status) => status !== '400' && status !== '403'),
    ).toEqual([]);
    expect(answers.join('\n')).not.toContain(SECRET);
    expect(trap.heard).toEqual([]);
    expect(await probe(`localhost:${trap.port}`, 'trapped')).toBe('200');
    expect(trap.heard).toContain(`password ${SECRET}`);
  });

  it('needs a module that is there', async () => {
    expect(await probe(`127.0.0.1:${port}`, 'reel')).toBe('404 There is no auth module "reel".');
    const without = await fetchText(`${walguard.url}/probe?target=127.0.0.1:${port}`);
    expect(without.status).toBe(404);
    expect((await fetchText(`${walguard.url}/probe?auth_module=real`)).status).toBe(400);
    expect((await scrape(`${walguard.url}/metrics`)).families.has('pg_up')).toBe(false);
  });

  it('is nowhere in a log or page with its password', async () => {
    const pages = await Promise.all(
      ['/', '/metrics', '/sd'].map(async (at) => (await fetchText(walguard.url + at)).text),
    );
    expect(`${walguard.stderr}${pages.join('\n')}`).not.toContain(SECRET);
  });
});
