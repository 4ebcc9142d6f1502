import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

import {
  createMonitorRole,
  giveToServer,
  type PostgresServer,
  startPostgres,
  startStandby,
  waitFor,
} from '../../servers/index.ts';
import { writeServerFile } from '../../servers/configuration.ts';
import { runProgram } from '../../servers/run-program.ts';
import { scrape, type Scrape, valueOf } from '../support/http.ts';
import { failedIn, failuresOf } from '../support/outcomes.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const run = promisify(execFile);
const login = { user: 'walguard', password: 'walguard' };
const rewind = '/usr/lib/postgresql/15/bin/pg_rewind';
const tableMegabytes = 20;
const walMegabytes = 96;

function page({ url }: Walguard): Promise<Scrape> {
  return scrape(`${url}/metrics`);
}

interface SmallDisk extends AsyncDisposable {
  readonly path: string;
}

/** A disk of its own, in memory, for which the tests have to run as root. */
async function mountDisk(megabytes: number): Promise<SmallDisk> {
  const folder: TemporaryFolder = await temporaryFolder();
  const path = join(folder.path, 'disk');
  await mkdir(path);
  await chmod(folder.path, 0o711);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0711`, 'tmpfs', path]);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await run('umount', [path]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Restarts nothing by itself: what it dies of is seen. */
async function startMonitored(): Promise<PostgresServer> {
  const server = await startPostgres({ settings: { restart_after_crash: 'off' } });
  await createMonitorRole(server);
  return server;
}

describe('a server whose disk is full', () => {
  it('that holds tables and refuses writes is scraped as before', async () => {
    await using disk = await mountDisk(tableMegabytes);
    await using server = await startMonitored();
    const space = join(disk.path, 'space');
    await mkdir(space);
    await giveToServer(server.cluster, space);
    await server.sql(`CREATE TABLESPACE small LOCATION '${space}'`);
    await server.sql('CREATE TABLE filler (body text) TABLESPACE small');
    await using walguard = await startWalguard({ dataSourceName: server.url(login) });
    await expect(
      server.sql(`INSERT INTO filler SELECT repeat('x', 1500) FROM generate_series(1, 40000)`),
    ).rejects.toMatchObject({ code: '53100' });

    const { families } = await page(walguard);

    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(failedIn(families)).toEqual([]);
  });

  it('that holds its WAL and that it dies of is down until it is back, and right in the next scrape', async () => {
    await using disk = await mountDisk(walMegabytes);
    await using server = await startMonitored();
    const wal = join(disk.path, 'wal');
    const before = join(server.dataDirectory, 'pg_wal');
    await server.stop();
    await cp(before, wal, { recursive: true });
    await rm(before, { recursive: true });
    await symlink(wal, before);
    for (const each of [wal, ...(await readdir(wal, { recursive: true })).map((name) => join(wal, name))])
      await giveToServer(server.cluster, each);
    await server.start();
    await server.sql(`CREATE TABLE written (body text); SELECT pg_create_physical_replication_slot('lost', true)`);
    await using walguard = await startWalguard({ dataSourceName: server.url(login) });
    expect(valueOf((await page(walguard)).families, 'pg_up')).toBe(1);

    await expect(
      (async () => {
        // The slot keeps all WAL: nothing is used again.
        for (;;) await server.sql(`INSERT INTO written SELECT repeat('x', 500) FROM generate_series(1, 20000)`);
      })(),
    ).rejects.toThrow(/./);
    await server.ended();
    const down = await page(walguard);

    expect(await server.log()).toMatch(/PANIC: .*No space left on device/);
    expect(valueOf(down.families, 'pg_up')).toBe(0);
    expect(failuresOf(down.families, 'facts')).toEqual({ unreachable: 1 });
    await run('mount', ['-o', 'remount,size=1g', disk.path]);
    await server.start();
    const { families } = await page(walguard);
    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(failedIn(families)).toEqual([]);
  });
});

describe('a primary that is made a standby by pg_rewind', () => {
  it('is told as a standby from the first scrape on, on the timeline of the new primary', async () => {
    // What pg_rewind needs: hints of pages, and the WAL since the last common checkpoint.
    await using old = await startPostgres({ major: 15, settings: { wal_log_hints: 'on', wal_keep_size: '256MB' } });
    await createMonitorRole(old);
    await using next = await startStandby(old);
    await using walguard = await startWalguard({ dataSourceName: old.url(login) });
    const before = await page(walguard);
    await next.promote();
    await next.sql('CHECKPOINT');
    // What the old one writes after the promotion is what the rewind takes back.
    await old.sql('CREATE TABLE lost AS SELECT 1 AS id');
    await old.stop();
    const during = await page(walguard);

    const source = `host=${next.socketDirectory} port=${next.port} user=postgres dbname=postgres`;
    const { account, reaper, dataDirectory } = old.cluster;
    const configuration = (await readFile(join(dataDirectory, 'postgresql.conf'), 'utf8')).split('\n');
    await runProgram(rewind, ['-D', dataDirectory, '--source-server', source, '--no-sync'], account, reaper);
    await writeServerFile(old.cluster, 'postgresql.conf', [
      ...configuration,
      `primary_conninfo = 'host=127.0.0.1 port=${next.port} user=replicator password=${old.cluster.superuserPassword}'`,
      `recovery_target_timeline = 'latest'`,
    ]);
    await writeServerFile(old.cluster, 'standby.signal', []);
    await old.start();
    await old.waitForSql(`EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')`, 30_000);

    const after = await page(walguard);

    expect([before, during, after].map(({ families }) => valueOf(families, 'pg_up'))).toEqual([1, 0, 1]);
    expect([before, after].map(({ families }) => valueOf(families, 'pg_in_recovery'))).toEqual([0, 1]);
    expect([before, after].map(({ families }) => valueOf(families, 'pg_timeline'))).toEqual([1, 2]);
    expect([before, after].map(({ families }) => families.has('pg_wal_bytes_total'))).toEqual([true, false]);
    expect(valueOf(after.families, 'pg_wal_receiver_streaming')).toBe(1);
    expect(failedIn(after.families)).toEqual([]);
    await waitFor('the lost table to be gone', async () => {
      const [[lost] = []] = await old.sql(`SELECT to_regclass('lost')::text`);
      return lost === null;
    });
  });
});
