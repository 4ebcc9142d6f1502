import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Network, type StartedNetwork } from 'testcontainers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { readProjectFile } from '../repo/project.ts';
import { type BuiltImage, buildProjectImage, docker } from '../support/docker-build.ts';
import { fetchText, scrape, samplesOf, valueOf } from '../support/http.ts';
import { failuresOf } from '../support/outcomes.ts';
import { type PostgresImage, startPostgresImage } from '../support/postgres-image.ts';
import { type PrometheusImage, startPrometheusImage } from '../support/prometheus-image.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguardImage, type WalguardImage, type WalguardImageOptions } from '../support/walguard-image.ts';

const baseImage = process.env['NODE_IMAGE'] ?? 'node:24-bookworm-slim';
const revision = '0123456789abcdef0123456789abcdef01234567';
const wrongPassword = 'not-the-right-word';
const { version, dependencies } = JSON.parse(readProjectFile('package.json')) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
};

let image: BuiltImage;
let network: StartedNetwork;
let server: PostgresImage;
let folder: TemporaryFolder;

beforeAll(async () => {
  image = await buildProjectImage({ NODE_IMAGE: baseImage, REVISION: revision });
  network = await new Network().start();
  server = await startPostgresImage(18, { network, alias: 'db' });
  folder = await temporaryFolder();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await network?.stop();
  await image?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

function start(options: Partial<WalguardImageOptions> = {}): Promise<WalguardImage> {
  const env = { DATA_SOURCE_NAME: 'postgres://walguard:walguard@db:5432/postgres' };
  return startWalguardImage(image, { env, network, ...options });
}

async function inspectImage(format: string): Promise<unknown> {
  return JSON.parse((await docker(['image', 'inspect', `--format={{json ${format}}}`, image.tag])).stdout);
}

describe('the image', () => {
  it('runs as a number that is not root, says what it is of, and serves on 9187', async () => {
    expect(await inspectImage('.Config')).toMatchObject({
      User: '65532:65532',
      ExposedPorts: { '9187/tcp': {} },
      Env: expect.arrayContaining(['NODE_ENV=production']) as unknown,
      Labels: {
        'org.opencontainers.image.title': 'walguard',
        'org.opencontainers.image.licenses': 'Apache-2.0',
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.revision': revision,
      },
    });
  });

  it('is the base image and little more', async () => {
    const size = Number(await inspectImage('.Size'));
    const { stdout } = await docker(['image', 'inspect', '--format={{.Size}}', baseImage]);
    console.log(`image: ${megabytes(size)} MB, of which walguard ${megabytes(size - Number(stdout))} MB`);
    expect(size - Number(stdout)).toBeLessThan(20_000_000);
  });

  it('holds what runs, and nothing of the workshop', async () => {
    const list = 'cd /walguard && find . -maxdepth 1 | sort && find node_modules -mindepth 1 | sort';
    const { stdout } = await docker(['run', '--rm', '--entrypoint=sh', image.tag, '-c', list]);
    const paths = stdout.trim().split('\n');
    const top = ['.', './LICENSE', './dist', './node_modules', './package.json', './packs', './queries.yaml'];
    expect(paths.filter((path) => path.startsWith('.'))).toEqual(top);
    expect(paths).toEqual(expect.arrayContaining(Object.keys(dependencies).map((name) => `node_modules/${name}`)));
    expect(paths.filter((path) => /\/(typescript|vitest|testcontainers|walguard-servers)$/.test(path))).toEqual([]);
    expect(paths.filter((path) => /\.([cm]?ts|map)$/.test(path))).toEqual([]);
  });

  it('keeps nothing of the settings it was built with', async () => {
    const { stdout: history } = await docker(['history', '--no-trunc', '--format={{.CreatedBy}}', image.tag]);
    expect(history).toContain('node_modules');
    const files = [join(homedir(), '.npmrc'), process.env['NODE_EXTRA_CA_CERTS'] ?? ''].filter(existsSync);
    const find = `find / -xdev \\( -name .npmrc -o -path '/run/secrets/*' \\) 2>/dev/null; true`;
    const { stdout } = await docker(['run', '--rm', '--user=0', '--entrypoint=sh', image.tag, '-c', find]);
    expect(stdout).toBe('');
    for (const line of files.flatMap((file) => readFileSync(file, 'utf8').split('\n')).filter((each) => each !== '')) {
      expect(history.includes(line) || image.log.includes(line)).toBe(false);
    }
  });

  it('prints its help and its version', async () => {
    const { stdout: help } = await docker(['run', '--rm', image.tag, '--help']);
    expect(help).toContain('Usage: walguard');
    expect(help).toContain('--collector.NAME');
    expect((await docker(['run', '--rm', image.tag, '--version'])).stdout.trim()).toBe(version);
  });
});

describe('a container that may do nothing, beside PostgreSQL 18 and Prometheus', () => {
  let walguard: WalguardImage;
  let prometheus: PrometheusImage;

  beforeAll(async () => {
    walguard = await start({ alias: 'walguard' });
    const { startedAtMs } = await walguard.state();
    await waitFor('walguard to be ready', async () => (await fetchText(`${walguard.url}/-/ready`)).status === 200);
    const readyMs = Date.now() - startedAtMs;
    await scrape(`${walguard.url}/metrics`);
    console.log(`start: ready after ${readyMs} ms, first page after ${Date.now() - startedAtMs} ms`);
    prometheus = await startPrometheusImage('walguard:9187', network, baseImage);
  });
  afterAll(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    await walguard?.[Symbol.asyncDispose]();
  });

  it('is not root and has no capabilities, nor a way to get them', async () => {
    expect(await walguard.shell(`tr '\\0' ' ' </proc/1/cmdline`)).toBe('node /walguard/dist/main.js ');
    const status = await walguard.shell('cat /proc/1/status');
    expect(status).toMatch(/^Uid:\s+65532\s+65532\s+65532\s+65532$/m);
    expect(status).toMatch(/^Gid:\s+65532\s+65532\s+65532\s+65532$/m);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^CapBnd:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
  });

  it.each(['/tmp/x', '/walguard/x', '/var/tmp/x', '/etc/x'])('cannot write %s', async (path) => {
    expect(await walguard.shell(`touch ${path}`)).toMatch(/Read-only file system|Permission denied/);
  });

  it('gives a page with all collectors, which says what it was built from', async () => {
    const { families } = await scrape(`${walguard.url}/metrics`);

    expect(valueOf(families, 'pg_up')).toBe(1);
    const outcomes = samplesOf(families, 'walguard_collector_success');
    expect(outcomes.filter(({ value }) => value !== 1)).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(20);
    expect(samplesOf(families, 'walguard_build_info')[0]?.labels).toMatchObject({ version, revision });
  });

  it('is scraped by its name, and Prometheus reads what SQL says', async () => {
    await waitFor('pg_up', async () => (await prometheus.values('pg_up'))[0] === 1, 30_000);
    const readings = [
      ['pg_settings_max_connections', `SELECT setting FROM pg_settings WHERE name = 'max_connections'`],
      ['pg_postmaster_start_time_seconds', 'SELECT extract(epoch FROM pg_postmaster_start_time())'],
      ['pg_timeline', 'SELECT timeline_id FROM pg_control_checkpoint()'],
      ['pg_database_size_bytes{datname="template0"}', `SELECT pg_database_size('template0')`],
    ] as const;
    for (const [series, sql] of readings) {
      const [[expected] = []] = await server.sql(sql);
      expect({ series, values: await prometheus.values(series) }).toEqual({ series, values: [Number(expected)] });
    }
    expect(await prometheus.values('up{instance="walguard:9187"}')).toEqual([1]);
  });

  it('is healthy, unhealthy while it hangs, and healthy again', async () => {
    expect((await walguard.waitForHealth('healthy')).healthOutput).toContain('127.0.0.1:9187/-/healthy answered 200');
    await walguard.docker('kill', '--signal=STOP');
    await walguard.waitForHealth('unhealthy');
    await walguard.docker('kill', '--signal=CONT');
    await walguard.waitForHealth('healthy');
  });

  it('has no zombies, though its health was asked for many times', async () => {
    const states = await walguard.shell(`cat /proc/[0-9]*/stat | sed 's/.*) //' | cut -c1`);
    expect(states.trim().split('\n').length).toBeGreaterThan(1);
    expect(states).not.toContain('Z');
  });
});

describe('a container of the image', () => {
  it.each(['TERM', 'INT'] as const)('ends by itself with 0 when it gets SIG%s', async (signal) => {
    await using walguard = await start();
    await scrape(`${walguard.url}/metrics`);

    await walguard.docker('kill', `--signal=${signal}`);
    await waitFor('the container to end', async () => (await walguard.state()).status === 'exited');

    expect((await walguard.state()).exitCode).toBe(0);
    expect(await walguard.docker('logs')).toContain('"msg":"walguard stopped"');
  });

  it.each([
    ['a flag', { args: ['--web.listen-address=:9999'] }],
    ['a variable', { env: { WALGUARD_WEB_LISTEN_ADDRESS: '0.0.0.0:9999' } }],
  ])(
    'is healthy at another address, given by %s',
    async (_by, { args = [], env = {} }: Partial<WalguardImageOptions>) => {
      const target = { DATA_SOURCE_NAME: 'postgres://walguard:walguard@db:5432/postgres' };
      await using walguard = await start({ args, env: { ...target, ...env }, port: 9999 });

      expect((await walguard.waitForHealth('healthy')).healthOutput).toContain('127.0.0.1:9999/-/healthy answered 200');
    },
  );

  it('runs on with a wrong password, which nobody gets to see', async () => {
    const file = await folder.write('password', `${wrongPassword}\n`);
    const env = {
      DATA_SOURCE_URI: 'db:5432/postgres',
      DATA_SOURCE_USER: 'walguard',
      DATA_SOURCE_PASS_FILE: '/run/secrets/password',
    };
    await using walguard = await start({ env, files: { '/run/secrets/password': file } });

    const { families } = await scrape(`${walguard.url}/metrics`);

    expect(valueOf(families, 'pg_up')).toBe(0);
    expect(failuresOf(families, 'facts')).toEqual({ authentication: 1 });
    expect((await walguard.waitForHealth('healthy')).status).toBe('running');
    const logs = await walguard.docker('logs');
    expect(logs).toContain('TARGET_AUTHENTICATION');
    const seen = [logs, await walguard.docker('inspect'), (await docker(['history', '--no-trunc', image.tag])).stdout];
    expect(seen.filter((text) => text.includes(wrongPassword))).toEqual([]);
  });
});

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
