import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { escapeIdentifier } from 'pg';
import { type Major, newestMajor } from './binaries.ts';
import { type Cluster, createCluster, giveToServer, makeServerDirectory, removeCluster } from './cluster.ts';
import { type Settings, writeConfiguration } from './configuration.ts';
import { freePort } from './ports.ts';
import { PostgresServer, superuser } from './postgres-server.ts';
import { runProgram } from './run-program.ts';

export interface PostgresOptions {
  /** By default the newest that is installed. */
  readonly major?: Major;
  readonly settings?: Settings;
  /** archive_mode=on with an archive_command that copies into `archiveDirectory`. */
  readonly archive?: boolean;
  /** Further arguments of initdb, such as `--wal-segsize=1` (MB) or `--data-checksums`. */
  readonly initdbArgs?: readonly string[];
  /** Lines of pg_hba.conf that come before the usual ones. */
  readonly hba?: readonly string[];
  /** Databases to create, beside postgres. */
  readonly databases?: readonly string[];
}

const portGuesses = 10;

/**
 * Makes and starts a server on a free port of 127.0.0.1: TCP asks for passwords (scram-sha-256), the socket trusts.
 *
 * Throws when the binaries are missing, initdb or the start fails (with what they wrote); nothing stays behind then.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const cluster = await createCluster(options.major ?? newestMajor());
  const archiveDirectory = options.archive === true ? join(cluster.directory, 'archive') : undefined;
  let server: PostgresServer | undefined;
  try {
    await initialize(cluster, options.initdbArgs ?? []);
    if (archiveDirectory !== undefined) await makeServerDirectory(cluster, archiveDirectory);
    const settings = { ...archiveSettings(archiveDirectory), ...options.settings };
    await writeConfiguration(cluster, settings, options.hba ?? []);
    server = await startOnFreePort((port) => new PostgresServer(cluster, port, settings, archiveDirectory));
    for (const name of options.databases ?? []) await server.sql(`CREATE DATABASE ${escapeIdentifier(name)}`);
    return server;
  } catch (error) {
    if (server === undefined) await removeCluster(cluster);
    else await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts what `make` makes on one port after another until nobody else holds it; throws what the start throws. */
export async function startOnFreePort(make: (port: number) => PostgresServer): Promise<PostgresServer> {
  for (let guess = 1; ; guess += 1) {
    const server = make(await freePort());
    try {
      await server.start();
      return server;
    } catch (error) {
      const portTaken = error instanceof Error && error.message.includes('Address already in use');
      if (!portTaken || guess === portGuesses) throw error;
    }
  }
}

async function initialize(cluster: Cluster, initdbArgs: readonly string[]): Promise<void> {
  await makeServerDirectory(cluster, cluster.dataDirectory);
  const passwordFile = join(cluster.socketDirectory, 'password');
  await writeFile(passwordFile, cluster.superuserPassword, { mode: 0o600 });
  await giveToServer(cluster, passwordFile);
  // C.UTF-8 is no locale of macOS.
  const locale = process.platform === 'linux' ? 'C.UTF-8' : 'C';
  const args = [
    '-D',
    cluster.dataDirectory,
    '-U',
    superuser,
    `--pwfile=${passwordFile}`,
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
  ];
  await runProgram(
    join(cluster.binDirectory, 'initdb'),
    [...args, '--encoding=UTF8', `--locale=${locale}`, '--no-sync', ...initdbArgs],
    cluster.account,
    cluster.reaper,
  );
  await rm(passwordFile);
}

/** The copy has its own name until it is whole; a segment that is archived again replaces itself. */
function archiveSettings(archiveDirectory: string | undefined): Settings {
  if (archiveDirectory === undefined) return {};
  const target = `"${archiveDirectory}/%f"`;
  return { archive_mode: 'on', archive_command: `cp "%p" ${target}.partial && mv ${target}.partial ${target}` };
}
