import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, Reaper, waitFor } from '../../servers/index.ts';
import { fetchText } from './http.ts';

/** Another exporter, while it runs. */
export interface Peer extends AsyncDisposable {
  /** Of its page. */
  readonly url: string;
  readonly pid: number;
}

const pgExporter = 'usr/bin/pg_exporter';
const postgresExporter = 'usr/bin/prometheus-postgres-exporter';

/** Whether the packages of both are there, each by the name it is known by. */
export function findPeers(): Readonly<Record<'pg_exporter' | 'postgres_exporter', boolean>> {
  return {
    pg_exporter: existsSync(pathOf(pgExporter)),
    postgres_exporter: existsSync(pathOf(postgresExporter)),
  };
}

/** The pack that the package pg-exporter has: a directory of files. */
export function pgExporterPack(): string {
  return peerFile('usr/share/pg_exporter');
}

/** Starts pg_exporter with a pack, by default its own, on one database, without its cache and its metrics of itself. */
export async function startPgExporter(databaseUrl: string, pack = pgExporterPack()): Promise<Peer> {
  return await startPeer(pgExporter, (port) => [
    `--url=${databaseUrl}?sslmode=disable`,
    `--config=${pack}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--no-auto-discovery',
    '--disable-cache',
    '--disable-intro',
    '--connect-timeout=5000',
  ]);
}

/** Starts pgbouncer_exporter on a console, which must have extra_float_digits among its ignore_startup_parameters. */
export async function startPgBouncerExporter(consoleUrl: string): Promise<Peer> {
  return await startPeer('usr/bin/prometheus-pgbouncer-exporter', (port) => [
    `--pgBouncer.connectionString=${consoleUrl}?sslmode=disable`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
}

/** Starts postgres_exporter with a pack of ours and, of its own metrics, as few as it lets one have. */
export async function startPostgresExporter(databaseUrl: string, packFile: string): Promise<Peer> {
  const args = [`--extend.query-path=${packFile}`, '--disable-default-metrics', '--disable-settings-metrics'];
  return await startDefaultPostgresExporter(databaseUrl, args);
}

/** Starts postgres_exporter with what it has by default, unless the arguments say otherwise. */
export async function startDefaultPostgresExporter(databaseUrl: string, args: readonly string[] = []): Promise<Peer> {
  return await startPeer(postgresExporter, (port) => [...args, `--web.listen-address=127.0.0.1:${port}`], {
    DATA_SOURCE_NAME: `${databaseUrl}?sslmode=disable`,
  });
}

/** The long names of the flags that a program tells of itself, without dashes. */
export async function flagsOf(program: 'pg_exporter' | 'postgres_exporter'): Promise<readonly string[]> {
  const path = peerFile(program === 'pg_exporter' ? pgExporter : postgresExporter);
  const { stdout, stderr } = await promisify(execFile)(path, ['--help']).catch(
    (thrown: unknown) => thrown as { readonly stdout: string; readonly stderr: string },
  );
  return [...`${stdout}${stderr}`.matchAll(/^ +(?:-\w, | {4})--(?:\[no-\])?([\w.-]+)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('help'));
}

/** Where a file of the packages is: below PEERS_DIRECTORY if they were unpacked there, else where they are installed. */
function pathOf(path: string): string {
  return join(process.env['PEERS_DIRECTORY'] ?? '/', path);
}

function peerFile(path: string): string {
  const file = pathOf(path);
  if (!existsSync(file)) throw new Error(`${file} is missing; PEERS_DIRECTORY names where the packages were unpacked.`);
  return file;
}

async function startPeer(
  program: string,
  args: (port: number) => readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Peer> {
  const port = await freePort();
  const child = spawn(peerFile(program), args(port), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const reaper = new Reaper();
  if (child.pid !== undefined) reaper.watch(child.pid);
  let written = '';
  const keep = (text: string): string => (written += text);
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const url = `http://127.0.0.1:${port}/metrics`;
  const stop = (): Promise<void> => end(child, reaper);
  try {
    await waitFor(`${program} to answer`, async () => hasEnded(child) || (await answers(url)), 15_000);
    if (hasEnded(child)) throw new Error('It ended by itself.');
  } catch (error) {
    await stop();
    throw new Error(`${program} did not start. It wrote:\n${written}`, { cause: error });
  }
  return { url, pid: child.pid ?? 0, [Symbol.asyncDispose]: stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetchText(url)).status === 200;
  } catch {
    return false;
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function end(child: ChildProcess, reaper: Reaper): Promise<void> {
  if (!hasEnded(child)) {
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await closed;
  }
  reaper.release();
}
