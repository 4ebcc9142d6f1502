import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { type Cluster, createCluster, removeCluster } from '../../servers/cluster.ts';
import { type Settings, writeConfiguration, writeServerFile } from '../../servers/configuration.ts';
import { copyTree } from '../../servers/copy-tree.ts';
import { freePort, type Major, PostgresServer, waitFor } from '../../servers/index.ts';

export interface RestoreRequest {
  readonly major: Major;
  /** A backup in plain format; it stays as it is. */
  readonly backup: string;
  /** A folder of WAL; it stays as it is: recovery reads a copy, made now. */
  readonly archive: string;
  /** As `recovery_target_time` has it; without it recovery goes as far as there is WAL, and ends. */
  readonly time?: string;
}

/** `reached`: it waits at its target. `ended`: it had none, and takes writes. `failed`: the server ended by itself. */
export type Outcome = 'reached' | 'ended' | 'failed';

/** A restored copy; it is gone once disposed of. */
export interface Restored extends AsyncDisposable {
  readonly outcome: Outcome;
  /** All that the server wrote to its log so far. */
  readonly log: string;
  readonly server: PostgresServer;
}

/**
 * Makes of a backup and a WAL archive a server of its own, and returns once recovery is at its end. It touches nothing
 * but its own folder: of the copy's configuration nothing is left, nobody but by its socket can reach it, and it
 * connects to nobody. Throws what copying throws.
 */
export async function restore(request: RestoreRequest): Promise<Restored> {
  const cluster = await createCluster(request.major);
  let server: PostgresServer | undefined;
  try {
    const archive = await copyArchive(cluster, request.archive);
    await copyBackup(cluster, request.backup);
    const settings = { ...HARMLESS, ...recoverySettings(archive, request.time) };
    await writeConfiguration(cluster, settings, []);
    await writeServerFile(cluster, 'recovery.signal', []);
    server = new PostgresServer(cluster, await freePort(), settings);
    const outcome = await recover(server);
    return { outcome, log: await server.log(), server, [Symbol.asyncDispose]: () => dispose(server, cluster) };
  } catch (error) {
    await dispose(server, cluster);
    throw error;
  }
}

/** What a copy of production brings along would run commands on production's files, wait for its standbys, or call it. */
const HARMLESS: Settings = {
  listen_addresses: '',
  archive_mode: 'off',
  archive_command: '',
  archive_cleanup_command: '',
  recovery_end_command: '',
  primary_conninfo: '',
  primary_slot_name: '',
  synchronous_standby_names: '',
  max_logical_replication_workers: '0',
  shared_preload_libraries: '',
  logging_collector: 'off',
  log_destination: 'stderr',
  ssl: 'off',
  autovacuum: 'off',
  cluster_name: 'restored',
  track_commit_timestamp: 'on',
};

function recoverySettings(archive: string, time: string | undefined): Settings {
  return {
    // The copies are read-only, and recovery writes into those that it uses again.
    restore_command: `cp "${archive}/%f" "%p" && chmod 600 "%p"`,
    recovery_target_timeline: 'latest',
    recovery_target_action: 'pause',
    ...(time === undefined ? {} : { recovery_target_time: time }),
  };
}

async function copyArchive(cluster: Cluster, archive: string): Promise<string> {
  const target = join(cluster.directory, 'archive');
  await copyTree(archive, target, { directoryMode: 0o700, fileMode: () => 0o444 });
  // Whatever the server's account is, no one adds to it or removes from it.
  await chmod(target, 0o555);
  return target;
}

async function copyBackup(cluster: Cluster, backup: string): Promise<void> {
  const brought = ['postgresql.auto.conf', 'standby.signal', 'recovery.signal', 'postmaster.pid'];
  await copyTree(backup, cluster.dataDirectory, {
    directoryMode: 0o700,
    owner: cluster.account,
    skip: (path) => brought.includes(path),
  });
  const links = await readdir(join(cluster.dataDirectory, 'pg_tblspc'));
  if (links.length > 0) throw new Error(`The copy's tablespaces are those of another server: ${links.join(', ')}.`);
}

/** How PostgreSQL says that its target is behind the WAL there is, or before the end of the backup. */
const NOT_REACHED = /FATAL: {2}(recovery ended before|requested recovery stop point is before)/;

/** A server starts as soon as it is consistent, long before recovery is at its end. */
async function recover(server: PostgresServer): Promise<Outcome> {
  try {
    await server.start();
  } catch (error) {
    if (error instanceof Error && NOT_REACHED.test(error.message)) return 'failed';
    throw error;
  }
  let outcome: Outcome | undefined;
  await waitFor('recovery to end', async () => (outcome = await outcomeOf(server)) !== undefined, 60_000);
  return outcome ?? 'failed';
}

async function outcomeOf(server: PostgresServer): Promise<Outcome | undefined> {
  if (server.pid === undefined) return 'failed';
  const [[recovering] = []] = await server.sql('SELECT pg_is_in_recovery()::text');
  if (recovering === 'false') return 'ended';
  const [[paused] = []] = await server.sql('SELECT pg_is_wal_replay_paused()::text');
  return paused === 'true' ? 'reached' : undefined;
}

async function dispose(server: PostgresServer | undefined, cluster: Cluster): Promise<void> {
  await chmod(join(cluster.directory, 'archive'), 0o700).catch(() => undefined);
  if (server === undefined) await removeCluster(cluster);
  else await server[Symbol.asyncDispose]();
  await rm(cluster.directory, { recursive: true, force: true });
}
