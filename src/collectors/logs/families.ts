import { declareFamily, type Family } from '../../core/family.ts';

const perDatabase = (name: string, help: string, more: readonly string[] = []): Family =>
  declareFamily(name, 'counter', help, ['datname', ...more]);

export const MESSAGES = declareFamily(
  'pg_log_messages_total',
  'counter',
  "Messages of the server's log; the class is empty where the log does not have SQLSTATE, and other for one of no known class.",
  ['error_severity', 'sqlstate_class'],
);
export const CHECKPOINTS = declareFamily(
  'pg_log_checkpoints_total',
  'counter',
  'Checkpoints and restartpoints that began, by what asked for them.',
  ['cause'],
);
export const CHECKPOINT_WARNINGS = declareFamily(
  'pg_log_checkpoint_warnings_total',
  'counter',
  'Times that the server said that checkpoints come too frequently.',
);
export const CHECKPOINT_DURATION = declareFamily(
  'pg_log_checkpoint_duration_seconds',
  'histogram',
  'What a checkpoint or restartpoint took from begin to end.',
);
export const CHECKPOINT_PHASES = declareFamily(
  'pg_log_checkpoint_phase_seconds_total',
  'counter',
  'What checkpoints took to write, and to force files to disk.',
  ['phase'],
);
export const CHECKPOINT_BUFFERS = declareFamily(
  'pg_log_checkpoint_buffers_total',
  'counter',
  'Buffers that checkpoints wrote.',
);
export const CHECKPOINT_DISTANCE = declareFamily(
  'pg_log_checkpoint_distance_bytes_total',
  'counter',
  'WAL between the beginnings of checkpoints.',
);
export const WAL_FILES = declareFamily(
  'pg_log_checkpoint_wal_files_total',
  'counter',
  'Segments that checkpoints added, removed, or renamed for use again.',
  ['action'],
);
export const ARCHIVE_FAILURES_FAMILY = declareFamily(
  'pg_log_archive_failures_total',
  'counter',
  'Failures of archive_command by how it ended; gave_up: the archiver pauses after three; not_configured: there is nothing to call.',
  ['kind'],
);
export const TEMPORARY_FILES = perDatabase(
  'pg_log_temp_files_total',
  'Temporary files, as far as log_temp_files has them logged.',
);
export const TEMPORARY_BYTES = perDatabase(
  'pg_log_temp_file_bytes_total',
  'Bytes of temporary files, as far as log_temp_files has them logged.',
);
export const LOCK_WAITS = perDatabase(
  'pg_log_lock_waits_total',
  'Waits for a lock that took longer than deadlock_timeout, if log_lock_waits is on.',
);
export const LOCK_WAIT_SECONDS = perDatabase(
  'pg_log_lock_wait_seconds_total',
  'What those waits took that ended with the lock.',
);
export const DEADLOCKS = perDatabase('pg_log_deadlocks_total', 'Deadlocks, each told by who was given up.');
export const CONNECTIONS = perDatabase(
  'pg_log_connections_total',
  'Connections that were let in, if log_connections is on.',
);
export const DISCONNECTIONS = perDatabase(
  'pg_log_disconnections_total',
  'Sessions that ended, if log_disconnections is on.',
);
export const SESSION_SECONDS = perDatabase('pg_log_session_seconds_total', 'How long those sessions were.');
export const AUTHENTICATION = perDatabase(
  'pg_log_authentication_failures_total',
  'Clients that were not let in, by what did not; no_entry and rejected: by pg_hba.conf.',
  ['method'],
);
export const AUTOVACUUM = declareFamily(
  'pg_log_autovacuum_duration_seconds',
  'histogram',
  'What autovacuum took for a table, as far as log_autovacuum_min_duration has it logged.',
  ['datname'],
);
export const AUTOANALYZE = declareFamily(
  'pg_log_autoanalyze_duration_seconds',
  'histogram',
  'What automatic ANALYZE took for a table, as far as log_autovacuum_min_duration has it logged.',
  ['datname'],
);
export const STATEMENTS = declareFamily(
  'pg_log_statement_duration_seconds',
  'histogram',
  'What statements took, as far as log_min_duration_statement, its sample or log_duration have them logged.',
  ['datname'],
);
export const RECOVERY = declareFamily(
  'pg_log_recovery_events_total',
  'counter',
  'Starts, ends and turns of recovery.',
  ['event'],
);
export const CRASHES = declareFamily(
  'pg_log_crashes_total',
  'counter',
  'Processes of the server that were killed or died, by how.',
  ['cause'],
);
export const REPLICATION = declareFamily(
  'pg_log_replication_losses_total',
  'counter',
  'Replication that broke off, by why.',
  ['reason'],
);

/** All that counts messages. */
export const COUNTED_FAMILIES: readonly Family[] = [
  MESSAGES,
  CHECKPOINTS,
  CHECKPOINT_WARNINGS,
  CHECKPOINT_DURATION,
  CHECKPOINT_PHASES,
  CHECKPOINT_BUFFERS,
  CHECKPOINT_DISTANCE,
  WAL_FILES,
  ARCHIVE_FAILURES_FAMILY,
  TEMPORARY_FILES,
  TEMPORARY_BYTES,
  LOCK_WAITS,
  LOCK_WAIT_SECONDS,
  DEADLOCKS,
  CONNECTIONS,
  DISCONNECTIONS,
  SESSION_SECONDS,
  AUTHENTICATION,
  AUTOVACUUM,
  AUTOANALYZE,
  STATEMENTS,
  RECOVERY,
  CRASHES,
  REPLICATION,
];
