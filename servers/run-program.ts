import { spawn } from 'node:child_process';
import type { Account } from './account.ts';
import type { Reaper } from './reaper.ts';

/** The environment of PostgreSQL's programs: nothing of the caller's PG* variables, language or time zone. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/** Runs a program of PostgreSQL's to its end under the account; throws with what it wrote when it fails. */
export function runProgram(
  file: string,
  args: readonly string[],
  account: Account | undefined,
  reaper: Reaper,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      ...account,
      env: serverEnvironment(),
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    if (child.pid !== undefined) reaper.watch(child.pid);
    child.once('error', (error) => reject(new Error(`Cannot run ${file}.${hint(error)}`, { cause: error })));
    child.once('close', (code, signalName) => {
      if (child.pid !== undefined) reaper.forget(child.pid);
      if (code === 0) resolve();
      else reject(new Error(`${file} failed (${signalName ?? `exit code ${code}`}):\n${output.trim()}`));
    });
  });
}

function hint(error: Error): string {
  return 'code' in error && error.code === 'EACCES'
    ? ' If the temporary folder is mounted noexec, set TMPDIR to another.'
    : '';
}
