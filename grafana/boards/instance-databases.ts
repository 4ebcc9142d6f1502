import { closedRow, column, q, row, table, timeSeries } from '../layer/panels.ts';

const OF_DATABASE = 'by (job, cluster, instance, datname)';
const CHOSEN = '{datname=~"$datname"}';

function rateOf(counter: string): string {
  return `sum ${OF_DATABASE} (rate(${counter}${CHOSEN}[$__rate_interval]))`;
}

export const DATABASES = row(300, 'Databases', [
  table({
    id: 301,
    title: 'Databases',
    says: 'A row for each database. Deadlocks and bad pages are those of the time shown; bad pages need data checksums, which are on by default from PostgreSQL 18 on. Good: neither. A click on the database shows its sessions and statements.',
    labels: [
      { label: 'instance', name: 'Server' },
      { label: 'datname', name: 'Database', to: 'walguard-sessions' },
    ],
    values: [
      column('Size', `max by (instance, datname) (pg_database_size_bytes${CHOSEN})`, { unit: 'bytes' }),
      column('Sessions', `sum by (instance, datname) (pg_stat_database_numbackends${CHOSEN})`),
      column(
        'Commits a second',
        `sum by (instance, datname) (rate(pg_stat_database_xact_commit${CHOSEN}[$__rate_interval]))`,
        { decimals: 1 },
      ),
      column('Deadlocks', `sum by (instance, datname) (increase(pg_stat_database_deadlocks${CHOSEN}[$__range]))`, {
        decimals: 0,
        steps: ['text', [1, 'orange']],
      }),
      column('Transaction ids', `max by (instance, datname) (pg_database_xid_age${CHOSEN}) / 2147483647`, {
        unit: 'percentunit',
        decimals: 1,
        steps: ['green', [0.3, 'orange'], [0.6, 'red']],
      }),
      column('Invalid indexes', `sum by (instance, datname) (pg_invalid_indexes${CHOSEN})`, {
        steps: ['green', [1, 'orange']],
      }),
      column(
        'Bad pages',
        `sum by (instance, datname) (increase(pg_stat_database_checksum_failures_total${CHOSEN}[$__range]))`,
        { decimals: 0, steps: ['green', [1, 'red']] },
      ),
    ],
    largestFirst: 'Size',
    width: 24,
  }),
  timeSeries({
    id: 302,
    title: 'Size',
    says: 'Bytes of the files of each database. Good: grows as the business does.',
    unit: 'bytes',
    queries: [q(`pg_database_size_bytes${CHOSEN}`, '{{instance}} {{datname}}')],
    width: 8,
  }),
  timeSeries({
    id: 303,
    title: 'Transactions',
    says: 'Transactions committed each second in each database. Good: what is usual at this hour.',
    unit: 'cps',
    queries: [q(rateOf('pg_stat_database_xact_commit'), '{{instance}} {{datname}}')],
    width: 8,
  }),
  timeSeries({
    id: 304,
    title: 'Roll-backs',
    says: 'Part of the transactions of each database that were rolled back. Good: near 0; a rise is an application that fails.',
    unit: 'percentunit',
    queries: [
      q(
        `${rateOf('pg_stat_database_xact_rollback')} / (${rateOf('pg_stat_database_xact_rollback')} + ${rateOf('pg_stat_database_xact_commit')} > 0)`,
        '{{instance}} {{datname}}',
      ),
    ],
    width: 8,
  }),
]);

const TABLE = 'instance, datname, schemaname, relname';
const TABLE_LEGEND = '{{datname}} {{schemaname}}.{{relname}}';

export const TABLES = closedRow(400, 'Tables', [
  table({
    id: 401,
    title: 'Largest tables',
    says: 'The 20 largest tables with TOAST, without and with their indexes. Good: no surprise.',
    labels: [
      { label: 'instance', name: 'Server' },
      { label: 'datname', name: 'Database' },
      { label: 'schemaname', name: 'Schema' },
      { label: 'relname', name: 'Table' },
    ],
    values: [
      column('Table', `topk(20, max by (${TABLE}) (pg_stat_user_tables_table_size_bytes${CHOSEN}))`, { unit: 'bytes' }),
      column('Indexes', `topk(20, max by (${TABLE}) (pg_stat_user_tables_index_size_bytes${CHOSEN}))`, {
        unit: 'bytes',
      }),
    ],
    largestFirst: 'Table',
    width: 12,
  }),
  timeSeries({
    id: 402,
    title: 'Rows written, the ten tables with most',
    says: 'Rows inserted, updated and deleted each second. Good: the tables you expect.',
    unit: 'cps',
    queries: [
      q(
        `topk(10, sum by (${TABLE}) (rate(pg_stat_user_tables_n_tup_ins${CHOSEN}[$__rate_interval]) + rate(pg_stat_user_tables_n_tup_upd${CHOSEN}[$__rate_interval]) + rate(pg_stat_user_tables_n_tup_del${CHOSEN}[$__rate_interval])))`,
        TABLE_LEGEND,
      ),
    ],
    width: 12,
  }),
  timeSeries({
    id: 403,
    title: 'Rows read by scans of whole tables, the ten with most',
    says: 'Rows each second. Good: small tables only; a large one that is read again and again lacks an index.',
    unit: 'cps',
    queries: [
      q(
        `topk(10, sum by (${TABLE}) (rate(pg_stat_user_tables_seq_tup_read${CHOSEN}[$__rate_interval])))`,
        TABLE_LEGEND,
      ),
    ],
    width: 12,
  }),
  timeSeries({
    id: 404,
    title: 'Sequences nearest to their end',
    says: 'Part of its values that a sequence has given out, the ten with most. Good: below 80 %; at 100 % inserts fail.',
    unit: 'percentunit',
    steps: ['green', [0.8, 'orange'], [0.95, 'red']],
    lines: true,
    queries: [q(`topk(10, pg_sequence_used_ratio${CHOSEN})`, '{{datname}} {{schemaname}}.{{sequencename}}')],
    width: 12,
  }),
]);

function setting(name: string, family: string, unit?: 'bytes' | 's'): ReturnType<typeof column> {
  return column(name, `max by (cluster, instance) (${family}{})`, unit === undefined ? {} : { unit });
}

export const SETTINGS = closedRow(500, 'Settings and connections', [
  table({
    id: 501,
    title: 'Settings',
    says: 'Settings that matter most, as the server has them. Good: the same on all servers of a cluster.',
    labels: [
      { label: 'cluster', name: 'Cluster' },
      { label: 'instance', name: 'Server' },
    ],
    values: [
      setting('max_connections', 'pg_settings_max_connections'),
      setting('shared_buffers', 'pg_settings_shared_buffers_bytes', 'bytes'),
      setting('work_mem', 'pg_settings_work_mem_bytes', 'bytes'),
      setting('max_wal_size', 'pg_settings_max_wal_size_bytes', 'bytes'),
      setting('checkpoint_timeout', 'pg_settings_checkpoint_timeout_seconds', 's'),
      setting('archive_timeout', 'pg_settings_archive_timeout_seconds', 's'),
      setting('Changed', 'pg_changed_settings'),
      column('Loaded', 'max by (cluster, instance) (1000 * pg_conf_load_timestamp_seconds{})', {
        unit: 'dateTimeFromNow',
      }),
    ],
    width: 16,
    height: 6,
  }),
  table({
    id: 502,
    title: 'Encryption of connections',
    says: 'Connections by TLS version, those of WAL senders and of walguard too. Good: no plain ones from other hosts.',
    labels: [
      { label: 'instance', name: 'Server' },
      { label: 'ssl', name: 'TLS' },
      { label: 'version', name: 'Version' },
    ],
    values: [column('Connections', 'sum by (instance, ssl, version) (pg_stat_ssl_connections{})')],
    width: 8,
    height: 6,
  }),
  timeSeries({
    id: 503,
    title: 'Size of the tablespaces',
    says: 'Bytes of all files in each tablespace. Good: well below what its disk holds.',
    unit: 'bytes',
    queries: [q('pg_tablespace_size_bytes{}', '{{instance}} {{spcname}}')],
    width: 24,
  }),
]);
