import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { serverAccount, startPostgres } from '../../servers/index.ts';
import { type PgBackRestOptions, pgBackRestBackups } from '../../src/backup/pgbackrest/source.ts';
import { parseBackupLabel } from '../../src/core/backup-label.ts';
import type { BackupCatalogue } from '../../src/core/catalogue.ts';
import { programEnvironment } from '../../src/process/launch.ts';
import { type BackRestLab, startBackRestLab } from '../support/pgbackrest.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const never = new AbortController().signal;
const PASSPHRASE = 'secret-of-the-lab';

let lab: BackRestLab;
let second: TemporaryFolder;

beforeAll(async () => {
  second = await temporaryFolder();
  const account = await serverAccount();
  if (account !== undefined) await chown(second.path, account.uid, account.gid);
  await chmod(second.path, 0o755);
  lab = await startBackRestLab({
    'start-fast': 'y',
    'repo1-retention-full': '2',
    'repo2-path': join(second.path, 'repository'),
    'repo2-retention-full': '2',
    'repo2-cipher-type': 'aes-256-cbc',
    'repo2-cipher-pass': PASSPHRASE,
  });
}, 120_000);

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
});

interface Change extends Partial<Omit<PgBackRestOptions, 'launch'>> {
  readonly prefix?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

function read({ prefix = [], environment = {}, ...change }: Change = {}): Promise<BackupCatalogue> {
  const launch = { prefix, environment: programEnvironment(process.env, environment), timeoutMs: 60_000 };
  const usual = { stanza: lab.stanza, repo: 1, config: lab.config, command: ['pgbackrest'], launch };
  return pgBackRestBackups({ ...usual, ...change }).read(never);
}

/** Every file of a folder with its size and times. */
async function contentsOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name));
  const all = await Promise.all(paths.map(async (path) => ({ path, stats: await stat(path) })));
  return all.map(({ path, stats: { size, mtimeMs, ctimeMs } }) => `${path} ${size} ${mtimeMs} ${ctimeMs}`).toSorted();
}

const labelsOf = ({ backups }: BackupCatalogue): readonly string[] => backups.map(({ label }) => label);

describe('the backups of pgBackRest', () => {
  it('of a stanza without any are none, and nothing is wrong', async () => {
    expect(await read()).toEqual({ backups: [], problems: [], running: [], lastFailureSeconds: undefined });
  });

  it('full, differential and incremental ones are a chain, as PostgreSQL tells of them', async () => {
    for (const type of ['full', 'incr', 'diff', 'incr']) await lab.run(`--type=${type}`, '--repo=1', 'backup');
    const [[identifier] = []] = await lab.server.sql('SELECT system_identifier::text FROM pg_control_system()');

    const { backups, problems, running } = await read();

    const [full = '', first = '', diff = '', last = ''] = backups.map(({ label }) => label);
    expect(backups.map(({ label, type, needs }) => [label, type, needs])).toEqual([
      [full, 'full', []],
      [first, 'incremental', [full]],
      [diff, 'differential', [full]],
      [last, 'incremental', [full, diff]],
    ]);
    expect({ problems, running }).toEqual({ problems: [], running: [] });
    for (const { label, wal, systemIdentifier, majorVersion, ...rest } of backups) {
      const truth = parseBackupLabel(await archivedText(label));
      const [start, stop] = [truth?.startLsn, truth?.stopLsn];
      expect(wal).toEqual({ timeline: 1, start, stop, included: false, segmentBytes: 1_048_576 });
      expect([systemIdentifier, majorVersion]).toEqual([identifier, 150_000]);
      expect(rest.hasErrors).toBe(false);
      expect(rest.sizeBytes).toBeGreaterThan(20_000_000);
      expect(rest.storedBytes).toBeGreaterThan(0);
      expect(Math.abs(rest.stopTimeSeconds - Date.now() / 1000)).toBeLessThan(300);
    }
  });

  it('each repository has its own', async () => {
    await lab.run('--type=full', '--repo=2', 'backup');
    const [one, two] = [await read({ repo: 1 }), await read({ repo: 2 })];

    expect([one.backups.length, two.backups.length]).toEqual([4, 1]);
    expect(labelsOf(one)).not.toContain(labelsOf(two)[0]);
    await expect(read({ repo: undefined })).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: 'stanza main is in the repositories 1, 2',
    });
  });

  it('those that expired are gone, with all that needed them', async () => {
    const before = await read();
    await lab.run('--type=full', '--repo=1', 'backup');
    await lab.run('--type=full', '--repo=1', 'backup');

    const after = await read();

    expect(before.backups).toHaveLength(4);
    expect(after.backups.map(({ type }) => type)).toEqual(['full', 'full']);
    expect(labelsOf(after).filter((label) => labelsOf(before).includes(label))).toEqual([]);
  });

  it('of another stanza are those of another server', async () => {
    await using other = await startPostgres({
      major: 14,
      initdbArgs: ['--wal-segsize=1'],
      settings: { archive_mode: 'on' },
    });
    const config = await second.write(
      'two stanzas.conf',
      `${await readFile(lab.config, 'utf8')}\n[other one]\npg1-path=${other.dataDirectory}\npg1-port=${other.port}\npg1-socket-path=${other.socketDirectory}\npg1-user=postgres\n`,
    );
    await chmod(config, 0o644);
    const account = await serverAccount();
    const backrest = (...args: readonly string[]): Promise<unknown> =>
      run('pgbackrest', [`--config=${config}`, '--stanza=other one', ...args], {
        ...account,
        cwd: '/',
        env: { PATH: process.env['PATH'] },
      });
    await backrest('stanza-create');
    await other.alterSystem({
      archive_command: `pgbackrest '--config=${config}' '--stanza=other one' archive-push "%p"`,
    });
    await backrest('--repo=1', 'backup');

    const [own, others] = [await read({ config }), await read({ config, stanza: 'other one' })];

    expect(others.backups.map(({ majorVersion }) => majorVersion)).toEqual([140_000]);
    expect(own.backups.map(({ majorVersion }) => majorVersion)).toEqual([150_000, 150_000]);
    expect(others.backups[0]?.systemIdentifier).not.toBe(own.backups[0]?.systemIdentifier);
  });

  it('are read without a change to the repository, the locks or the logs', async () => {
    const folders = [join(lab.repository, '..'), second.path];
    const before = await Promise.all(folders.map(contentsOf));
    await read({ repo: 1 });
    await read({ repo: 2 });
    expect(await Promise.all(folders.map(contentsOf))).toEqual(before);
  });
});

/** The `.backup` file that PostgreSQL made of a backup, unpacked. */
async function archivedText(label: string): Promise<string> {
  const folder = join(lab.repository, 'archive', 'main', '15-1', '0000000100000000');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.backup') || name.endsWith('.backup.gz'));
  const info = (await read()).backups.find((each) => each.label === label);
  const texts = await Promise.all(
    names.map(async (name) => (await run(name.endsWith('.gz') ? 'zcat' : 'cat', [join(folder, name)])).stdout),
  );
  return texts.find((text) => parseBackupLabel(text)?.startLsn === info?.wal?.start) ?? '';
}

describe('a pgBackRest that does not answer', () => {
  const asServer = async (): Promise<readonly string[]> => {
    const account = await serverAccount();
    return account === undefined
      ? []
      : ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  };

  it('knows no such stanza', async () => {
    await expect(read({ stanza: 'mian' })).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: 'pgbackrest finds no stanza mian in repository 1',
    });
  });

  it('knows no such repository', async () => {
    await expect(read({ repo: 7 })).rejects.toMatchObject({
      code: 'SOURCE_PROGRAM_FAILED',
      message: "pgbackrest info ended with exit code 32 and said: ERROR: [032]: key '7' is not valid for 'repo' option",
    });
  });

  it('has no such configuration', async () => {
    await expect(read({ config: '/nonexistent/a b.conf' })).rejects.toMatchObject({
      code: 'SOURCE_PROGRAM_FAILED',
      message: expect.stringContaining("unable to open missing file '/nonexistent/a b.conf' for read") as unknown,
    });
  });

  it('may not read the repository', async () => {
    await chmod(lab.repository, 0o000);
    try {
      await expect(read({ prefix: await asServer() })).rejects.toMatchObject({
        code: 'SOURCE_UNREADABLE',
        message: expect.stringContaining('[13] Permission denied') as unknown,
      });
    } finally {
      await chmod(lab.repository, 0o700);
    }
    expect((await read({ prefix: await asServer() })).backups).toHaveLength(2);
  });

  it('has another passphrase, and shows neither it nor what came of it', async () => {
    const error: unknown = await read({
      repo: 2,
      environment: { PGBACKREST_REPO2_CIPHER_PASS: 'hunter2hunter2' },
    }).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'SOURCE_UNREADABLE', hint: expect.stringContaining('cipher-pass') as unknown });
    expect(JSON.stringify(error, ['message', 'hint'])).not.toMatch(/hunter2|secret-of|\uFFFD/);
    expect((await read({ repo: 2 })).backups).toHaveLength(1);
  });

  it('warns of its configuration, and answers all the same', async () => {
    const config = await second.write(
      'warned.conf',
      (await readFile(lab.config, 'utf8')).replace('[global]', '[global]\nno-such-option=1'),
    );
    expect((await read({ config })).backups).toHaveLength(2);
  });

  it('is behind a prefix that says something first', async () => {
    const chatty = join(second.path, 'chatty');
    await writeFile(chatty, '#!/bin/sh\necho Welcome to backup-host\nexec "$@"\n');
    await chmod(chatty, 0o755);
    await expect(read({ prefix: [chatty] })).rejects.toMatchObject({
      code: 'SOURCE_BAD_ANSWER',
      message: expect.stringContaining('something else stands before the JSON') as unknown,
    });
  });

  it('ends with an error after it answered, and is believed', async () => {
    const failing = join(second.path, 'failing');
    await writeFile(failing, '#!/bin/sh\n"$@"\nexit 25\n');
    await chmod(failing, 0o755);
    expect((await read({ prefix: [failing] })).backups).toHaveLength(2);
  });

  it('was made for a folder that is gone', async () => {
    const empty = join(second.path, 'empty');
    await mkdir(empty);
    await expect(read({ environment: { PGBACKREST_REPO1_PATH: empty } })).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      hint: expect.stringContaining('mount') as unknown,
    });
  });
});
