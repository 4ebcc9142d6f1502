import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { serverAccount, waitFor } from '../../servers/index.ts';
import { barmanBackups, type BarmanOptions } from '../../src/backup/barman/index.ts';
import type { BackupCatalogue } from '../../src/core/catalogue.ts';
import { parseLsn } from '../../src/core/lsn.ts';
import { programEnvironment } from '../../src/process/launch.ts';
import { isolatedCopy } from '../support/archive-copy.ts';
import { BARMAN_SERVER, type BarmanLab, programsOf, startBarmanLab } from '../support/barman.ts';

const never = new AbortController().signal;

interface Change extends Partial<Omit<BarmanOptions, 'launch'>> {
  readonly prefix?: readonly string[];
  readonly timeoutMs?: number;
}

function options(lab: BarmanLab, { prefix = [], timeoutMs = 60_000, ...change }: Change = {}): BarmanOptions {
  const launch = { prefix, environment: programEnvironment(process.env, { HOME: lab.path }), timeoutMs };
  const usual = { server: BARMAN_SERVER, config: lab.config, command: ['barman'], path: undefined, launch };
  return { ...usual, ...change };
}

function read(lab: BarmanLab, change: Change = {}): Promise<BackupCatalogue> {
  return barmanBackups(options(lab, change)).read(never);
}

const labelsOf = ({ backups }: BackupCatalogue): readonly string[] => backups.map(({ label }) => label);

/** Every file and folder below one with its size and times, but what receive-wal writes all the while. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name)).filter((path) => !/streaming/.test(path));
  const all = await Promise.all(paths.map(async (path) => ({ path, stats: await stat(path) })));
  return all.map(({ path, stats: { size, mtimeMs, ctimeMs } }) => `${path} ${size} ${mtimeMs} ${ctimeMs}`).toSorted();
}

/** Sets the times of all below a folder back. */
async function ageTree(folder: string, seconds = 3_600): Promise<void> {
  const time = Date.now() / 1000 - seconds;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const { parentPath, name } of entries) await utimes(join(parentPath, name), time, time);
  await utimes(folder, time, time);
}

const WAYS = [
  ['its files', true],
  ['the program', false],
] as const;

describe.each([
  { flow: 'stream', settings: { compression: 'gzip' } },
  { flow: 'archive', settings: {} },
] as const)('the backups of Barman ($flow)', ({ flow, settings }) => {
  let lab: BarmanLab;
  const by = (byFiles: boolean): Change => (byFiles ? { path: lab.path } : {});

  beforeAll(async () => {
    lab = await startBarmanLab(flow, settings);
  }, 120_000);
  afterAll(() => lab?.[Symbol.asyncDispose]());

  it.each(WAYS)('are none at first, by %s', async (_, byFiles) => {
    expect(await read(lab, by(byFiles))).toEqual({
      backups: [],
      problems: [],
      running: [],
      lastFailureSeconds: undefined,
    });
  });

  it('are told alike by files and program, as backup.info has them', async () => {
    const ids = [await lab.backUp(), await lab.backUp()];
    const [[identifier] = []] = await lab.server.sql('SELECT system_identifier::text FROM pg_control_system()');

    const [files, program] = [await read(lab, { path: lab.path }), await read(lab)];

    expect(files.backups.map(({ label, type, needs }) => [label, type, needs])).toEqual(
      ids.map((id) => [id, 'full', []]),
    );
    expect(files).toMatchObject({ problems: [], running: [], lastFailureSeconds: undefined });
    for (const { label, wal, systemIdentifier, majorVersion, ...rest } of files.backups) {
      const text = await readFile(join(lab.home, 'base', label, 'backup.info'), 'utf8');
      const field = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
      const [start, stop] = [parseLsn(field('begin_xlog')), parseLsn(field('end_xlog'))];
      expect(wal).toEqual({ timeline: 1, start, stop, included: false, segmentBytes: 1_048_576 });
      expect([systemIdentifier, majorVersion]).toEqual([identifier, 150_000]);
      expect(rest.sizeBytes).toBeGreaterThan(20_000_000);
      expect(Math.abs(rest.stopTimeSeconds - Date.now() / 1000)).toBeLessThan(300);
    }
    // Files that rsync found unchanged are shared.
    const [first, second] = files.backups.map(({ storedBytes }) => storedBytes ?? Number.NaN);
    if (flow === 'archive') expect(second).toBeLessThan((first ?? 0) / 2);
    // Before 3.11 Barman prints no cluster.
    expect(program.backups).toEqual(files.backups.map((each) => ({ ...each, systemIdentifier: undefined })));
  });

  it('are no more after one was deleted, however they are read again', async () => {
    const sources = [barmanBackups(options(lab, { path: lab.path })), barmanBackups(options(lab))] as const;
    const before = labelsOf(await sources[0].read(never));
    expect(labelsOf(await sources[1].read(never))).toEqual(before);
    await lab.run('delete', BARMAN_SERVER, before[0] ?? '');

    expect(before).toHaveLength(2);
    for (const source of sources) expect(labelsOf(await source.read(never))).toEqual(before.slice(1));
  });

  it.each(WAYS)('are read without a change to anything but the log of Barman, by %s', async (_, byFiles) => {
    const before = await filesBelow(lab.home);
    await read(lab, by(byFiles));

    expect(await filesBelow(lab.home)).toEqual(before);
  });

  it.each(WAYS)('of a server that Barman does not know are an error of their own, by %s', async (_, byFiles) => {
    await expect(read(lab, { ...by(byFiles), server: 'mian' })).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });
});

describe('a backup of Barman that is not done, and one that cannot be told', () => {
  let lab: BarmanLab;
  let good: string;
  let program: string;

  /** Puts this in the place of the program that copies. */
  async function replaceCopying(line: string): Promise<void> {
    const real = '/usr/lib/postgresql/15/bin/pg_basebackup';
    await writeFile(program, `#!/bin/sh\n[ "$1" = --version ] && exec ${real} --version\n${line}\n`);
    await chmod(program, 0o755);
  }

  beforeAll(async () => {
    lab = await startBarmanLab('stream');
    program = join(programsOf(lab.server), 'pg_basebackup');
    good = await lab.backUp();
  }, 120_000);
  afterAll(() => lab?.[Symbol.asyncDispose]());

  it('as it failed is a problem, with the moment, until it is deleted', async () => {
    await replaceCopying('echo "no space left on device" >&2; exit 1');
    await expect(lab.backUp()).rejects.toThrow('barman');
    await rm(program);
    const [files, told] = [await read(lab, { path: lab.path }), await read(lab)];
    for (const found of [files, told]) {
      expect(labelsOf(found)).toEqual([good]);
      expect(found).toMatchObject({ running: [], problems: [{ code: 'BACKUP_INCOMPLETE' }] });
      expect(Math.abs((found.lastFailureSeconds ?? 0) - Date.now() / 1000)).toBeLessThan(120);
    }
    const [, id = ''] = /^(\S+) of Barman/.exec(files.problems[0]?.message ?? '') ?? [];
    await lab.run('delete', BARMAN_SERVER, id);

    expect((await read(lab, { path: lab.path })).problems).toEqual([]);
    expect((await read(lab)).problems).toEqual([]);
  });

  it('as it runs is one that runs, and as it was killed is a problem', async () => {
    await replaceCopying('exec sleep 600');
    const child = spawn('barman', ['-c', lab.config, 'backup', BARMAN_SERVER], {
      ...(await serverAccount()),
      cwd: '/',
      env: { PATH: process.env['PATH'], HOME: lab.path },
      stdio: 'ignore',
      detached: true,
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await waitFor(
      'a backup that runs',
      async () => (await read(lab, { path: lab.path })).running?.length === 1,
      60_000,
    );
    const told = await read(lab);
    const [id = ''] = (await readdir(join(lab.home, 'base'))).filter((name) => name !== good);
    // As if nothing was written for an hour: it holds its lock.
    await ageTree(join(lab.home, 'base', id));
    const locked = await read(lab, { path: lab.path });
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
    await rm(program);
    await waitFor(
      'the lock to be gone',
      async () => (await read(lab, { path: lab.path })).running?.length === 0,
      30_000,
    );
    const killed = await read(lab, { path: lab.path });
    await ageTree(join(lab.home, 'base', id), 0);
    const young = await read(lab, { path: lab.path });
    await lab.run('delete', BARMAN_SERVER, id).catch(() => rm(join(lab.home, 'base', id), { recursive: true }));

    expect(told).toMatchObject({ running: [{}], problems: [] });
    expect(locked).toMatchObject({ running: [{}], problems: [] });
    expect(killed).toMatchObject({ running: [], problems: [{ code: 'BACKUP_INCOMPLETE' }] });
    expect(killed.problems[0]?.message).toContain('interrupted');
    expect(young).toMatchObject({ running: [{}], problems: [] });
    expect(labelsOf(killed)).toEqual([good]);
  });

  it('as its copy is gone is a problem, of which Barman says nothing', async () => {
    await rename(join(lab.home, 'base', good, 'data'), join(lab.path, 'moved'));
    const [files, told] = [await read(lab, { path: lab.path }), await read(lab)];
    await rename(join(lab.path, 'moved'), join(lab.home, 'base', good, 'data'));

    expect(files).toMatchObject({ backups: [], problems: [{ code: 'BACKUP_INCOMPLETE' }] });
    expect(labelsOf(told)).toEqual([good]);
  });

  it('as its backup.info is damaged or may not be read is a problem, or an error if it is the only one', async () => {
    const file = join(lab.home, 'base', good, 'backup.info');
    const whole = await readFile(file);
    await writeFile(file, whole.subarray(0, whole.length - 9));
    const damaged = await read(lab, { path: lab.path });
    await writeFile(file, whole);

    expect(damaged).toMatchObject({ backups: [], problems: [{ code: 'SOURCE_BAD_ANSWER' }] });
    expect(labelsOf(await read(lab, { path: lab.path }))).toEqual([good]);
  });

  it('as newer versions keep it in meta is read there, and there it counts', async () => {
    await using copy = await isolatedCopy(lab.path);
    const base = join(copy.path, BARMAN_SERVER, 'base', good);
    const meta = join(copy.path, BARMAN_SERVER, 'meta');
    const text = await readFile(join(base, 'backup.info'), 'utf8');
    await mkdir(meta, { recursive: true });
    await writeFile(join(meta, `${good}-backup.info`), text.replace('status=DONE', 'status=FAILED'));
    const both = await read(lab, { path: copy.path });
    await writeFile(join(meta, `${good}-backup.info`), text);
    await rm(join(base, 'backup.info'));

    expect(both).toMatchObject({ backups: [], problems: [{ code: 'BACKUP_INCOMPLETE' }] });
    expect(labelsOf(await read(lab, { path: copy.path }))).toEqual([good]);
  });

  it.each([
    ['has no configuration', { config: '/nonexistent/barman.conf' }, 'SOURCE_PROGRAM_FAILED'],
    ['is not there', { command: ['barman-is-not-here'] }, 'SOURCE_PROGRAM_MISSING'],
    ['hangs', { command: ['sh', '-c', 'sleep 600', 'sh'], timeoutMs: 500 }, 'SOURCE_TIMEOUT'],
    ['prints half of it', { prefix: ['sh', '-c', '"$@" | head -c 60', 'sh'] }, 'SOURCE_BAD_ANSWER'],
    ['prints nothing', { command: ['true'] }, 'SOURCE_BAD_ANSWER'],
  ] as const)('of a program that %s is an error that says so', async (_, change, code) => {
    await expect(read(lab, change)).rejects.toMatchObject({ code });
  });

  it('of a path that has none is an error that says so', async () => {
    const away = { path: '/nonexistent' };
    await expect(read(lab, away)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await expect(read(lab, { path: lab.home, server: 'wals' })).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });
});
