import { execFile } from 'node:child_process';
import { chown, cp, mkdir, readdir, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import { baseBackupFolder } from '../../src/backup/pg-basebackup/source.ts';
import { age, pgBasebackup, startBasebackup } from '../support/base-backups.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const never = new AbortController().signal;

describe('a folder with copies that are no backups', () => {
  let server: PostgresServer;
  let folder: TemporaryFolder;
  let whole: string;
  let tablespace: string;

  beforeAll(async () => {
    server = await startPostgres({ major: 15, initdbArgs: ['--wal-segsize=1'] });
    await server.sql('CREATE TABLE t AS SELECT generate_series(1, 100000)');
    folder = await temporaryFolder();
    await mkdir(join(folder.path, 'made'));
    whole = join(folder.path, 'made', 'whole');
    tablespace = join(server.cluster.directory, 'tablespace');
    await pgBasebackup(server, whole, ['-Fp']);
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  /** What is said of one copy, changed in one way. */
  async function saidOf(change: (copy: string) => Promise<unknown>, original = whole): Promise<readonly string[]> {
    await using root = await temporaryFolder();
    const copy = join(root.path, 'copy');
    await cp(original, copy, { recursive: true, preserveTimestamps: true });
    await change(copy);
    const { backups, problems, running } = await baseBackupFolder(root.path).read(never);
    return [
      ...backups.map(({ label, wal }) => `backup ${label}${wal?.included === true ? '' : ' without WAL'}`),
      ...problems.map(({ code, message }) => `${code}: ${message.replace(copy, 'COPY')}`),
      ...(running ?? []).map(({ type }) => `running ${type}`),
    ];
  }

  it('a whole one is a backup', async () => {
    expect(await saidOf(async () => {})).toEqual(['backup copy']);
  });

  it('one whose WAL was taken away is a backup without it', async () => {
    const said = await saidOf(async (copy) => {
      for (const name of await readdir(join(copy, 'pg_wal')))
        if (name.startsWith('0000')) await rm(join(copy, 'pg_wal', name));
    });
    expect(said).toEqual(['backup copy without WAL']);
  });

  it.each([
    ['manifest is cut off', 'backup_manifest', 5000, 'of its backup_manifest, its end is missing'],
    [
      'label is gone',
      'backup_label',
      undefined,
      'it has no backup_label, which recovery needs: it is a copy that was started or changed',
    ],
    ['control file is gone', 'global/pg_control', undefined, 'it has no global/pg_control'],
  ])('one whose %s is none', async (_what, file, length, why) => {
    const said = await saidOf((copy) =>
      length === undefined ? rm(join(copy, file)) : truncate(join(copy, file), length),
    );
    expect(said).toEqual([`BACKUP_INCOMPLETE: COPY is no backup: ${why}`]);
  });

  it('one whose manifest was changed is none', async () => {
    const said = await saidOf(async (copy) => {
      await run('sed', ['-i', 's/"End-LSN": "0/"End-LSN": "1/', join(copy, 'backup_manifest')]);
    });
    expect(said).toEqual([
      'BACKUP_INCOMPLETE: COPY is no backup: of its backup_manifest, it is not what was written: its checksum differs',
    ]);
  });

  it('one that was started as a server is none, while it runs and after', async () => {
    const copy = join(server.cluster.directory, 'started');
    await cp(whole, copy, { recursive: true });
    const { account, binDirectory } = server.cluster;
    if (account !== undefined) await run('chown', ['-R', `${account.uid}:${account.gid}`, copy]);
    const control = (...args: readonly string[]): Promise<unknown> =>
      run(join(binDirectory, 'pg_ctl'), ['-D', copy, '-w', ...args], { ...account, cwd: '/' });
    const port = (await server.sql('SHOW port'))[0]?.[0];
    await rm(join(copy, 'postmaster.pid'), { force: true });
    await control(
      'start',
      '-l',
      join(server.cluster.socketDirectory, 'started.log'),
      '-o',
      `-p ${Number(port) + 1} -k ${server.cluster.socketDirectory} -c listen_addresses=`,
    );
    try {
      expect(await saidOf(async () => {}, copy)).toEqual([
        'BACKUP_INCOMPLETE: COPY is no backup: it has a postmaster.pid, so a server runs or ran in it',
      ]);
    } finally {
      await control('stop', '-m', 'fast');
    }
    expect(await saidOf(async () => {}, copy)).toEqual([
      'BACKUP_INCOMPLETE: COPY is no backup: it was started as a server, which took its backup_label',
    ]);
  });

  it('a backup of a server that was itself restored is one, though it holds the old label', async () => {
    expect(await saidOf((copy) => cp(join(copy, 'backup_label'), join(copy, 'backup_label.old')))).toEqual([
      'backup copy',
    ]);
  });

  it.each([
    ['plain', ['-Fp'], 'PG_VERSION'],
    ['tar', ['-Ft'], 'base.tar'],
    ['gzip', ['-Ft', '-z'], 'base.tar.gz'],
    ['plain without a manifest', ['-Fp', '--no-manifest'], 'PG_VERSION'],
  ])('one in format %s runs while it is written, and is none if it was interrupted', async (_what, args, first) => {
    await using root = await temporaryFolder();
    const target = join(root.path, 'target');
    const source = baseBackupFolder(root.path);
    const begun = async (): Promise<boolean> => (await readdir(target)).includes(first);
    const slow = await startBasebackup(server, target, args, begun);

    const during = await source.read(never);
    await slow[Symbol.asyncDispose]();
    const rightAfter = await source.read(never);
    await age(target);
    const later = await source.read(never);

    expect(during).toMatchObject({ backups: [], problems: [] });
    expect(during.running).toHaveLength(1);
    expect(rightAfter.running).toHaveLength(1);
    expect(later).toMatchObject({ backups: [], running: [] });
    expect(later.problems.map(({ message }) => message)).toEqual([
      `${target} is no backup: pg_basebackup was interrupted before it wrote the last file`,
    ]);
  });

  it.each(['base.tar', 'base.tar.gz', 'pg_wal.tar'])(
    'one whose %s is cut off is none, manifest or not',
    async (name) => {
      const tarred = join(folder.path, 'made', `tarred-${name}`);
      await pgBasebackup(server, tarred, name.endsWith('gz') ? ['-Ft', '-z'] : ['-Ft']);
      const cut = async (copy: string): Promise<void> => {
        const { size } = await stat(join(copy, name));
        await truncate(join(copy, name), Math.floor(size / 2 / 512) * 512 + (name.endsWith('gz') ? 1 : 0));
      };
      expect(await saidOf(cut, tarred)).toEqual([`BACKUP_INCOMPLETE: COPY is no backup: ${name} is cut off`]);
      expect(
        await saidOf(async (copy) => {
          await cut(copy);
          await rm(join(copy, 'backup_manifest'));
          await age(copy);
        }, tarred),
      ).toEqual(['BACKUP_INCOMPLETE: COPY is no backup: pg_basebackup was interrupted before it wrote the last file']);
      await rm(tarred, { recursive: true });
    },
  );

  it('one that lost a tablespace is none, in either format', async () => {
    await mkdir(tablespace);
    const { account } = server.cluster;
    if (account !== undefined) await chown(tablespace, account.uid, account.gid);
    await server.sql(`CREATE TABLESPACE extra LOCATION '${tablespace}'`);
    await server.sql('CREATE TABLE elsewhere TABLESPACE extra AS SELECT generate_series(1, 1000)');
    const plain = join(folder.path, 'with-tablespace');
    const moved = join(folder.path, 'moved');
    await pgBasebackup(server, plain, ['-Fp', `-T${tablespace}=${moved}`]);
    const tar = join(folder.path, 'tar-with-tablespace');
    await pgBasebackup(server, tar, ['-Ft', '-z']);
    const [number = ''] = await readdir(join(plain, 'pg_tblspc'));

    expect(await saidOf(async () => {}, plain)).toEqual(['backup copy']);
    expect(await saidOf(async () => {}, tar)).toEqual(['backup copy']);
    expect(await saidOf((copy) => rm(join(copy, `${number}.tar.gz`)), tar)).toEqual([
      `BACKUP_INCOMPLETE: COPY is no backup: ${number}.tar, a tablespace, is missing`,
    ]);
    await rm(moved, { recursive: true });
    expect(await saidOf(async () => {}, plain)).toEqual([
      `BACKUP_INCOMPLETE: COPY is no backup: the folder of its tablespace ${number} is gone`,
    ]);
  });

  it('a folder is looked at two levels deep, by whatever paths it is reached, and what is foreign is left alone', async () => {
    await using root = await temporaryFolder();
    for (const path of ['2026-11/22', '2026-11/deep/er', 'empty', 'foreign'])
      await mkdir(join(root.path, path), { recursive: true });
    for (const path of ['2026-11/22/copy', '2026-11/deep', 'top'])
      await cp(whole, join(root.path, path), { recursive: true });
    await symlink(join(root.path, 'top'), join(root.path, 'latest'));
    await symlink(root.path, join(root.path, 'foreign', 'loop'));
    await symlink('/nonexistent', join(root.path, 'nowhere'));
    await writeFile(join(root.path, 'foreign', 'dump.sql'), 'SELECT 1;');
    await run('mkfifo', [join(root.path, 'foreign', 'pipe')]);

    const { backups, problems } = await baseBackupFolder(root.path).read(never);

    expect(problems).toEqual([]);
    expect(backups.map(({ label }) => label)).toEqual(['2026-11/deep', 'top']);
    expect((await baseBackupFolder(join(root.path, 'top')).read(never)).backups.map(({ label }) => label)).toEqual([
      'top',
    ]);
    const linked = await baseBackupFolder(join(root.path, 'latest')).read(never);
    expect(linked.backups.map(({ label }) => label)).toEqual(['latest']);
  });

  it('a copy that looks as before is not read again, one that changed is', async () => {
    await using root = await temporaryFolder();
    const copy = join(root.path, 'copy');
    await cp(whole, copy, { recursive: true, preserveTimestamps: true });
    const source = baseBackupFolder(root.path);
    const manifest = join(copy, 'backup_manifest');
    await utimes(manifest, 1_800_000_000, 1_800_000_000);
    const first = await source.read(never);
    const { size } = await stat(manifest);
    await writeFile(manifest, 'x'.repeat(size));
    await utimes(manifest, 1_800_000_000, 1_800_000_000);

    const second = await source.read(never);
    await utimes(manifest, 1, 1);
    const third = await source.read(never);

    expect(second.backups).toEqual(first.backups);
    expect(third.problems.map(({ code }) => code)).toEqual(['BACKUP_INCOMPLETE']);
    await rm(copy, { recursive: true });
    expect(await source.read(never)).toMatchObject({ backups: [], problems: [] });
  });

  it('a reading that is called off ends', async () => {
    await expect(baseBackupFolder(folder.path).read(AbortSignal.abort())).rejects.toThrow('aborted');
  });

  it('a folder that is not there, is none, or may not be read is an error with the cure', async () => {
    await using root = await temporaryFolder();
    const locked = join(root.path, 'locked');
    await mkdir(join(locked, 'inner'), { recursive: true });
    await cp(whole, join(locked, 'inner', 'copy'), { recursive: true });
    await run('chmod', ['700', join(locked, 'inner')]);
    const read = (path: string): Promise<unknown> => baseBackupFolder(path).read(never);

    await expect(read(join(root.path, 'missing'))).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await expect(read(join(whole, 'PG_VERSION'))).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await run('chmod', ['755', root.path, locked]);
    await asNobody(async () => {
      await expect(read(locked)).rejects.toMatchObject({
        code: 'SOURCE_UNREADABLE',
        hint: 'Run walguard as a user or in a group that may read it, as with initdb --allow-group-access.',
      });
      await expect(read(join(locked, 'inner'))).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
    });
    await waitFor('the rights to be back', async () => (await readdir(join(locked, 'inner'))).length === 1);
  });
});

/** Runs something without root's rights to read everything. */
async function asNobody(check: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('This test is written for root, as CI runs.');
  process.seteuid?.('nobody');
  try {
    await check();
  } finally {
    process.seteuid?.(0);
  }
}
