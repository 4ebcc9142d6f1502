/** What the query asks beside the archiver itself. */
export interface ArchiverQuery {
  /** The role may list archive_status; without it the backlog's columns are NULL. */
  readonly listsBacklog: boolean;
  /** With what is streamed: to programs that keep WAL, and to base backups. */
  readonly showsStreams: boolean;
  /** With the names of its databases. */
  readonly showsDatabases?: boolean;
}

/**
 * Everything the archiver collector asks, in one row; the same on PostgreSQL 13 to 19, primary or standby.
 *
 * reset_val and not setting: while archive_mode is off the server shows "(disabled)" for the command. The text of the
 * command never leaves the server, it may hold secrets.
 *
 */
export function archiverSql({ listsBacklog, showsStreams, showsDatabases = false }: ArchiverQuery): string {
  return `
WITH status AS MATERIALIZED (${listsBacklog ? LISTED : UNLISTED})
SELECT (SELECT setting FROM pg_settings WHERE name = 'archive_mode') AS archive_mode,
       EXISTS (SELECT FROM pg_settings WHERE name IN ('archive_command', 'archive_library') AND reset_val <> '') AS configured,
       archived_count, last_archived_wal, extract(epoch FROM last_archived_time) AS last_archived_time,
       failed_count, extract(epoch FROM last_failed_time) AS last_failed_time,
       extract(epoch FROM stats_reset) AS stats_reset,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'archiver') AS processes,
       (SELECT extract(epoch FROM max(backend_start)) FROM pg_stat_activity WHERE backend_type = 'archiver') AS process_start,
       EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'archiver' AND wait_event = 'ArchiveCommand') AS in_command,
       ${listsBacklog ? BACKLOG : NO_BACKLOG},${showsStreams ? STREAMS : ''}${showsDatabases ? DATABASES : ''}
       (SELECT system_identifier FROM pg_control_system()) AS system_identifier,
       extract(epoch FROM pg_postmaster_start_time()) AS server_start,
       extract(epoch FROM clock_timestamp()) AS server_time,
       CASE WHEN pg_is_in_recovery()
            THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
            ELSE pg_current_wal_lsn() END AS lsn,
       CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS timeline
FROM pg_stat_archiver`;
}

const LISTED = 'SELECT name, modification FROM pg_ls_archive_statusdir()';
const UNLISTED = 'SELECT 1';

const BACKLOG = `(SELECT count(*) FROM status WHERE name ~ '^[0-9A-F]{24}\\.ready$') AS ready_segments,
       (SELECT extract(epoch FROM min(modification)) FROM status WHERE name ~ '\\.ready$') AS oldest_ready_time,
       (SELECT min(left(name, 24)) FROM status WHERE name ~ '^[0-9A-F]{24}\\.ready$') AS oldest_ready_segment,
       (SELECT extract(epoch FROM modification) FROM status WHERE name = last_archived_wal || '.done') AS last_archived_closed`;

const NO_BACKLOG = `NULL AS ready_segments, NULL AS oldest_ready_time, NULL AS oldest_ready_segment,
       NULL AS last_archived_closed`;

/**
 * Programs that receive WAL to keep it (pg_receivewal, Barman): what they wrote to disk, a line each. They replay
 * nothing, which tells them from a standby; pg_basebackup keeps its WAL for a copy that may yet fail.
 *
 * Base backups: when each began, what was streamed of it and, if that is known, what there is in all.
 */
const STREAMS = `
       (SELECT string_agg(r.flush_lsn || ' ' || r.application_name, E'\\n')
          FROM pg_stat_replication AS r
         WHERE r.flush_lsn IS NOT NULL AND r.replay_lsn IS NULL AND r.application_name <> 'pg_basebackup'
           AND NOT EXISTS (SELECT FROM pg_replication_slots AS s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
       ) AS receivers,
       (SELECT string_agg(concat_ws(' ', extract(epoch FROM a.backend_start), coalesce(p.backup_streamed, 0), p.backup_total), E'\\n')
          FROM pg_stat_progress_basebackup AS p JOIN pg_stat_activity AS a USING (pid)) AS base_backups,`;

/**
 * Databases that can be dumped. Their names are the bytes that were given at CREATE DATABASE, whatever the encoding of the
 * connected one: in hexadecimal digits, none of them can make the query fail.
 */
const DATABASES = `
       (SELECT string_agg(encode(replace(datname::text, E'\\\\', E'\\\\\\\\')::bytea, 'hex'), ' ' ORDER BY datname)
          FROM pg_database WHERE datallowconn AND NOT datistemplate AND datconnlimit <> -2) AS databases,`;
