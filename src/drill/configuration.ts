import type { MinimumSetting } from '../core/control-file.ts';
import type { DrillTarget } from '../core/drill.ts';
import { formatLsn } from '../core/lsn.ts';
import { targetTime } from './wanted.ts';

type Settings = Readonly<Record<string, string>>;

interface CommonParts {
  readonly majorVersion: number;
  readonly socketDirectory: string;
  readonly preload: readonly string[];
}

/** What the restored server's configuration is made of. */
export interface ConfigurationParts extends CommonParts {
  readonly restoreCommand: string;
  readonly target: DrillTarget;
  readonly timeline: 'latest' | number;
  readonly minima: Readonly<Record<MinimumSetting, number>>;
}

/** No other server has its socket in the drill's folder. */
export const DRILL_PORT = 5432;
/** Fewer than PostgreSQL's own default, but enough for the drill. */
const LEAST: Readonly<Partial<Record<MinimumSetting, number>>> & { readonly max_connections: number } = {
  max_connections: 20,
  max_locks_per_transaction: 64,
};

/** Everyone who can enter the folder of the socket; it is the drill's own, and nobody else can. */
export const HBA_TEXT = 'local all all trust\n';

/**
 * The whole postgresql.conf: of what the backup brings along nothing counts. It reaches nobody and is reached by nobody
 * but through its socket, and it runs nothing but what fetches WAL.
 */
export function configurationText(parts: ConfigurationParts): string {
  return textOf({ ...common(parts), ...atLeast(parts.minima), ...recovery(parts) });
}

/** The same of a new server, into which dumps are restored. */
export function freshConfigurationText(parts: CommonParts): string {
  return textOf({
    ...common(parts),
    max_connections: String(LEAST.max_connections),
    // An error tells a row that cannot be restored; pg_restore and psql say what is wrong.
    log_min_messages: 'log',
  });
}

function common(parts: CommonParts): Settings {
  return { ...harmless(parts), ...cheap(), ...ofMajor(parts.majorVersion) };
}

function textOf(settings: Settings): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quote(value)}`);
  return `# Written by walguard drill.\n${lines.join('\n')}\n`;
}

function harmless({ socketDirectory, preload }: CommonParts): Settings {
  return {
    listen_addresses: '',
    port: String(DRILL_PORT),
    unix_socket_directories: socketDirectory,
    unix_socket_permissions: '0700',
    ssl: 'off',
    cluster_name: 'walguard drill',
    archive_mode: 'off',
    archive_command: '',
    archive_cleanup_command: '',
    recovery_end_command: '',
    primary_conninfo: '',
    primary_slot_name: '',
    synchronous_standby_names: '',
    max_logical_replication_workers: '0',
    shared_preload_libraries: preload.join(','),
    session_preload_libraries: '',
    local_preload_libraries: '',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_line_prefix: '%m [%p] ',
    log_timezone: 'UTC',
    log_statement: 'none',
    log_min_messages: 'warning',
    log_min_error_statement: 'panic',
    // What is read in the log is English.
    lc_messages: 'C',
    restart_after_crash: 'off',
    hot_standby: 'on',
  };
}

/** It is thrown away: what keeps it safe over a crash only takes time. */
function cheap(): Settings {
  return {
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: 'off',
    shared_buffers: '128MB',
    huge_pages: 'off',
    autovacuum: 'off',
    jit: 'off',
  };
}

function ofMajor(majorVersion: number): Settings {
  return {
    ...(majorVersion >= 150_000 ? { archive_library: '' } : {}),
    ...(majorVersion >= 170_000 ? { event_triggers: 'off', sync_replication_slots: 'off', summarize_wal: 'off' } : {}),
  };
}

function atLeast(minima: ConfigurationParts['minima']): Settings {
  return Object.fromEntries(
    Object.entries(minima).map(([name, value]) => [name, String(Math.max(value, LEAST[name as MinimumSetting] ?? 0))]),
  );
}

function recovery({ restoreCommand, target, timeline }: ConfigurationParts): Settings {
  return {
    restore_command: restoreCommand,
    recovery_target_timeline: String(timeline),
    recovery_target_action: 'pause',
    recovery_target_inclusive: 'on',
    wal_retrieve_retry_interval: '250ms',
    ...targetSetting(target),
  };
}

function targetSetting(target: DrillTarget): Settings {
  switch (target.kind) {
    case 'latest':
      return {};
    case 'time':
      return { recovery_target_time: targetTime(target.seconds) };
    case 'lsn':
      return { recovery_target_lsn: formatLsn(target.lsn) };
    case 'name':
      return { recovery_target_name: target.name };
  }
}

/**
 * Which file tells PostgreSQL to recover. Without a target it would take the first hole for the end and go on from there
 * as a server of its own; a standby waits there for ever, and can be asked where it is.
 */
export function signalFile({ kind }: DrillTarget): 'standby.signal' | 'recovery.signal' {
  return kind === 'latest' ? 'standby.signal' : 'recovery.signal';
}

/** Source: manual, "Parameter Names and Values". */
function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
