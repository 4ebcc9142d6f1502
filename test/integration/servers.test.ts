import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  availableMajors,
  createMonitorRole,
  newestMajor,
  runnableBinaries,
  startPostgres,
  startStandby,
} from '../../servers/index.ts';
import { stillRunning } from '../../servers/process-tree.ts';

const oldestAndNewest = [availableMajors()[0] ?? newestMajor(), newestMajor()] as const;

describe.each(oldestAndNewest)('PostgreSQL %i', (major) => {
  test('starts, answers, and leaves nothing behind', async () => {
    const server = await startPostgres({ major, databases: ['shop', 'a "b"'] });
    expect(
      await server.sql(`SELECT 1.50, NULL, 'x'; SELECT current_setting('server_version_num')::int / 10000, NULL`),
    ).toEqual([[String(major), null]]);
    expect(await server.sql('SELECT current_database()', 'a "b"')).toEqual([['a "b"']]);
    expect(await server.log()).toContain('ready to accept connections');
    const { pid } = server;
    await server[Symbol.asyncDispose]();
    expect(existsSync(server.cluster.directory)).toBe(false);
    expect(await stillRunning([pid ?? 0])).toEqual([]);
    expect(server.pid).toBeUndefined();
  });

  test('asks for the password over TCP', async () => {
    await using server = await startPostgres({ major });
    const url = await createMonitorRole(server, 'it\'s "me"', 'p@ss/word');
    expect(await loginOf(url)).toBe('it\'s "me"');
    await expect(loginOf(server.url({ password: 'wrong' }))).rejects.toThrow('password authentication failed');
    expect(await server.sql(`SELECT DISTINCT substr(rolpassword, 1, 13) FROM pg_authid WHERE rolcanlogin`)).toEqual([
      ['SCRAM-SHA-256'],
    ]);
  });

  test('takes settings, new ones by ALTER SYSTEM at once', async () => {
    await using server = await startPostgres({
      major,
      settings: {
        work_mem: '5MB',
        cluster_name: `a\\b'c`,
        shared_preload_libraries: 'pg_stat_statements, auto_explain',
      },
    });
    const settings = `SELECT current_setting('work_mem'), current_setting('cluster_name'), current_setting('pg_stat_statements.max')`;
    expect(await server.sql(settings)).toEqual([['5MB', `a\\b'c`, '5000']]);
    await server.alterSystem({ work_mem: '6MB', archive_cleanup_command: `test 'x' = '\\'` });
    expect(await server.sql('SHOW work_mem')).toEqual([['6MB']]);
    expect(await server.sql('SHOW archive_cleanup_command')).toEqual([[`test 'x' = '\\'`]]);
    await server.alterSystem({ work_mem: null });
    expect(await server.sql('SHOW work_mem')).toEqual([['5MB']]);
    await expect(server.alterSystem({ 'work_mem; --': '1MB' })).rejects.toThrow('is no name of a PostgreSQL setting');
  });

  test('stops and starts on the same port', async () => {
    await using server = await startPostgres({ major });
    const first = server.pid;
    await server.stop();
    expect(server.pid).toBeUndefined();
    await expect(server.sql('SELECT 1')).rejects.toThrow(/ENOENT|ECONNREFUSED/);
    await server.start();
    await server.restart('immediate');
    expect(server.pid).not.toBe(first);
    await expect(server.start()).rejects.toThrow('runs already');
    expect(await loginOf(server.url())).toBe('postgres');
  });

  test('comes back after all its processes were killed', async () => {
    await using server = await startPostgres({ major });
    await server.sql('CREATE TABLE kept AS SELECT 7 AS n');
    const session = new Client(server.url());
    session.on('error', () => {});
    await session.connect();
    const sleeping = session.query('SELECT pg_sleep(60)');
    sleeping.catch(() => {});
    await server.kill();
    await expect(sleeping).rejects.toThrow(/Connection terminated unexpectedly|ECONNRESET/);
    expect(server.pid).toBeUndefined();
    await server.start();
    expect(await server.sql('SELECT n FROM kept')).toEqual([['7']]);
    expect(await server.log()).toContain('was not properly shut down');
  });

  test('archives, and a hung archive_command hinders no disposal', async () => {
    await using server = await startPostgres({ major, archive: true, initdbArgs: ['--wal-segsize=1'] });
    await server.sql('CREATE TABLE t AS SELECT 1; SELECT pg_switch_wal()');
    await server.waitForSql('(SELECT archived_count > 0 FROM pg_stat_archiver)');
    const segments = await readdir(server.archiveDirectory ?? '');
    expect(segments[0]).toMatch(/^00000001[0-9A-F]{16}$/);
    expect(await server.sql('SHOW wal_segment_size')).toEqual([['1MB']]);
    await server.alterSystem({ archive_command: 'sleep 1000' });
    await server.sql('INSERT INTO t SELECT 2; SELECT pg_switch_wal()');
  });

  test('has standbys, of which one is promoted and one cascades', async () => {
    await using primary = await startPostgres({ major });
    await primary.sql('CREATE TABLE t AS SELECT 1 AS n');
    await using standby = await startStandby(primary, { name: 'near', slot: 'near' });
    await using cascaded = await startStandby(standby, { name: 'far' });
    await primary.sql('INSERT INTO t VALUES (2)');
    await cascaded.waitForSql('(SELECT count(*) = 2 FROM t)');
    expect(await primary.sql('SELECT application_name, state FROM pg_stat_replication')).toEqual([
      ['near', 'streaming'],
    ]);
    expect(await primary.sql('SELECT slot_name, active::text FROM pg_replication_slots')).toEqual([['near', 'true']]);
    expect(await standby.sql('SELECT application_name FROM pg_stat_replication')).toEqual([['far']]);
    await primary.stop();
    await standby.promote();
    await standby.sql('INSERT INTO t VALUES (3)');
    await cascaded.waitForSql('(SELECT count(*) = 3 FROM t)');
    expect(await standby.sql('SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)')).toEqual([['00000002']]);
  });
});

describe('in a temporary folder of its own', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(await realpath(tmpdir()), 'own-'));
    await chmod(directory, 0o755);
    vi.stubEnv('TMPDIR', directory);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(directory, { recursive: true });
  });
  const shelf = () => join(directory, `walguard-postgres-${process.getuid?.() ?? 0}`);

  test('a failed start says what PostgreSQL wrote, and leaves nothing behind', async () => {
    await expect(startPostgres({ settings: { no_such_setting: '1' } })).rejects.toThrow('no_such_setting');
    await expect(startPostgres({ initdbArgs: ['--no-such-argument'] })).rejects.toThrow('no-such-argument');
    await expect(startPostgres({ databases: ['postgres'] })).rejects.toThrow('already exists');
    expect(await readdir(directory)).toEqual([basename(shelf())]);
  });

  test('refuses a folder for binaries that others can write to or that leads elsewhere', async () => {
    await mkdir(shelf());
    await chmod(shelf(), 0o777);
    await expect(startPostgres()).rejects.toThrow('only this user can write to');
    await rm(shelf(), { recursive: true });
    await mkdir(join(directory, 'elsewhere'), { mode: 0o755 });
    await symlink('elsewhere', shelf());
    await expect(startPostgres()).rejects.toThrow('only this user can write to');
    expect(await readdir(join(directory, 'elsewhere'))).toEqual([]);
  });

  test('makes an old copy of the binaries anew, and removes what nobody uses', async () => {
    const [major] = oldestAndNewest;
    const first = await runnableBinaries(major);
    expect(await runnableBinaries(major)).toBe(first);
    await utimes(first, daysAgo(3), daysAgo(3));
    const second = await runnableBinaries(major);
    expect(second).not.toBe(first);
    expect(existsSync(first)).toBe(true);
    await utimes(first, daysAgo(6), daysAgo(6));
    await utimes(second, daysAgo(3), daysAgo(3));
    const third = await runnableBinaries(major);
    expect(existsSync(first)).toBe(false);
    expect(await runnableBinaries(major)).toBe(third);
  });
});

function daysAgo(days: number): Date {
  return new Date(Date.now() - days * 24 * 3600 * 1000);
}

async function loginOf(url: string): Promise<unknown> {
  const client = new Client(url);
  await client.connect();
  const { rows } = await client.query<{ readonly me: string }>('SELECT current_user AS me');
  await client.end();
  return rows[0]?.me;
}
