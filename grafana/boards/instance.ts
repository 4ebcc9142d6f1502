import { limit, q, row, stat, timeSeries } from '../layer/panels.ts';
import { perServer } from '../layer/select.ts';
import type { BoardSpec } from '../layer/spec.ts';
import { ROLE_WORDS, UP_WORDS, VERDICT, VERDICT_WORDS } from '../layer/words.ts';
import { DATABASES, SETTINGS, TABLES } from './instance-databases.ts';

const CONNECTED = 'sum by (job, cluster, instance) (pg_stat_database_numbackends{})';
const USABLE = perServer('pg_settings_max_connections{} - pg_settings_superuser_reserved_connections{}');
const HITS = 'sum by (job, cluster, instance) (rate(pg_stat_database_blks_hit{}[$__rate_interval]))';
const READS = 'sum by (job, cluster, instance) (rate(pg_stat_database_blks_read{}[$__rate_interval]))';

/** The sum over a server's databases of how fast a counter grows. */
function perSecond(counter: string): string {
  return `sum by (job, cluster, instance) (rate(${counter}{}[$__rate_interval]))`;
}

const NOW = row(100, 'Now', [
  stat({
    id: 101,
    title: 'State',
    says: 'Whether the last scrape reached the server. Good: up.',
    unit: 'none',
    none: 'not scraped',
    words: UP_WORDS,
    queries: [q(perServer('pg_up{}'))],
    width: 3,
  }),
  stat({
    id: 102,
    title: 'Role',
    says: 'Primary or standby. Good: what you expect it to be.',
    unit: 'none',
    none: 'not known',
    words: ROLE_WORDS,
    queries: [q(perServer('pg_in_recovery{}'))],
    width: 3,
    more: ['walguard-replication'],
  }),
  stat({
    id: 103,
    title: 'Verdict',
    says: 'Whether it could be got back. Good: recoverable.',
    unit: 'none',
    none: 'not known',
    words: VERDICT_WORDS,
    queries: [q(VERDICT)],
    width: 3,
    more: ['walguard-recoverability'],
  }),
  stat({
    id: 104,
    title: 'Runs for',
    says: 'Time since the server was started. Good: since the last start that somebody meant.',
    unit: 's',
    none: 'not known',
    queries: [q('time() - pg_postmaster_start_time_seconds{}')],
    width: 3,
  }),
  stat({
    id: 105,
    title: 'Connections',
    says: 'Sessions as a part of what max_connections leaves to users. Good: below 80 %; at 100 % nobody else can log in.',
    unit: 'percentunit',
    none: 'not known',
    steps: ['green', [0.8, 'orange'], [0.95, 'red']],
    queries: [q(`${CONNECTED} / ${USABLE}`)],
    width: 3,
    more: ['walguard-sessions'],
  }),
  stat({
    id: 106,
    title: 'Cache hits',
    says: 'Part of the blocks asked for that were in shared buffers. Good: above 99 % for short transactions; less is usual for reports.',
    unit: 'percentunit',
    none: 'nothing was read',
    queries: [q(`${HITS} / (${HITS} + ${READS} > 0)`)],
    width: 3,
    more: ['walguard-wal'],
  }),
  stat({
    id: 107,
    title: 'Restart due',
    says: 'Settings changed in the configuration files that need a restart. Good: 0; the next restart, planned or not, brings them.',
    unit: 'none',
    none: 'not known',
    steps: ['green', [1, 'orange']],
    queries: [q('pg_restart_pending_settings{}')],
    width: 3,
  }),
  stat({
    id: 108,
    title: 'Clock ahead',
    says: 'The clock of the server less that of Prometheus. Good: below a second or two; more makes times of backups and of recovery wrong by as much.',
    unit: 's',
    none: 'not known',
    steps: ['red', [-30, 'green'], [30, 'red']],
    queries: [q('pg_time_seconds{} - timestamp(pg_time_seconds{})')],
    width: 3,
  }),
]);

const WORK = row(200, 'Work', [
  timeSeries({
    id: 201,
    title: 'Transactions',
    says: 'Transactions each second that were committed and rolled back. Good: what is usual at this hour; roll-backs few.',
    unit: 'cps',
    queries: [
      q(perSecond('pg_stat_database_xact_commit'), '{{instance}} committed'),
      q(perSecond('pg_stat_database_xact_rollback'), '{{instance}} rolled back'),
    ],
    colours: { back$: 'orange' },
    width: 12,
  }),
  timeSeries({
    id: 202,
    title: 'Sessions',
    says: 'Sessions by state, and what max_connections leaves to users as the dashed line. Good: few active ones, none idle in transaction, far below the line.',
    unit: 'short',
    stacked: true,
    queries: [
      q('sum by (state) (pg_stat_activity_count{backend_type="client backend"})', '{{state}}'),
      limit(`sum(${USABLE})`, 'usable'),
    ],
    width: 12,
    more: ['walguard-sessions'],
  }),
  timeSeries({
    id: 203,
    title: 'Rows written',
    says: 'Rows inserted, updated and deleted each second. Good: what is usual at this hour.',
    unit: 'cps',
    queries: [
      q(perSecond('pg_stat_database_tup_inserted'), '{{instance}} inserted'),
      q(perSecond('pg_stat_database_tup_updated'), '{{instance}} updated'),
      q(perSecond('pg_stat_database_tup_deleted'), '{{instance}} deleted'),
    ],
    width: 8,
  }),
  timeSeries({
    id: 204,
    title: 'Rows read',
    says: 'Rows read by scans, and rows fetched by index scans, each second. Good: near each other; far more read than fetched are tables read as a whole.',
    unit: 'cps',
    queries: [
      q(perSecond('pg_stat_database_tup_returned'), '{{instance}} read'),
      q(perSecond('pg_stat_database_tup_fetched'), '{{instance}} fetched'),
    ],
    width: 8,
  }),
  timeSeries({
    id: 205,
    title: 'Blocks',
    says: 'Blocks found in shared buffers and blocks asked of the operating system, each second. Good: nearly all found.',
    unit: 'cps',
    queries: [q(HITS, '{{instance}} found'), q(READS, '{{instance}} asked for')],
    colours: { for$: 'orange' },
    width: 8,
  }),
  timeSeries({
    id: 206,
    title: 'Temporary files written',
    says: 'Bytes that sorts and hashes each second did not fit into work_mem. Good: 0 for short transactions.',
    unit: 'Bps',
    queries: [q(perSecond('pg_stat_database_temp_bytes'))],
    width: 8,
  }),
  timeSeries({
    id: 207,
    title: 'Temporary files now',
    says: 'Bytes of the temporary files of running queries. Good: 0, or small against the free disk.',
    unit: 'bytes',
    queries: [q('pg_temporary_files_bytes{}')],
    width: 8,
  }),
  timeSeries({
    id: 208,
    title: 'Locks waited for, and deadlocks',
    says: 'Processes that wait for a lock of a table, row or transaction, and deadlocks found each second. Good: 0 but for moments.',
    unit: 'short',
    queries: [
      q('pg_blocked_backends{}', '{{instance}} wait'),
      q(perSecond('pg_stat_database_deadlocks'), '{{instance}} deadlocks a second'),
    ],
    colours: { second$: 'red' },
    width: 8,
    more: ['walguard-sessions'],
  }),
]);

export const INSTANCE: BoardSpec = {
  uid: 'walguard-instance',
  title: 'PostgreSQL / Instance',
  answers:
    'Is this server well, what does it do, and where does its disk go? The third of four levels: fleet, cluster, server, topic.',
  targets: 'pg_up',
  databases: 'pg_stat_database_numbackends',
  rows: [NOW, WORK, DATABASES, TABLES, SETTINGS],
};
