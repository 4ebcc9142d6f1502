import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, giveToServer } from './cluster.ts';

/** Settings by name, as in postgresql.conf but without quotes around the value. */
export type Settings = Readonly<Record<string, string>>;

/**
 * What differs from PostgreSQL's defaults: small, quick and without traces outside the data directory (mmap: parallel
 * queries' shared memory is a file in there, not in /dev/shm, where it would outlive a killed server).
 */
const baseSettings: Settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_permissions: '0700',
  password_encryption: 'scram-sha-256',
  shared_buffers: '32MB',
  dynamic_shared_memory_type: 'mmap',
  huge_pages: 'off',
  fsync: 'off',
  min_wal_size: '32MB',
  max_wal_size: '128MB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_line_prefix: '%m [%p] %q%u@%d ',
};

/** The socket lies in a folder of the server's account alone; TCP is for passwords. */
const baseHba = [
  'local all all trust',
  'local replication all trust',
  'host all all 127.0.0.1/32 scram-sha-256',
  'host replication all 127.0.0.1/32 scram-sha-256',
];

/**
 * Writes postgresql.conf and pg_hba.conf whole; `hba` lines come before the usual ones and so win.
 * Throws on what cannot be the name of a setting.
 */
export async function writeConfiguration(cluster: Cluster, settings: Settings, hba: readonly string[]): Promise<void> {
  const lines = Object.entries({ ...baseSettings, ...settings }).map(settingLine);
  await writeServerFile(cluster, 'postgresql.conf', lines);
  await writeServerFile(cluster, 'pg_hba.conf', [...hba, ...baseHba]);
}

/** Writes a file of the data directory. */
export async function writeServerFile(cluster: Cluster, name: string, lines: readonly string[]): Promise<void> {
  const path = join(cluster.dataDirectory, name);
  await writeFile(path, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  await giveToServer(cluster, path);
}

function settingLine([name, value]: readonly [string, string]): string {
  checkSettingName(name);
  return `${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n')}'`;
}

/** Throws unless the text can be the name of a setting, such as `work_mem` or `pg_stat_statements.track`. */
export function checkSettingName(name: string): void {
  if (!/^[a-z_]\w*(\.[a-z_]\w*)?$/i.test(name)) throw new Error(`'${name}' is no name of a PostgreSQL setting.`);
}
