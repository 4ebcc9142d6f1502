import { execFile, spawn } from 'node:child_process';
import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freePort, waitFor } from '../../servers/index.ts';
import { createPgBackRestArchive } from '../../src/archive/pgbackrest/index.ts';
import { type PgBackRestOptions, pgBackRestBackups } from '../../src/backup/pgbackrest/source.ts';
import type { ArchiveContents } from '../../src/core/catalogue.ts';
import { programEnvironment } from '../../src/process/launch.ts';
import { type BackRestLab, startBackRestLab } from '../support/pgbackrest.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { archiveSegments, askKnown } from '../support/wal-archive.ts';

const run = promisify(execFile);
const never = new AbortController().signal;

let lab: BackRestLab;
let folder: TemporaryFolder;
let config: string;
let ssh: readonly string[];
let stopSshd: () => Promise<void>;

/** Starts a server of ssh that nobody reaches from elsewhere; returns what stands in front of a command to run it there. */
async function startSshd(): Promise<readonly string[]> {
  const [host, user] = [join(folder.path, 'host_key'), join(folder.path, 'user_key')];
  for (const key of [host, user]) await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const port = await freePort();
  const server = await folder.write(
    'sshd_config',
    `ListenAddress 127.0.0.1:${port}\nHostKey ${host}\nAuthorizedKeysFile ${user}.pub\nStrictModes no\nUsePAM no\n` +
      'PidFile none\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n',
  );
  const client = await folder.write(
    'ssh_config',
    `Host backup-host\n  HostName 127.0.0.1\n  Port ${port}\n  User ${userInfo().username}\n  IdentityFile ${user}\n` +
      '  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n  BatchMode yes\n',
  );
  await mkdir('/run/sshd', { recursive: true });
  const sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', server], { stdio: 'ignore' });
  const ended = new Promise((resolve) => sshd.once('close', resolve));
  stopSshd = async () => {
    sshd.kill();
    await ended;
  };
  const prefix = ['ssh', '-F', client, 'backup-host'];
  await waitFor(
    'sshd',
    async () => (await run('ssh', [...prefix.slice(1), 'echo', 'here'])).stdout === 'here\n',
    30_000,
  );
  return prefix;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  ssh = await startSshd();
  lab = await startBackRestLab({ 'start-fast': 'y' });
  await archiveSegments(lab.server, 2);
  await lab.run('--type=full', '--repo1-retention-full=2', 'backup');
  await mkdir(join(folder.path, `it's $HOME; "two"`));
  config = join(folder.path, `it's $HOME; "two"`, 'pgbackrest *.conf');
  await copyFile(lab.config, config);
  await chmod(config, 0o644);
}, 120_000);

afterAll(async () => {
  await stopSshd?.();
  await lab?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

function optionsOf(prefix: readonly string[]): PgBackRestOptions {
  const launch = { prefix, environment: programEnvironment(process.env, {}), timeoutMs: 60_000 };
  return { stanza: lab.stanza, repo: 1, config, command: ['pgbackrest'], launch };
}

async function archiveBy(prefix: readonly string[]): Promise<ArchiveContents> {
  const contents = await createPgBackRestArchive({ ...optionsOf(prefix), path: undefined }).read(
    await askKnown(lab.server),
    never,
  );
  return { ...contents, readAtSeconds: 0 };
}

describe('pgBackRest on another host, by ssh', () => {
  it('says what it says here, with arguments that a shell would take apart', async () => {
    const backups = await pgBackRestBackups(optionsOf(ssh)).read(never);
    expect(backups.backups).toHaveLength(1);
    expect(backups).toEqual(await pgBackRestBackups(optionsOf([])).read(never));

    const archive = await archiveBy(ssh);
    expect(archive.timelines[0]?.segments.length).toBeGreaterThan(2);
    expect(archive).toEqual(await archiveBy([]));
  });

  it('is not reached under a name that ssh does not know', async () => {
    const unknown = [...ssh.slice(0, -1), 'no-such-host.invalid'];
    await expect(pgBackRestBackups(optionsOf(unknown)).read(never)).rejects.toMatchObject({
      code: 'SOURCE_PROGRAM_FAILED',
      message: expect.stringContaining('(through ssh) ended with exit code 255') as unknown,
    });
  });
});
