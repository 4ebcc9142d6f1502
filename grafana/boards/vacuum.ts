import { closedRow, column, limit, q, row, stat, table, timeSeries } from '../layer/panels.ts';
import { perServer } from '../layer/select.ts';
import type { BoardSpec } from '../layer/spec.ts';
import { NEVER_WORDS } from '../layer/words.ts';

const CHOSEN = '{datname=~"$datname"}';
const TABLE = 'instance, datname, schemaname, relname';
const TABLE_LEGEND = '{{datname}} {{schemaname}}.{{relname}}';
/** Transactions after which PostgreSQL takes no more, less its safety margin. */
const LAST_XID = '2147483647';
const WORKERS = 'sum by (job, cluster, instance) (pg_stat_activity_count{backend_type="autovacuum worker"})';

const NOW = row(100, 'Now', [
  stat({
    id: 101,
    title: 'Transaction ids used',
    says: 'The age of the oldest transaction of any database as a part of what there is. Good: below 20 %; autovacuum begins by force at autovacuum_freeze_max_age (10 %). At 100 % the server takes no more writes.',
    unit: 'percentunit',
    decimals: 1,
    none: 'not known',
    steps: ['green', [0.3, 'orange'], [0.6, 'red']],
    queries: [q(`max by (instance) (pg_database_xid_age${CHOSEN}) / ${LAST_XID}`)],
    width: 6,
  }),
  stat({
    id: 102,
    title: 'Multixact ids used',
    says: 'The same for multixacts, which shared row locks use up. Good: below 30 %.',
    unit: 'percentunit',
    decimals: 1,
    none: 'not known',
    steps: ['green', [0.3, 'orange'], [0.6, 'red']],
    queries: [q(`max by (instance) (pg_database_mxid_age${CHOSEN}) / ${LAST_XID}`)],
    width: 6,
  }),
  stat({
    id: 103,
    title: 'Oldest transaction kept visible',
    says: 'Transactions since the oldest one that somebody may still see; rows deleted since cannot be removed. Good: thousands. Who holds it is told below.',
    unit: 'short',
    none: 'nobody holds it',
    steps: ['green', [10_000_000, 'orange'], [100_000_000, 'red']],
    queries: [q(perServer('pg_xmin_horizon_age{}'))],
    width: 6,
  }),
  stat({
    id: 104,
    title: 'Autovacuum workers',
    says: 'Workers at work as a part of autovacuum_max_workers. Good: not at 100 % for hours.',
    unit: 'percentunit',
    none: 'none',
    steps: ['green', [1, 'orange']],
    queries: [
      q(
        `(${WORKERS} or 0 * ${perServer('pg_settings_autovacuum_max_workers{}')}) / ${perServer('pg_settings_autovacuum_max_workers{}')}`,
      ),
    ],
    width: 6,
  }),
]);

const WRAPAROUND = row(200, 'Wraparound', [
  timeSeries({
    id: 201,
    title: 'Age of the databases',
    says: 'Transactions since the oldest one that is not frozen, and autovacuum_freeze_max_age as the dashed line. Good: a saw that turns at the line; one that goes on rising has something that keeps vacuum from freezing.',
    unit: 'short',
    queries: [
      q(`pg_database_xid_age${CHOSEN}`, '{{instance}} {{datname}}'),
      limit('max by (job, cluster) (pg_settings_autovacuum_freeze_max_age{})', 'autovacuum_freeze_max_age'),
    ],
    width: 8,
  }),
  timeSeries({
    id: 202,
    title: 'Age of multixacts',
    says: 'Multixacts since the oldest one still to be found, and autovacuum_multixact_freeze_max_age as the dashed line. Good: below the line.',
    unit: 'short',
    queries: [
      q(`pg_database_mxid_age${CHOSEN}`, '{{instance}} {{datname}}'),
      limit(
        'max by (job, cluster) (pg_settings_autovacuum_multixact_freeze_max_age{})',
        'autovacuum_multixact_freeze_max_age',
      ),
    ],
    width: 8,
  }),
  timeSeries({
    id: 203,
    title: 'Who keeps transactions visible',
    says: 'The age of the oldest transaction that each kind of holder keeps visible. Good: none in millions. transaction: a session in an old transaction; prepared: one that waits for COMMIT PREPARED; slot and standby: a reader that is behind or gone.',
    unit: 'short',
    queries: [q('pg_xmin_horizon_age{}', '{{instance}} {{holder}}')],
    width: 8,
  }),
  table({
    id: 204,
    title: 'Tables that are frozen for longest',
    says: 'The tables of each database with the oldest transactions and multixacts. Good: none far above autovacuum_freeze_max_age.',
    labels: [
      { label: 'instance', name: 'Server' },
      { label: 'datname', name: 'Database' },
      { label: 'schemaname', name: 'Schema' },
      { label: 'relname', name: 'Table' },
    ],
    values: [
      column('Transactions', `max by (${TABLE}) (pg_table_xid_age${CHOSEN})`, { unit: 'short' }),
      column('Multixacts', `max by (${TABLE}) (pg_table_mxid_age${CHOSEN})`, { unit: 'short' }),
    ],
    largestFirst: 'Transactions',
    width: 16,
  }),
  timeSeries({
    id: 205,
    title: 'Prepared transactions',
    says: 'Transactions that wait for COMMIT PREPARED or ROLLBACK PREPARED. Good: 0 but for moments; one that was forgotten holds locks and keeps vacuum from cleaning.',
    unit: 'short',
    queries: [q(`pg_prepared_transactions${CHOSEN}`, '{{instance}} {{datname}}')],
    width: 8,
  }),
]);

const CLEANING = row(300, 'Dead rows', [
  timeSeries({
    id: 301,
    title: 'Dead rows, the ten tables with most',
    says: 'Estimated rows that vacuum has to remove. Good: a saw; a line that rises is a table that autovacuum does not come to, or cannot clean.',
    unit: 'short',
    queries: [q(`topk(10, pg_stat_user_tables_n_dead_tup${CHOSEN})`, TABLE_LEGEND)],
    width: 12,
  }),
  timeSeries({
    id: 302,
    title: 'Part of the rows that is dead, the ten tables with most',
    says: 'Of tables with more than 10000 rows. Good: below autovacuum_vacuum_scale_factor (20 % by default).',
    unit: 'percentunit',
    queries: [
      q(
        `topk(10, pg_stat_user_tables_n_dead_tup${CHOSEN} / ((pg_stat_user_tables_n_live_tup${CHOSEN} + pg_stat_user_tables_n_dead_tup${CHOSEN}) > 10000))`,
        TABLE_LEGEND,
      ),
    ],
    width: 12,
  }),
  timeSeries({
    id: 303,
    title: 'Autovacuum workers',
    says: 'Workers at work, and autovacuum_max_workers as the dashed line. Good: below the line most of the time.',
    unit: 'none',
    queries: [
      q(`${WORKERS} or 0 * ${perServer('pg_up{}')}`),
      limit('max by (job, cluster) (pg_settings_autovacuum_max_workers{})', 'autovacuum_max_workers'),
    ],
    width: 8,
  }),
  timeSeries({
    id: 304,
    title: 'Vacuums and analyzes',
    says: 'Tables vacuumed and analyzed an hour, by autovacuum and by command. Good: steady; 0 under load is an autovacuum that is off or stuck.',
    unit: 'short',
    queries: [
      q(
        `3600 * sum by (instance) (rate(pg_stat_user_tables_autovacuum_count${CHOSEN}[$__rate_interval]))`,
        '{{instance}} autovacuum',
      ),
      q(
        `3600 * sum by (instance) (rate(pg_stat_user_tables_autoanalyze_count${CHOSEN}[$__rate_interval]))`,
        '{{instance}} autoanalyze',
      ),
      q(
        `3600 * sum by (instance) (rate(pg_stat_user_tables_vacuum_count${CHOSEN}[$__rate_interval]))`,
        '{{instance}} VACUUM',
      ),
      q(
        `3600 * sum by (instance) (rate(pg_stat_user_tables_analyze_count${CHOSEN}[$__rate_interval]))`,
        '{{instance}} ANALYZE',
      ),
    ],
    width: 8,
  }),
  timeSeries({
    id: 305,
    title: 'Updates that touch no index',
    says: 'Part of the updates that changed no index (HOT), which vacuum need not come for. Good: high for tables that are updated much; fillfactor below 100 helps.',
    unit: 'percentunit',
    queries: [
      q(
        `sum by (instance) (rate(pg_stat_user_tables_n_tup_hot_upd${CHOSEN}[$__rate_interval])) / (sum by (instance) (rate(pg_stat_user_tables_n_tup_upd${CHOSEN}[$__rate_interval])) > 0)`,
      ),
    ],
    width: 8,
  }),
]);

const RUNNING = closedRow(400, 'Last and running vacuums', [
  table({
    id: 401,
    title: 'Tables with most dead rows',
    says: 'When each was last vacuumed and analyzed. Good: within a day for tables that change.',
    labels: [
      { label: 'instance', name: 'Server' },
      { label: 'datname', name: 'Database' },
      { label: 'schemaname', name: 'Schema' },
      { label: 'relname', name: 'Table' },
    ],
    values: [
      column('Dead rows', `topk(20, max by (${TABLE}) (pg_stat_user_tables_n_dead_tup${CHOSEN}))`, { unit: 'short' }),
      lastOf('Autovacuum', 'pg_stat_user_tables_last_autovacuum'),
      lastOf('VACUUM', 'pg_stat_user_tables_last_vacuum'),
      lastOf('Autoanalyze', 'pg_stat_user_tables_last_autoanalyze'),
    ],
    largestFirst: 'Dead rows',
    width: 12,
  }),
  timeSeries({
    id: 402,
    title: 'Vacuums running',
    says: 'Part of the table that each running vacuum has scanned. Good: rises; one that stands still waits or is slowed by its cost limit.',
    unit: 'percentunit',
    queries: [
      q(
        `pg_stat_progress_vacuum_heap_blks_scanned${CHOSEN} / (pg_stat_progress_vacuum_heap_blks${CHOSEN} > 0)`,
        '{{instance}} {{datname}} {{relname}}',
      ),
    ],
    width: 12,
  }),
]);

/** Of the tables that the first column chose. */
function lastOf(name: string, family: string): ReturnType<typeof column> {
  const chosen = `topk(20, max by (${TABLE}) (pg_stat_user_tables_n_dead_tup${CHOSEN}))`;
  const moment = `max by (${TABLE}) (1000 * ${family}${CHOSEN})`;
  return column(name, `(${moment} and ${chosen}) or 0 * ${chosen}`, { unit: 'dateTimeFromNow', words: NEVER_WORDS });
}

export const VACUUM: BoardSpec = {
  uid: 'walguard-vacuum',
  title: 'PostgreSQL / Vacuum and wraparound',
  answers:
    'Does vacuum keep up, and how far is the server from the end of its transaction ids? The last of four levels: fleet, cluster, server, topic.',
  targets: 'pg_up',
  databases: 'pg_stat_database_numbackends',
  rows: [NOW, WRAPAROUND, CLEANING, RUNNING],
};
