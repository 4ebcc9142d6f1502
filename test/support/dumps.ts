import { execFile } from 'node:child_process';
import { mkdir, open, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { PostgresServer } from '../../servers/index.ts';
import { type DumpOptions, pgDumps } from '../../src/backup/pg-dump/source.ts';
import type { Dump, DumpCatalogue } from '../../src/core/dumps.ts';
import { programEnvironment } from '../../src/process/launch.ts';
import { age } from './base-backups.ts';

const run = promisify(execFile);
const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' };
const HOUR_SECONDS = 3_600;

/** Runs a program of PostgreSQL's client tools against a server. Throws with what it wrote when it fails. */
export async function runClient(server: PostgresServer, program: string, args: readonly string[]): Promise<void> {
  const connection = ['-h', server.socketDirectory, '-p', String(server.port), '-U', 'postgres'];
  await run(program, [...connection, ...args], { env });
}

/** What one database is dumped into, in every format. */
export async function dumpEverything(server: PostgresServer, folder: string, database: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const formats = [
    ['app.custom', '-Fc'],
    ['app.uncompressed', '-Fc', '-Z0'],
    ['app.schema', '-Fc', '-s'],
    ['app.dir', '-Fd'],
    ['app.tar', '-Ft'],
    ['app.sql', '-Fp'],
    ['app.create', '-Fp', '-C'],
  ] as const;
  for (const [name, ...args] of formats)
    await runClient(server, 'pg_dump', [...args, '-f', join(folder, name), '-d', database]);
  await runClient(server, 'pg_dumpall', ['-f', join(folder, 'all.sql')]);
  await runClient(server, 'pg_dumpall', ['--globals-only', '-f', join(folder, 'globals.sql')]);
}

/** Makes a dump look as if it had been written an hour ago. */
export async function settle(path: string, agoSeconds = HOUR_SECONDS): Promise<void> {
  if ((await stat(path)).isDirectory()) await age(path);
  const then = Date.now() / 1_000 - agoSeconds;
  await utimes(path, then, then);
}

/** Changes one byte of a file, in place. */
export async function flipByte(path: string, at: number): Promise<void> {
  await using file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 0xff]), 0, 1, at);
}

/** Sets the length of a text in a table of contents to one that no file has. */
export async function breakToc(path: string, text: string): Promise<void> {
  const at = (await readFile(path)).indexOf(text);
  if (at < 5) throw new Error(`There is no ${text} in ${path}.`);
  await flipByte(path, at - 2);
}

/** Another file with what a program makes of the first one on its standard output. */
export async function pack(path: string, packed: string, program: string, args: readonly string[]): Promise<void> {
  const { stdout } = await run(program, [...args, '-c', path], { env, encoding: 'buffer', maxBuffer: 1e9 });
  await writeFile(packed, stdout);
}

/** A source of dumps with what the tests leave open. */
export function dumpsIn(path: string, given: Partial<DumpOptions> = {}): ReturnType<typeof pgDumps> {
  const launch = { prefix: [], environment: programEnvironment(process.env, {}), timeoutMs: 60_000 };
  return pgDumps({ path, level: 'header', patterns: [], command: ['pg_restore'], launch, ...given });
}

export async function readDumps(path: string, given: Partial<DumpOptions> = {}): Promise<DumpCatalogue> {
  return await dumpsIn(path, given).read(new AbortController().signal);
}

/** `database app custom good`, with what is wrong behind it. */
export function describeDump({ scope, datname, format, packing, valid, problem }: Dump): string {
  const state = valid === undefined ? 'unknown' : valid ? 'good' : 'bad';
  const why = problem === undefined ? '' : `: ${problem.message}`;
  return [scope, datname ?? '-', format ?? '-', ...(packing === '' ? [] : [packing]), `${state}${why}`].join(' ');
}
