import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import type { StatusDocument } from '../../src/http/schema.ts';
import { flipByte, runClient, settle } from '../support/dumps.ts';
import { fetchText, samplesOf, type Scrape, scrape, valueOf } from '../support/http.ts';
import { findingsOf, verdictOf } from '../support/recoverability.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { runWalguard, startWalguard, type Walguard } from '../support/walguard.ts';

const HOSTILE = '<script>"x"\\';
const MAIN = { repository: 'main' };
const SOURCE = { ...MAIN, source: 'dump', method: 'pg_dump' };
const app = { ...MAIN, datname: 'app' };

let server: PostgresServer;
let folder: TemporaryFolder;
let walguard: Walguard;
let monitorUrl: string;
let config: string;
let dumps: string;

async function page(): Promise<Scrape> {
  return await scrape(`${walguard.url}/metrics`);
}

async function ask(): Promise<StatusDocument> {
  return JSON.parse((await fetchText(`${walguard.url}/api/v1/status`)).text) as StatusDocument;
}

/** Waits until a number on the page is this; undefined is absent. */
async function until(name: string, labels: Readonly<Record<string, string>>, value: number | undefined): Promise<void> {
  await waitFor(`${name} to be ${value}`, async () => valueOf((await page()).families, name, labels) === value, 30_000);
}

beforeAll(async () => {
  folder = await temporaryFolder();
  dumps = join(folder.path, 'dumps');
  await mkdir(dumps);
  server = await startPostgres({ major: 15, databases: ['app', 'scratch_1', HOSTILE] });
  await server.sql('CREATE TABLE t AS SELECT n, md5(n::text) FROM generate_series(1, 5000) AS n', 'app');
  await runClient(server, 'pg_dump', ['-Fc', '-f', join(dumps, 'app-1.dump'), '-d', 'app']);
  await settle(join(dumps, 'app-1.dump'), 7_200);
  monitorUrl = await createMonitorRole(server);
  config = await folder.write(
    'walguard.yml',
    `repositories:
  main:
    interval: 300ms
    dump_interval: 1d
    dump_exclude: [postgres, "scratch_*"]
    dumps: [{method: pg_dump, path: '${dumps}', level: whole}]
`,
  );
  walguard = await startWalguard({ dataSourceName: monitorUrl, args: [`--config.file=${config}`] });
}, 120_000);

afterAll(async () => {
  await walguard?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

describe('a repository with nothing but dumps', () => {
  it('tells of each database the newest dump, and which has none', async () => {
    await until('pg_dump_last_valid', app, 1);
    await until('pg_databases_without_dump', MAIN, 1);
    const found = await page();

    expect(valueOf(found.families, 'walguard_source_up', SOURCE)).toBe(1);
    expect(valueOf(found.families, 'walguard_policy_dump_interval_seconds', MAIN)).toBe(86_400);
    expect(valueOf(found.families, 'pg_dump_last_size_bytes', app)).toBeGreaterThan(1_000);
    const age = Date.now() / 1_000 - (valueOf(found.families, 'pg_dump_last_success_timestamp_seconds', app) ?? 0);
    expect(age).toBeGreaterThan(7_100);
    expect(samplesOf(found.families, 'pg_backups')).toEqual([]);
    expect([verdictOf(found), findingsOf(found)]).toEqual(['unknown', ['database_without_dump']]);
    const { repositories } = await ask();
    expect(repositories[0]).toMatchObject({
      windows: [],
      dumps: { databases_without: [HOSTILE], newest: [{ datname: 'app', valid: true, held: 1, ratio: null }] },
    });
  });

  it('has a sample for a database with a hostile name, as text', async () => {
    const path = join(dumps, 'hostile.dump');
    await runClient(server, 'pg_dump', ['-Fc', '-f', path, '-d', `dbname='${HOSTILE.replaceAll('\\', '\\\\')}'`]);
    await settle(path);
    await until('pg_dump_last_valid', { ...MAIN, datname: HOSTILE }, 1);
    await until('pg_databases_without_dump', MAIN, 0);
    expect(findingsOf(await page())).toEqual([]);
  });

  it('says that the newest is damaged, and keeps the one before as the last good one', async () => {
    const [before] = samplesOf((await page()).families, 'pg_dump_last_success_timestamp_seconds').filter(
      ({ labels }) => labels['datname'] === 'app',
    );
    const path = join(dumps, 'app-2.dump');
    await cp(join(dumps, 'app-1.dump'), `${path}.part`);
    await flipByte(`${path}.part`, 20_000);
    await settle(`${path}.part`);
    await rename(`${path}.part`, path);

    await until('pg_dump_last_valid', app, 0);
    await until('pg_dump_last_success_timestamp_seconds', app, before?.value);
    expect(findingsOf(await page())).toContain('dump_invalid');

    const { stdout } = await runWalguard(['status', `--url=${walguard.url}`], {});
    expect(stdout).toContain('WARNING dump_invalid: The newest dump of database app in repository main is no good.');
    expect(stdout).toMatch(/app\s+2 h ago\s+\S+ KiB\s+NO GOOD\s+app-2\.dump/);
    await rm(path);
    await until('pg_dump_last_valid', app, 1);
  });

  it('is told with --once too', async () => {
    const { code, stdout } = await runWalguard(['status', '--once', `--config.file=${config}`], {
      dataSourceName: monitorUrl,
    });
    expect(stdout).toMatch(/^UNKNOWN - only dumps are configured, which are no backups\n/);
    expect(stdout).toMatch(/app\s+2 h ago\s+\S+ KiB\s+good\s+app-1\.dump/);
    expect(code).toBe(3);
  });

  it('keeps what it said while the folder is gone', async () => {
    await rename(dumps, `${dumps}.away`);
    await until('walguard_source_up', SOURCE, 0);
    expect(valueOf((await page()).families, 'pg_dump_last_valid', app)).toBe(1);
    expect(findingsOf(await page())).toContain('source_failing');
    await rename(`${dumps}.away`, dumps);
    await until('walguard_source_up', SOURCE, 1);
  });
});
