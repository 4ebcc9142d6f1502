import { spawn } from 'node:child_process';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import { descendants, signal, stillRunning } from './process-tree.ts';
import { serverEnvironment } from './run-program.ts';
import { waitFor } from './wait-for.ts';

/** How a postmaster ended: `code` is null when a signal ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running postmaster, child of this process. */
export interface Postmaster {
  readonly pid: number;
  readonly exited: Promise<Exit>;
}

/** Starts a postmaster and returns once it accepts connections; throws with its log when it does not within the time. */
export async function startPostmaster(cluster: Cluster, port: number, timeoutMs: number): Promise<Postmaster> {
  const logStart = await sizeOf(cluster.logFile);
  const postmaster = await spawnPostmaster(cluster, port);
  let exit: Exit | undefined;
  void postmaster.exited.then((value) => (exit = value));
  try {
    await waitFor(
      'PostgreSQL to accept connections',
      async () => exit !== undefined || (await isReady(cluster, postmaster.pid)),
      timeoutMs,
    );
    if (exit === undefined) return postmaster;
    throw new Error(`It ended by itself (${describeExit(exit)}).`);
  } catch (error) {
    if (exit === undefined) await killTree(postmaster.pid);
    const log = (await readFile(cluster.logFile, 'utf8')).slice(logStart);
    throw new Error(`PostgreSQL ${cluster.major} did not start on port ${port}. Its log:\n${log.trim() || '(empty)'}`, {
      cause: error,
    });
  }
}

async function spawnPostmaster(cluster: Cluster, port: number): Promise<Postmaster> {
  const log = await open(cluster.logFile, 'a', 0o600);
  try {
    const args = ['-D', cluster.dataDirectory, '-p', String(port), '-k', cluster.socketDirectory];
    const child = spawn(join(cluster.binDirectory, 'postgres'), args, {
      ...cluster.account,
      cwd: '/',
      env: serverEnvironment(),
      // A session of its own: the terminal's Ctrl-C is for the program that owns the server.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    const exited = new Promise<Exit>((resolve) => child.once('exit', (code, name) => resolve({ code, signal: name })));
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    const pid = child.pid ?? 0;
    cluster.reaper.watch(pid);
    void exited.then(() => cluster.reaper.forget(pid));
    return { pid, exited };
  } finally {
    await log.close();
  }
}

/** Line 1 of postmaster.pid is the process, line 8 its state; the file may be that of a server killed before. */
async function isReady(cluster: Cluster, pid: number): Promise<boolean> {
  const lines = (await readFile(join(cluster.dataDirectory, 'postmaster.pid'), 'utf8')).split('\n');
  const state = lines[7]?.trim();
  return Number(lines[0]) === pid && (state === 'ready' || state === 'standby');
}

/** As `kill -9` of a whole server: the postmaster stops first, so that it starts no one while its children are counted. */
export async function killTree(pid: number): Promise<void> {
  signal(pid, 'SIGSTOP');
  const children = await descendants(pid);
  for (const each of [pid, ...children]) signal(each, 'SIGKILL');
  await waitFor(
    `process ${pid} and its children to end`,
    async () => (await stillRunning([pid, ...children])).length === 0,
  );
}

/** `exit code 1` or `SIGKILL`. */
export function describeExit(exit: Exit): string {
  return exit.signal ?? `exit code ${exit.code}`;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
