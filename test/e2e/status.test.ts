import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, superuser, waitFor } from '../../servers/index.ts';
import type { RunningBackup } from '../../src/core/catalogue.ts';
import type { StatusDocument } from '../../src/http/schema.ts';
import { fetchText, samplesOf, scrape } from '../support/http.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { watchServer } from '../support/watched-server.ts';
import { type Finished, runWalguard, startWalguard, type Walguard } from '../support/walguard.ts';

const schema = JSON.parse(readFileSync(join(projectDirectory, 'docs/status.schema.json'), 'utf8')) as object;
const conforms = new Ajv2020({ allErrors: true, allowUnionTypes: true, validateFormats: false }).compile(schema);

/** The newest for which Debian's pg_basebackup works. */
const MAJOR = 15;

let server: PostgresServer;
let folder: TemporaryFolder;
let walguard: Walguard;
let monitorUrl: string;
let archive: string;

/** Writes something and has its segment archived, or given to what is taken for archiving. */
async function archiveOne(): Promise<string> {
  await server.sql('CREATE TABLE IF NOT EXISTS written (at timestamptz); INSERT INTO written VALUES (now())');
  const [[file = ''] = []] = await server.sql('SELECT pg_walfile_name(pg_switch_wal())');
  await server.waitForSql(`(SELECT last_archived_wal >= '${file}' FROM pg_stat_archiver)`);
  return file ?? '';
}

function configOf(name: string, backupInterval: string): Promise<string> {
  return folder.write(
    name,
    `repositories:
  main:
    interval: 300ms
    pending_after: 1s
    backup_interval: ${backupInterval}
    archive: {method: directory, path: '${archive}'}
    backups: [{method: pg_basebackup, path: '${folder.path}/backups'}]
recoverability: {rpo: 1h}
`,
  );
}

async function once(config: string, ...args: string[]): Promise<Finished> {
  return await runWalguard(['status', '--once', `--config.file=${config}`, ...args], { dataSourceName: monitorUrl });
}

async function ask(): Promise<StatusDocument> {
  return JSON.parse((await fetchText(`${walguard.url}/api/v1/status`)).text) as StatusDocument;
}

function objectionsTo(document: unknown): readonly unknown[] {
  conforms(document);
  return conforms.errors ?? [];
}

let config: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startPostgres({ major: MAJOR, archive: true, hba: ['host replication all 127.0.0.1/32 trust'] });
  monitorUrl = await createMonitorRole(server);
  archive = server.archiveDirectory ?? '';
  await archiveOne();
  const copy = [
    '-d',
    server.url({ user: superuser }),
    '-D',
    `${folder.path}/backups/first`,
    '-X',
    'none',
    '-c',
    'fast',
  ];
  await promisify(execFile)('pg_basebackup', copy);
  await archiveOne();
  config = await configOf('walguard.yml', '1d');
  walguard = await startWalguard({ dataSourceName: monitorUrl, args: [`--config.file=${config}`] });
  const isReady = ({ status, server: seen }: StatusDocument): boolean => status !== 'unknown' && seen !== null;
  await waitFor('the first readings', async () => isReady(await ask()), 20_000);
}, 120_000);

afterAll(async () => {
  await walguard?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

describe('the status of a server that is archived and copied', () => {
  it('is recoverable, by the API and by a walguard that asks once', async () => {
    const said = await ask();
    expect(objectionsTo(said)).toEqual([]);
    expect(said).toMatchObject({
      status: 'recoverable',
      server: { archiver_state: 'ok', in_recovery: false, timeline: 1 },
      exposure: { evidence: 'archive' },
      repositories: [{ name: 'main', gaps: [], windows: [{ timeline: 1 }], backups: [{ recoverability: 'pitr' }] }],
    });

    expect(said.summary).toMatch(/^RECOVERABLE - any moment from \d{4}-/);

    const json = await once(config, '--json');
    expect([json.code, json.stderr]).toEqual([0, '']);
    const alone = JSON.parse(json.stdout) as StatusDocument;
    expect(objectionsTo(alone)).toEqual([]);
    expect(alone).toMatchObject({ status: 'recoverable', repositories: [{ backups: said.repositories[0]?.backups }] });
    expect(alone.repositories[0]?.windows[0]).toMatchObject({
      earliest_at: said.repositories[0]?.windows[0]?.earliest_at,
    });

    const table = await runWalguard(['status', `--url=${walguard.url}`]);
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/^RECOVERABLE - any moment from /);
    expect(table.stdout).toContain('  restorable: ');
    const brief = await runWalguard(['status', `--url=${walguard.url}`, '--brief']);
    expect(brief.stdout).toMatch(/^RECOVERABLE - [^|\n]+ \| exposure=[\d.]+s;3600 critical=0 warning=0\n$/);
  });

  it('is kept up to date without scrapes', async () => {
    const before = (await ask()).server?.answered_at ?? '';
    let after = before;
    await waitFor('another heartbeat', async () => (after = (await ask()).server?.answered_at ?? '') > before, 25_000);
    expect(Date.parse(after) - Date.parse(before)).toBeGreaterThan(9_000);
  });

  it('is at risk where a backup is older than wanted', async () => {
    const { code, stdout } = await once(await configOf('often.yml', '1s'));
    expect(stdout).toMatch(/^AT RISK - /);
    expect(stdout).toContain('\n  WARNING backup_too_old: ');
    expect(code).toBe(1);
  });

  it('is what the archive tells where the server does not answer', async () => {
    const args = ['status', '--once', `--config.file=${config}`];
    const dataSourceName = 'postgres://walguard:geheim@127.0.0.1:1/postgres';
    const { code, stdout, stderr } = await runWalguard(args, { dataSourceName });
    expect([code, stdout.slice(0, 11)]).toEqual([0, 'RECOVERABLE']);
    expect(stdout).toContain('\n  the server did not answer\n');
    expect(stderr).toMatch(/^TARGET_UNREACHABLE: .*127\.0\.0\.1:1/);
    expect(stderr).toContain('\n  hint: ');
    expect(stdout + stderr).not.toContain('geheim');
  });

  it.each([
    [
      'nothing is configured',
      'recoverability: {rpo: 1h}\n',
      /^UNKNOWN - no repository of backups and WAL is configured/,
    ],
    ['the configuration is wrong', 'repositorys: {}\n', /^UNKNOWN - .*repositorys/],
  ])('is unknown where %s', async (_what, text, expected) => {
    const { code, stdout } = await once(await folder.write('other.yml', text));
    expect(stdout).toMatch(expected);
    expect(code).toBe(3);
  });

  it('is not recoverable while WAL is missing, by its name, and recoverable once it is back', async () => {
    const first = await archiveOne();
    await archiveOne();
    await rename(join(archive, first), join(folder.path, first));
    try {
      await waitFor('the verdict', async () => (await ask()).status === 'not_recoverable', 20_000);
      const { code, stdout } = await runWalguard(['status', `--url=${walguard.url}`]);
      expect(stdout).toMatch(/^NOT RECOVERABLE - /);
      expect(stdout).toContain(`\n  missing WAL: ${first} (1 segment)\n`);
      expect(code).toBe(2);
      expect((await once(config, '--brief')).code).toBe(2);
    } finally {
      await rename(join(folder.path, first), join(archive, first));
    }
    await waitFor('the verdict', async () => (await ask()).status === 'recoverable', 20_000);
  });
});

describe('a base backup that runs', () => {
  it('is seen with the archiver, with what is done of it', async () => {
    const slowly = ['-D', `${folder.path}/slow`, '-X', 'none', '-c', 'fast', '--max-rate=1M', '-P'];
    const copying = execFile('pg_basebackup', ['-d', server.url({ user: superuser }), ...slowly]);
    await using watched = watchServer(monitorUrl);
    const baseBackups = (): readonly RunningBackup[] => watched.watching.watch.view()?.baseBackups ?? [];
    try {
      await waitFor('the backup', async () => {
        await watched.scrape('archiver');
        return baseBackups().some(({ doneBytes, expectedBytes }) => doneBytes !== 0 && expectedBytes !== undefined);
      });
      const [backup, ...others] = baseBackups();
      expect(others).toEqual([]);
      expect(backup?.doneBytes).toBeLessThanOrEqual(backup?.expectedBytes ?? 0);
      expect(Math.abs((backup?.startTimeSeconds ?? 0) - Date.now() / 1_000)).toBeLessThan(30);
    } finally {
      copying.kill();
    }
    await waitFor('its end', async () => {
      await watched.scrape('archiver');
      return baseBackups().length === 0;
    });
  });
});

describe('an archive_command that archives nothing and says that it did', () => {
  const stateOf = async (): Promise<string | undefined> => {
    const { families } = await scrape(`${walguard.url}/metrics?collect[]=archiver&collect[]=recoverability`);
    return samplesOf(families, 'pg_archiver_state').find(({ value }) => value === 1)?.labels['state'];
  };

  it('is losing, until what is archived arrives again', async () => {
    expect(await stateOf()).toBe('ok');
    await server.alterSystem({ archive_command: '/bin/true' });
    const lost = await archiveOne();
    await waitFor('the state', async () => (await stateOf()) === 'losing', 20_000);
    expect(await readdir(archive)).not.toContain(lost);
    const said = await ask();
    expect(said.status).toBe('not_recoverable');
    expect(said.server?.archiver_state).toBe('ok');

    await server.alterSystem({ archive_command: null });
    await archiveOne();
    await waitFor('the state', async () => (await stateOf()) === 'ok', 20_000);
    // What was lost meanwhile stays lost until the next backup.
    await waitFor('the gap', async () => (await ask()).repositories[0]?.gaps[0]?.first_file === lost, 20_000);
    expect((await ask()).status).toBe('not_recoverable');
  });
});
