import { writeFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { fetchRaw, fetchText, samplesOf, scrape, valueOf } from '../support/http.ts';
import { startHostileServer } from '../support/hostile-server.ts';
import { failuresOf } from '../support/outcomes.ts';
import { startPasswordTrap } from '../support/password-trap.ts';
import { type SharedServer, sharedServers } from '../support/shared-servers.ts';
import { rowsOf } from '../support/sql.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { runWalguard, startWalguard, type Walguard } from '../support/walguard.ts';
import { ask } from '../support/web-client.ts';

const [oldest, newest] = [sharedServers()[0], sharedServers().at(-1)] as [SharedServer, SharedServer];
/** Those of the one server of the command line. */
const EVERYWHERE = { PGUSER: 'from-env', PGPASSWORD: 'not-for-targets', PGHOST: '127.0.0.1' };

let folder: TemporaryFolder;
let path: string;
let walguard: Walguard;

function configOf(targets: string): string {
  return `web: {enable_lifecycle: true}\ntargets:\n${targets}`;
}

function targetOf(name: string, url: string, more = ''): string {
  return `  ${name}:\n    data_source: {name: "${url}?application_name=${name}"}\n${more}`;
}

const OLD = targetOf('old', oldest.monitorUrl, '    labels: {cluster: shop, tier: gold}\n');
const NEW = targetOf(
  'new',
  newest.monitorUrl,
  '    labels: {instance: new.example}\n    collector: {settings: false}\n',
);

beforeAll(async () => {
  folder = await temporaryFolder();
  path = await folder.write('walguard.yml', configOf(OLD + NEW));
  walguard = await startWalguard({ args: [`--config.file=${path}`], env: EVERYWHERE });
});
afterAll(async () => {
  for (const each of [walguard, folder]) await each?.[Symbol.asyncDispose]();
});

async function reload(config: string): Promise<{ readonly status: number; readonly text: string }> {
  await writeFile(path, config);
  return await ask(`${walguard.url}/-/reload`, { method: 'POST' });
}

async function versionAt(name: string): Promise<string | undefined> {
  const { families } = await scrape(`${walguard.url}/probe?target=${name}`);
  return samplesOf(families, 'pg_server_info')[0]?.labels['server_version'];
}

async function statusAt(url: string): Promise<number> {
  return (await fetchText(`${walguard.url}${url}`)).status;
}

describe('targets of the configuration', () => {
  it('are each a page of their own, with what is set for them alone', async () => {
    expect(await versionAt('old')).toMatch(new RegExp(`^${oldest.major}`));
    expect(await versionAt('new')).toMatch(new RegExp(`^${newest.major}`));
    const [old, young] = await Promise.all(
      ['old', 'new'].map(async (name) => (await scrape(`${walguard.url}/probe?target=${name}`)).families),
    );
    expect(valueOf(old ?? new Map(), 'walguard_collector_success', { collector: 'settings' })).toBe(1);
    expect(valueOf(young ?? new Map(), 'walguard_collector_success', { collector: 'settings' })).toBeUndefined();
    expect(samplesOf(old ?? new Map(), 'walguard_postgres_connections')[0]?.labels).toEqual({ target: 'old' });
  });

  it('leave the page of metrics to walguard itself', async () => {
    const { families } = await scrape(`${walguard.url}/metrics`);
    const names = [...families.keys()];
    expect(names).toContain('walguard_build_info');
    expect(names.filter((name) => name.startsWith('pg_'))).toEqual([]);
    const page = await scrape(`${walguard.url}/probe?target=old`);
    expect([...page.families.keys()].filter((name) => /^(process|nodejs)_|build_info/.test(name))).toEqual([]);
  });

  it('are listed for the service discovery of Prometheus, at the address that was asked', async () => {
    const { headers, text } = await fetchText(`${walguard.url}/sd`);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    const common = { __metrics_path__: '/probe' };
    expect(JSON.parse(text)).toEqual([
      {
        targets: [`127.0.0.1:${walguard.port}`],
        labels: { ...common, __param_target: 'old', instance: 'old', cluster: 'shop', tier: 'gold' },
      },
      {
        targets: [`127.0.0.1:${walguard.port}`],
        labels: { ...common, __param_target: 'new', instance: 'new.example' },
      },
    ]);
    const odd = await fetchRaw(`${walguard.url}/sd`, { Host: 'x/../y@z' });
    expect(odd.status).toBe(400);
  });

  it('have each their status, health and page, and all of them one', async () => {
    const status = JSON.parse((await fetchText(`${walguard.url}/api/v1/status?target=old`)).text) as unknown;
    expect(status).toMatchObject({ target: 'old', status: 'unknown' });
    expect(await Promise.all(['/primary', '/replica', '/health'].map((at) => statusAt(`${at}?target=new`)))).toEqual([
      200, 404, 200,
    ]);
    const all = (await fetchText(`${walguard.url}/`)).text;
    expect(all).toContain('<a href="./?target=old">old</a>');
    const one = (await fetchText(`${walguard.url}/?target=old`)).text;
    expect(one).toContain('href="./probe?target=old"');
    expect(one).toContain('href="./api/v1/status?target=old"');
  });

  it('that are not named, or not there, are answered with what to do', async () => {
    for (const at of ['/probe', '/api/v1/status', '/health', '/primary']) {
      const { status, text } = await fetchText(`${walguard.url}${at}`);
      expect(`${status} ${text}`).toBe('400 Say of which server: ?target=old. GET /sd lists the targets.\n');
    }
    const { status, text } = await fetchText(`${walguard.url}/probe?target=odl`);
    expect(`${status} ${text}`).toBe('404 There is no target "odl". Did you mean old?\n');
    expect(await statusAt('/probe?target=old&target=new')).toBe(400);
    expect(await statusAt('/?target=gone')).toBe(404);
  });

  it('get no user and no password that the environment has for the server of the command line', async () => {
    await using trap = await startPasswordTrap();
    const bare = `  trap:\n    data_source: {name: "host=127.0.0.1 port=${trap.port} sslmode=disable"}\n`;
    expect((await reload(configOf(OLD + NEW + bare))).status).toBe(200);
    const { families } = await scrape(`${walguard.url}/probe?target=trap`, {
      'X-Prometheus-Scrape-Timeout-Seconds': '2',
    });
    expect(valueOf(families, 'pg_up')).toBe(0);
    expect(trap.heard.length).toBeGreaterThan(0);
    expect(trap.heard.filter((said) => said.startsWith('password') || said === 'user from-env')).toEqual([]);
  });

  it('are not kept waiting by one that never answers', async () => {
    await using silent = await startHostileServer(() => undefined);
    const patient = `"postgresql://walguard@127.0.0.1:${silent.port}/postgres?connect_timeout=60"`;
    const dead = `  silent:\n    data_source: {name: ${patient}}\n    scrape: {timeout: 60s}\n`;
    expect((await reload(configOf(OLD + NEW + dead))).status).toBe(200);
    const reader = new AbortController();
    let isOver = false;
    const hanging = fetch(`${walguard.url}/probe?target=silent`, { signal: reader.signal })
      .catch(() => undefined)
      .finally(() => (isOver = true));
    await waitFor('it to be asked', () => silent.open() > 0, 30_000);
    expect(await versionAt('old')).toMatch(new RegExp(`^${oldest.major}`));
    expect(await statusAt('/primary?target=new')).toBe(200);
    expect(isOver).toBe(false);
    reader.abort();
    await hanging;
  });

  it('cannot stand beside a server that the environment names', async () => {
    const { code, stderr } = await runWalguard([`--config.file=${path}`], { dataSourceName: oldest.monitorUrl });
    expect(stderr).toContain(
      'USAGE_BAD_VALUE: DATA_SOURCE_NAME names a server, and the configuration file has targets',
    );
    expect(code).toBe(2);
  });
});

describe('commands', () => {
  it('take a target of the configuration by its name', async () => {
    const args = [`--config.file=${path}`];
    const explained = await runWalguard(['explain', '--target=old', ...args]);
    expect(explained.stdout).toContain('PostgreSQL');
    const several = await runWalguard(['explain', ...args]);
    expect(several.stderr).toContain('USAGE_BAD_VALUE: the configuration has several targets');
    const misspelt = await runWalguard(['check', '--target=odl', ...args]);
    expect(misspelt.stderr).toContain('Did you mean "old"?');
    const once = await runWalguard(['status', '--once', '--target=new', ...args]);
    expect(once.stdout).toContain('UNKNOWN');
    const asked = await runWalguard(['status', `--url=${walguard.url}`, '--target=new', '--json']);
    expect(JSON.parse(asked.stdout)).toMatchObject({ target: 'new' });
  });
});

describe('a reload', () => {
  it('adds a target and takes one away, and the others keep their connections', async () => {
    await reload(configOf(OLD + NEW));
    await Promise.all(['old', 'new'].map(versionAt));
    const before = await pidsOf(oldest, 'old');
    expect(before).not.toEqual([]);
    expect(await reload(configOf(OLD + targetOf('third', newest.monitorUrl)))).toMatchObject({ status: 200 });
    expect(await statusAt('/probe?target=new')).toBe(404);
    expect(await versionAt('third')).toMatch(new RegExp(`^${newest.major}`));
    await versionAt('old');
    expect(await pidsOf(oldest, 'old')).toEqual(before);
    await waitFor(
      'the connections of what is gone to close',
      async () => (await pidsOf(newest, 'new')).length === 0,
      30_000,
    );
  });

  it('that is wrong leaves everything as it was, and says where and what to do', async () => {
    await reload(configOf(OLD));
    const wrong = configOf(`${OLD}${targetOf('broken', newest.monitorUrl, '    scrape: {timeout: soon}\n')}`);
    const { status, text } = await reload(wrong);
    expect(status).toBe(500);
    expect(text).toContain(`${path}:8:14: CONFIG_BAD_VALUE: targets.broken.scrape.timeout is "soon"`);
    expect(await versionAt('old')).toBeDefined();
    expect(await statusAt('/probe?target=broken')).toBe(404);
    const refused = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(refused.families, 'walguard_config_last_reload_successful')).toBe(0);
    await reload(configOf(OLD));
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(families, 'walguard_config_last_reload_successful')).toBe(1);
  });

  it('changes one target alone, by SIGHUP too', async () => {
    await reload(configOf(OLD + NEW));
    await Promise.all(['old', 'new'].map(versionAt));
    const before = await pidsOf(oldest, 'old');
    await writeFile(path, configOf(OLD + targetOf('new', oldest.monitorUrl)));
    walguard.signal('SIGHUP');
    const isOther = async () => (await versionAt('new'))?.startsWith(String(oldest.major)) === true;
    await waitFor('the target to be another server', isOther, 30_000);
    expect(await pidsOf(oldest, 'old')).toEqual(before);
  });

  it('lets scrapes under way end', async () => {
    const slow = await folder.write(
      'slow.yaml',
      'slow: {timeout: 8, query: "SELECT pg_sleep(2)::text AS x, 1 AS n", metrics: [{x: {usage: LABEL}}, {n: {usage: GAUGE, description: n}}]}\n',
    );
    const slowly = targetOf('slowly', newest.monitorUrl, `    extend: {query_path: ${slow}}\n`);
    await reload(configOf(OLD + slowly));
    const answer = scrape(`${walguard.url}/probe?target=slowly`);
    const isAsked = async () => (await rowsOf(newest.superuserUrl, ASLEEP)).length > 0;
    await waitFor('the query to run', isAsked, 30_000);
    await reload(configOf(OLD));
    expect(await statusAt('/probe?target=slowly')).toBe(404);
    const { families } = await answer;
    expect(failuresOf(families, 'slow')).toEqual({});
    expect(valueOf(families, 'slow_n', { x: '' })).toBe(1);
  });

  it('takes up another password without another connection, and other labels', async () => {
    await reload(configOf(OLD));
    await versionAt('old');
    const before = await pidsOf(oldest, 'old');
    await reload(configOf(OLD.replace('gold', 'silver').replace('walguard:walguard@', 'walguard:other@')));
    await versionAt('old');
    expect(await pidsOf(oldest, 'old')).toEqual(before);
    expect((await fetchText(`${walguard.url}/sd`)).text).toContain('"tier":"silver"');
  });

  it('is not for everybody where nobody allowed it, and says what waits for a restart', async () => {
    await writeFile(path, configOf(OLD).replace('enable_lifecycle: true', 'listen_address: ":1"'));
    walguard.signal('SIGHUP');
    const isSaid = () => walguard.stderr.includes('these options wait for a restart');
    await waitFor('it to be said', isSaid, 30_000);
    await using closed = await startWalguard({ dataSourceName: newest.monitorUrl });
    const { status, text } = await ask(`${closed.url}/-/reload`, { method: 'POST' });
    expect(`${status} ${text}`).toBe('403 It is off. Start walguard with --web.enable-lifecycle, or send it SIGHUP.\n');
    expect((await fetchText(`${closed.url}/-/reload`)).status).toBe(404);
  });
});

const ASLEEP = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'slowly' AND state = 'active'`;

async function pidsOf({ superuserUrl }: SharedServer, name: string): Promise<readonly unknown[]> {
  const ours = `FROM pg_stat_activity WHERE application_name = '${name}'`;
  return await rowsOf(superuserUrl, `SELECT pid::text ${ours} ORDER BY 1`);
}
