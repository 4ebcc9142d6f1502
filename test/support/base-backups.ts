import { execFile, spawn } from 'node:child_process';
import { readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { type PostgresServer, waitFor } from '../../servers/index.ts';
import { type BackupLabelText, parseBackupLabel } from '../../src/core/backup-label.ts';

const run = promisify(execFile);
const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' };

function argumentsOf(server: PostgresServer, target: string, args: readonly string[]): readonly string[] {
  const connection = ['-h', server.socketDirectory, '-p', String(server.port), '-U', 'postgres'];
  return [...connection, '-D', target, '-c', 'fast', ...args];
}

/** Runs Debian's pg_basebackup, with a fast checkpoint. Throws with what it wrote when it fails. */
export async function pgBasebackup(server: PostgresServer, target: string, args: readonly string[]): Promise<void> {
  await run('pg_basebackup', argumentsOf(server, target, args), { env });
}

/** Starts a slow pg_basebackup and returns once the condition holds; disposing of it kills it with SIGKILL. */
export async function startBasebackup(
  server: PostgresServer,
  target: string,
  args: readonly string[],
  until: () => Promise<boolean>,
): Promise<AsyncDisposable> {
  const child = spawn('pg_basebackup', argumentsOf(server, target, ['-r', '64k', ...args]), {
    env,
    stdio: 'ignore',
    detached: true,
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const kill = async (): Promise<void> => {
    // The wrapper of Debian becomes the program itself; the stream of WAL is a child of it.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await ended;
  };
  try {
    await waitFor(`a part of ${target}`, until);
  } catch (error) {
    await kill();
    throw error;
  }
  return { [Symbol.asyncDispose]: kill };
}

/** What PostgreSQL itself wrote of the backup into the archive, once it is there. */
export async function archivedLabel(server: PostgresServer, label: string): Promise<BackupLabelText> {
  const folder = server.archiveDirectory ?? '';
  let found: BackupLabelText | undefined;
  await waitFor(`the archived label of ${label}`, async () => {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.backup'));
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    found = texts.map(parseBackupLabel).find((each) => each?.label === label);
    return found !== undefined;
  });
  if (found === undefined) throw new Error(`There is no archived label of ${label}.`);
  return found;
}

/** Makes it look an hour older than it is. */
export async function age(path: string): Promise<void> {
  const then = Date.now() / 1000 - 3600;
  for (const { name, parentPath } of await readdir(path, { recursive: true, withFileTypes: true })) {
    await utimes(join(parentPath, name), then, then);
  }
  await utimes(path, then, then);
}
