/** A series, and SQL that says the same in another way than walguard asks: one row of one cell. */
export interface Reading {
  /** As PromQL's selector, without the job. */
  readonly series: string;
  /** Where to run the SQL. */
  readonly database: string;
  readonly sql: string;
}

const flushed = `(pg_current_wal_flush_lsn() - '0/0')`;
const statusFiles = `pg_ls_dir('pg_wal/archive_status') AS file WHERE file LIKE '%.ready'`;
const segmentBytes = `(SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size')`;

/**
 * What a primary of PostgreSQL 17 or later says, archiving blocked and idle, with the databases `shop` and `ledger`,
 * each with a table `entries` nothing was ever deleted from, and a replication slot `standby`. Nothing runs in `ledger`,
 * so that its commits stand still.
 */
export const readings: readonly Reading[] = [
  {
    series: 'pg_archiver_lag_bytes{}',
    database: 'postgres',
    sql: `SELECT ${flushed} - (segment_number + 1) * ${segmentBytes}
            FROM pg_stat_get_archiver(), pg_split_walfile_name(last_archived_wal)`,
  },
  {
    series: 'pg_archiver_archived_total{}',
    database: 'postgres',
    sql: 'SELECT archived_count FROM pg_stat_get_archiver()',
  },
  {
    series: 'pg_archiver_ready_segments{}',
    database: 'postgres',
    sql: `SELECT count(*) FROM ${statusFiles}`,
  },
  {
    series: 'pg_archiver_oldest_ready_timestamp_seconds{}',
    database: 'postgres',
    sql: `SELECT extract(epoch FROM min((pg_stat_file('pg_wal/archive_status/' || file)).modification)) FROM ${statusFiles}`,
  },
  {
    series: 'pg_checkpoints_requested_total{}',
    database: 'postgres',
    sql: 'SELECT pg_stat_get_checkpointer_num_requested() + pg_stat_get_checkpointer_restartpoints_requested()',
  },
  {
    series: 'pg_last_checkpoint_redo_distance_bytes{}',
    database: 'postgres',
    sql: `SELECT ${flushed} - (redo_lsn - '0/0') FROM pg_control_checkpoint()`,
  },
  {
    series: 'pg_wal_lsn_bytes{}',
    database: 'postgres',
    sql: `SELECT ${flushed}`,
  },
  {
    series: 'pg_replication_slots_pg_wal_lsn_diff{slot_name="standby"}',
    database: 'postgres',
    sql: `SELECT ${flushed} - (restart_lsn - '0/0') FROM pg_get_replication_slots() WHERE slot_name = 'standby'`,
  },
  {
    series: 'pg_database_size_bytes{datname="ledger"}',
    database: 'postgres',
    sql: `SELECT sum((pg_stat_file(folder || file)).size)
            FROM (SELECT 'base/' || oid || '/' AS folder FROM pg_database WHERE datname = 'ledger') AS of_database,
                 pg_ls_dir(folder) AS file`,
  },
  {
    series: 'pg_stat_database_xact_commit{datname="ledger"}',
    database: 'postgres',
    sql: `SELECT pg_stat_get_db_xact_commit(oid) FROM pg_database WHERE datname = 'ledger'`,
  },
  {
    series: 'pg_stat_database_tup_inserted{datname="shop"}',
    database: 'postgres',
    sql: `SELECT pg_stat_get_db_tuples_inserted(oid) FROM pg_database WHERE datname = 'shop'`,
  },
  {
    series: 'pg_stat_user_tables_n_live_tup{datname="shop",relname="entries"}',
    database: 'shop',
    sql: 'SELECT count(*) FROM entries',
  },
  {
    series: 'pg_settings_max_connections{}',
    database: 'postgres',
    sql: 'SHOW max_connections',
  },
  {
    series: 'pg_postmaster_start_time_seconds{}',
    database: 'postgres',
    sql: 'SELECT extract(epoch FROM pg_postmaster_start_time())',
  },
  {
    series: 'pg_timeline{}',
    database: 'postgres',
    sql: 'SELECT timeline_id FROM pg_control_checkpoint()',
  },
];

/** The selector of a reading's series as one job has scraped it. */
export function ofJob({ series }: Reading, job: string): string {
  return series.replace('{', `{job="${job}",`).replace(',}', '}');
}
