import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Client } from 'pg';
import { giveToServer } from './cluster.ts';
import { copyTree } from './copy-tree.ts';
import { type PostgresServer, superuser } from './postgres-server.ts';
import { connect, queryText } from './sql.ts';

/** Folders that a copy has, but empty (manual, "Backing Up the Data Directory"); the WAL comes later. */
const emptied = [
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
];
const controlFile = join('global', 'pg_control');
const leftOut = ['postmaster.pid', 'postmaster.opts', 'backup_label', 'tablespace_map', controlFile];

/**
 * Takes a base backup of a running server, primary or standby, by the low-level API: a data directory at `target` with
 * backup_label and the WAL it needs, owned by the account servers run under. What is at `target` already stays.
 *
 * Throws when the server has tablespaces (the copy's links would lead to the originals) and what the server says.
 */
export async function takeBaseBackup(server: PostgresServer, target: string): Promise<void> {
  const { cluster, dataDirectory, major } = server;
  const tablespaces = await readdir(join(dataDirectory, 'pg_tblspc'));
  if (tablespaces.length > 0) throw new Error(`A server with tablespaces cannot be copied: ${tablespaces.join(', ')}.`);
  const session = await connect({
    host: server.socketDirectory,
    port: server.port,
    user: superuser,
    database: superuser,
  });
  try {
    // Temporary: it keeps the WAL until that is copied, and goes with the session.
    await queryText(session, `SELECT pg_create_physical_replication_slot('copy_' || pg_backend_pid(), true, true)`);
    await queryText(
      session,
      major < 15 ? `SELECT pg_start_backup('copy', true, false)` : `SELECT pg_backup_start('copy', true)`,
    );
    const tree = { directoryMode: 0o700, owner: cluster.account };
    await copyTree(dataDirectory, target, { ...tree, skip: isLeftOut });
    await copyFile(join(dataDirectory, controlFile), join(target, controlFile));
    await giveToServer(cluster, join(target, controlFile));
    const label = await stopBackup(session, major);
    await writeFile(join(target, 'backup_label'), label, { mode: 0o600 });
    await giveToServer(cluster, join(target, 'backup_label'));
    const first = /START WAL LOCATION: \S+ \(file (\w{24})\)/.exec(label)?.[1] ?? '';
    await copyTree(join(dataDirectory, 'pg_wal'), join(target, 'pg_wal'), {
      ...tree,
      skip: (name) => !isNeededWal(name, first),
    });
  } finally {
    await session.end();
  }
}

/** Returns the content of backup_label; does not wait for the archive, which may be broken on purpose. */
async function stopBackup(session: Client, major: number): Promise<string> {
  const stop = major < 15 ? 'pg_stop_backup(false, false)' : 'pg_backup_stop(false)';
  const rows = await queryText(session, `SELECT labelfile FROM ${stop}`);
  return rows[0]?.[0] ?? '';
}

function isLeftOut(path: string): boolean {
  return (
    emptied.includes(dirname(path)) || leftOut.includes(path) || /^(pgsql_tmp|pg_internal\.init)/.test(basename(path))
  );
}

/** Segments from the first one on, of whichever timeline, and the histories of timelines. */
function isNeededWal(name: string, first: string): boolean {
  return name.endsWith('.history') || (/^[0-9A-F]{24}$/.test(name) && name.slice(8) >= first.slice(8));
}
