import { q, row, timeSeries } from '../layer/panels.ts';

const OF_DATABASE = '{datname=~"$datname|"}';

/** What the server's log says, where walguard reads it. */
export const LOG = row(800, "The server's log", [
  timeSeries({
    id: 801,
    title: 'Errors by class',
    says: 'Errors and worse each second by SQLSTATE class. Good: steady. 53: no memory, disk or connections left; 58: the system; XX: damage or a bug; 28: logins; 40: deadlocks and serialization. Needs --logs.path (--collector.logs).',
    unit: 'ops',
    queries: [
      q(
        'sum by (sqlstate_class) (rate(pg_log_messages_total{error_severity=~"ERROR|FATAL|PANIC"}[$__rate_interval]))',
        '{{sqlstate_class}}',
      ),
    ],
    width: 12,
  }),
  timeSeries({
    id: 802,
    title: 'Logins refused',
    says: 'Clients that were not let in each second, by what refused them. Good: 0. no_entry and rejected: by pg_hba.conf. Needs --logs.path (--collector.logs).',
    unit: 'ops',
    queries: [
      q(`sum by (method) (rate(pg_log_authentication_failures_total${OF_DATABASE}[$__rate_interval]))`, '{{method}}'),
    ],
    width: 12,
  }),
  timeSeries({
    id: 803,
    title: 'Crashes',
    says: 'Processes of the server that were killed or died, in each interval, by how. Good: 0. sigkill: often the kernel, out of memory; sigabrt: a PANIC. Needs --logs.path (--collector.logs).',
    unit: 'none',
    queries: [
      q('sum by (instance, cause) (increase(pg_log_crashes_total{}[$__rate_interval]))', '{{instance}} {{cause}}'),
    ],
    width: 12,
  }),
  timeSeries({
    id: 804,
    title: 'Checkpoints by cause',
    says: 'Checkpoints and restartpoints that began, each second. Good: by time alone. wal: max_wal_size is too small for what is written. Needs --logs.path (--collector.logs).',
    unit: 'ops',
    queries: [q('sum by (cause) (rate(pg_log_checkpoints_total{}[$__rate_interval]))', '{{cause}}')],
    width: 12,
  }),
  timeSeries({
    id: 805,
    title: 'Lock waits and deadlocks logged',
    says: 'Waits for a lock longer than deadlock_timeout, and deadlocks, each second. Good: 0. log_lock_waits has to be on for the waits. Needs --logs.path (--collector.logs).',
    unit: 'ops',
    queries: [
      q(`sum(rate(pg_log_lock_waits_total${OF_DATABASE}[$__rate_interval]))`, 'waits'),
      q(`sum(rate(pg_log_deadlocks_total${OF_DATABASE}[$__rate_interval]))`, 'deadlocks'),
    ],
    width: 12,
  }),
  timeSeries({
    id: 806,
    title: 'Archive failures logged',
    says: 'Failures of archive_command each second, by how it ended. Good: 0. not_found: no such program; signal: it was killed. Needs --logs.path (--collector.logs).',
    unit: 'ops',
    queries: [q('sum by (kind) (rate(pg_log_archive_failures_total{}[$__rate_interval]))', '{{kind}}')],
    width: 12,
  }),
  timeSeries({
    id: 807,
    title: 'Log not yet read',
    says: 'Bytes of the log that are there and were not read yet. Good: near 0; without a line nobody reads the log, or it cannot be read. Needs --logs.path (--collector.logs).',
    unit: 'bytes',
    queries: [
      q(
        'max by (instance) (walguard_log_behind_bytes{} and on (job, instance) walguard_log_up{} == 1)',
        '{{instance}}',
      ),
    ],
    width: 12,
  }),
  timeSeries({
    id: 808,
    title: 'Temporary files logged',
    says: 'Bytes of temporary files each second by database, as far as log_temp_files has them logged. Good: 0 for short transactions. Needs --logs.path (--collector.logs).',
    unit: 'Bps',
    queries: [
      q(`sum by (datname) (rate(pg_log_temp_file_bytes_total${OF_DATABASE}[$__rate_interval]))`, '{{datname}}'),
    ],
    width: 12,
  }),
]);
