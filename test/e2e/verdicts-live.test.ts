import { execFile, spawn } from 'node:child_process';
import { chmod, cp, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createMonitorRole,
  giveToServer,
  type PostgresServer,
  serverAccount,
  startPostgres,
  startStandby,
  waitFor,
} from '../../servers/index.ts';
import { age, pgBasebackup, startBasebackup } from '../support/base-backups.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  commandOf,
  copyStore,
  segmentsIn,
  settle,
  startVerdictLab,
  type Store,
  type VerdictLab,
} from '../support/verdict-lab.ts';
import { judge, type Judged, type Scene, segmentNumber } from '../support/verdict-scene.ts';
import type { DAMAGES } from '../support/verdict-damages.ts';
import { type Situation, VERDICT_TABLE, type VerdictRow } from '../support/verdict-table.ts';
import { archiveSegments } from '../support/wal-archive.ts';

const run = promisify(execFile);
const MEGABYTE = 1_048_576;

/** What is done to a copy, or with a large server, is tested elsewhere. */
type Live = Exclude<Situation, keyof typeof DAMAGES | 'other_server' | 'large' | 'large_missing'>;

async function expectRow(situation: Live, scene: Scene): Promise<readonly Judged[]> {
  const { situation: _situation, tools: _tools, ...expected }: VerdictRow = VERDICT_TABLE[situation];
  const judged = await judge(scene);
  expect(judged.length).toBeGreaterThan(0);
  expect(judged.map(({ said }) => said)).toEqual(judged.map(() => expected));
  return judged;
}

describe('what walguard says while something happens to a server', { timeout: 180_000 }, () => {
  let lab: VerdictLab & AsyncDisposable;

  beforeAll(async () => {
    lab = await startVerdictLab(1);
  }, 180_000);

  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  it('a backup of pg_basebackup was killed', async () => {
    await using folder = await temporaryFolder();
    const target = join(folder.path, 'third');
    const hasBegun = async (): Promise<boolean> => (await readdir(target)).includes('base.tar');
    const backup = await startBasebackup(lab.server, target, ['-Ft'], hasBegun);
    await backup[Symbol.asyncDispose]();
    await age(target);
    await settle(lab.server);
    await using store = await copyStore(lab, 'files');
    await cp(target, join(store.path, 'backups', 'third'), { recursive: true, preserveTimestamps: true });

    await expectRow('interrupted', { store });
  });

  it('a backup of pgBackRest runs, and was killed', async () => {
    const { rest, server } = lab;
    const locks = join(server.cluster.directory, 'backrest', 'lock');
    const held = async (): Promise<number> => (await readdir(join(rest.repository, 'backup', rest.stanza))).length;
    const before = await held();
    const args = ['--compress-type=bz2', '--compress-level=9', '--type=full', 'backup'];
    const child = spawn('pgbackrest', [`--config=${rest.config}`, `--stanza=${rest.stanza}`, ...args], {
      ...(await serverAccount()),
      cwd: '/',
      env: { PATH: process.env['PATH'] },
      stdio: 'ignore',
      detached: true,
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    const tell = (signal: NodeJS.Signals): void => void process.kill(-(child.pid ?? Number.NaN), signal);
    try {
      await waitFor('the first files of a backup', async () => (await held()) > before, 60_000);
      tell('SIGSTOP');
      await settle(server);
      await using store = await copyStore(lab, 'pgbackrest');
      const judged = await expectRow('locked', { store, locks });
      expect(judged.map(({ running }) => running)).toEqual([1, 1]);
    } finally {
      tell('SIGKILL');
      await ended;
    }
    await settle(server);
    await using store = await copyStore(lab, 'pgbackrest');
    const judged = await expectRow('interrupted_by_pgbackrest', { store, locks });
    expect(judged.map(({ running }) => running)).toEqual([0, 0]);
  });

  it('a standby was promoted, with its history and without', async () => {
    await using standby = await startStandby(lab.server);
    await settle(lab.server);
    await using files = await copyStore(lab, 'files');
    await using repository = await copyStore(lab, 'pgbackrest');
    const places = { files: files.path, repository: repository.path, data: standby.dataDirectory };
    await standby.alterSystem({ archive_command: commandOf(lab.rest, places) });
    await standby.promote();
    // Nothing tells an archiver that is still starting of a segment, but a reload has it look.
    await waitFor(
      'the archiver to begin',
      async () => {
        await standby.reload();
        const [[name] = []] = await standby.sql('SELECT last_archived_wal FROM pg_stat_archiver');
        return name !== null;
      },
      60_000,
    );
    await archiveSegments(standby, 3);
    await settle(standby);

    const url = standby.url({ user: 'walguard', password: 'walguard' });
    for (const store of [files, repository]) {
      await expectRow('promoted', { store, url });
      await rm(await historyOf(store));
      await expectRow('promoted_without_history', { store, url });
    }
  });

  async function historyOf({ path }: Store): Promise<string> {
    const entries = await readdir(join(path, 'archive'), { recursive: true, withFileTypes: true });
    const found = entries.find(({ name }) => name.startsWith('00000002.history'));
    if (found === undefined) throw new Error('No history was archived.');
    return join(found.parentPath, found.name);
  }

  it('a page has a wrong checksum', async () => {
    const { server, rest, files } = lab;
    await server.sql('CREATE TABLE broken AS SELECT generate_series(1, 10000); CHECKPOINT');
    const [[path] = []] = await server.sql("SELECT pg_relation_filepath('broken')");
    await server.stop();
    const file = await open(join(server.dataDirectory, path ?? ''), 'r+');
    await file.write(Buffer.from('damaged'), 0, 7, 8192 + 4000);
    await file.close();
    await server.start();
    const target = join(files, 'backups', 'third');
    await expect(pgBasebackup(server, target, ['-Ft'])).rejects.toThrow('checksum');
    await age(target);
    await rest.run('--type=full', 'backup');
    await archiveSegments(server, 2);
    await settle(server);

    await using copied = await copyStore(lab, 'files');
    await expectRow('page_error_of_server', { store: copied });
    await using store = await copyStore(lab, 'pgbackrest');
    await expectRow('page_error', { store });
  });

  it('pgBackRest drops WAL, and stores it again', async () => {
    const { server, rest, files } = lab;
    const places = { files, repository: rest.repository, data: server.dataDirectory };
    const command = commandOf(rest, places);
    const folder = join(rest.repository, 'archive', rest.stanza, '15-1', '0000000100000000');
    await server.alterSystem({ archive_command: command.replace('archive-push', '--archive-push-queue-max=2MB $&') });
    await chmod(folder, 0o555);
    const names: string[] = [];
    for (let count = 0; count < 6; count += 1) {
      await server.sql(`SELECT pg_logical_emit_message(true, 'test', 'x')`);
      const [[name] = []] = await server.sql('SELECT pg_walfile_name(pg_switch_wal())');
      names.push(name ?? '');
    }
    const hasDropped = `last_archived_wal >= '${names[0]}' AND now() - last_archived_time > '2 s'`;
    await server.waitForSql(`(SELECT ${hasDropped} FROM pg_stat_archiver)`, 90_000);
    {
      await using store = await copyStore(lab, 'pgbackrest');
      await chmod(join(store.path, 'archive', rest.stanza, '15-1', '0000000100000000'), 0o755);
      await expectRow('dropping', { store });
    }

    await chmod(folder, 0o750);
    await archiveSegments(server, 2);
    await settle(server);
    await using store = await copyStore(lab, 'pgbackrest');
    const held = [...(await segmentsIn(store)).keys()].map((name) => segmentNumber(name, MEGABYTE));
    const [first, last] = [Math.min(...held), Math.max(...held)];
    const all = Array.from({ length: last - first }, (_, index) => first + index);
    const dropped = all.filter((segment) => !held.includes(segment));
    expect(dropped.length).toBeGreaterThan(0);
    await expectRow('dropped', { store, dropped });
  });
});

describe('what walguard says of a server that does not archive, or not any more', { timeout: 180_000 }, () => {
  async function storeOf(server: PostgresServer): Promise<Store> {
    const url = await createMonitorRole(server);
    const path = server.cluster.directory;
    for (const name of ['archive', 'backups']) {
      await mkdir(join(path, name), { recursive: true });
      await giveToServer(server.cluster, join(path, name));
    }
    const beside = await temporaryFolder();
    const lab = { server, url, files: path, segmentBytes: MEGABYTE };
    return { tool: 'files', lab, path, beside, [Symbol.asyncDispose]: () => beside[Symbol.asyncDispose]() };
  }

  const settings = { autovacuum: 'off', archive_mode: 'on' };

  it('without a command that archives, without an archive, and with a command that does nothing', async () => {
    await using server = await startPostgres({ major: 15, initdbArgs: ['--wal-segsize=1'], settings });
    await using store = await storeOf(server);
    await pgBasebackup(server, join(store.path, 'backups', 'first'), ['-Ft', '-Z', '1']);
    const [[ended] = []] = await server.sql('SELECT now()');
    await server.sql(`SELECT pg_logical_emit_message(true, 'test', 'x')`);
    await server.sql('SELECT pg_switch_wal()');
    await server.waitForSql(`now() - '${ended}' > '3 s'`);
    await expectRow('no_command', { store });
    await expectRow('no_archive', { store, withoutArchive: true });

    await server.alterSystem({ archive_command: '/bin/true' });
    await archiveSegments(server, 2);
    await settle(server);
    await expectRow('bin_true', { store });
  });

  it('was restored from before and stayed on its timeline', async () => {
    await using server = await startPostgres({ major: 15, archive: true, initdbArgs: ['--wal-segsize=1'], settings });
    await using store = await storeOf(server);
    await archiveSegments(server, 1);
    await pgBasebackup(server, join(store.path, 'backups', 'first'), ['-Ft', '-Z', '1']);
    await archiveSegments(server, 1);
    await server.stop();
    const { dataDirectory } = server;
    await run('cp', ['-a', dataDirectory, `${dataDirectory}.before`]);
    await server.start();
    await archiveSegments(server, 4);
    await settle(server);
    await server.stop();
    await rm(dataDirectory, { recursive: true });
    await rename(`${dataDirectory}.before`, dataDirectory);
    await server.start();
    await settle(server);
    await expectRow('set_back', { store });
  });
});
