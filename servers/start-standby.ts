import { escapeIdentifier, escapeLiteral } from 'pg';
import { takeBaseBackup } from './base-backup.ts';
import { createCluster, removeCluster } from './cluster.ts';
import { type Settings, writeConfiguration, writeServerFile } from './configuration.ts';
import { PostgresServer } from './postgres-server.ts';
import { startOnFreePort } from './start-postgres.ts';

export interface StandbyOptions {
  /** Its application_name on the primary; by default `standby`. */
  readonly name?: string;
  /** A physical slot, made on the primary when it is not there; none by default. */
  readonly slot?: string;
  /** On top of the primary's. */
  readonly settings?: Settings;
  /** Port of 127.0.0.1 to stream from instead of the primary's own: that of a proxy. */
  readonly primaryPort?: number;
  /** It reads the folder the primary archives to and never connects; the primary needs `archive`. */
  readonly archiveOnly?: boolean;
}

/** The role standbys connect as. */
const replicationRole = 'replicator';

/**
 * Copies a running server (a primary, or a standby to cascade from) and starts the copy as its standby; returns once it
 * accepts reads and, if it has a `primary_conninfo`, streams. It archives to the primary's folder, as configured there.
 *
 * Throws what the copy or the start throws; nothing stays behind then.
 */
export async function startStandby(primary: PostgresServer, options: StandbyOptions = {}): Promise<PostgresServer> {
  const password = primary.cluster.superuserPassword;
  await prepare(primary, password, options.slot);
  const cluster = await createCluster(primary.major, password);
  let standby: PostgresServer | undefined;
  try {
    await takeBaseBackup(primary, cluster.dataDirectory);
    const settings = { ...primary.settings, ...feedOf(primary, options), ...options.settings };
    await writeConfiguration(cluster, settings, []);
    await writeServerFile(cluster, 'standby.signal', []);
    standby = await startOnFreePort((port) => new PostgresServer(cluster, port, settings, primary.archiveDirectory));
    if (settings.primary_conninfo !== '') {
      await standby.waitForSql(`EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')`, 30_000);
    }
    return standby;
  } catch (error) {
    if (standby === undefined) await removeCluster(cluster);
    else await standby[Symbol.asyncDispose]();
    throw error;
  }
}

/** Where the standby has its WAL from. */
function feedOf(primary: PostgresServer, options: StandbyOptions): { readonly primary_conninfo: string } & Settings {
  if (options.archiveOnly === true) {
    if (primary.archiveDirectory === undefined) throw new Error('A primary without an archive feeds no standby by it.');
    return { primary_conninfo: '', restore_command: `cp "${primary.archiveDirectory}/%f" "%p"` };
  }
  const port = options.primaryPort ?? primary.port;
  const login = `user=${replicationRole} password=${primary.cluster.superuserPassword}`;
  return {
    primary_conninfo: `host=127.0.0.1 port=${port} ${login} application_name=${options.name ?? 'standby'}`,
    primary_slot_name: options.slot ?? '',
  };
}

/** Role and slot; a standby to cascade from has the role from its primary, and takes slots of its own. */
async function prepare(primary: PostgresServer, password: string, slot: string | undefined): Promise<void> {
  const [[role, recovery] = []] = await primary.sql(
    `SELECT (SELECT 'there' FROM pg_roles WHERE rolname = ${escapeLiteral(replicationRole)}), pg_is_in_recovery()::text`,
  );
  if (role === null && recovery === 'false') {
    await primary.sql(
      `CREATE ROLE ${escapeIdentifier(replicationRole)} LOGIN REPLICATION PASSWORD ${escapeLiteral(password)}`,
    );
  }
  if (slot === undefined) return;
  const name = escapeLiteral(slot);
  await primary.sql(
    `SELECT pg_create_physical_replication_slot(${name}, true) WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = ${name})`,
  );
}
