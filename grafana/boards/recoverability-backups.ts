import { barGauge, closedRow, column, limit, q, row, stateTimeline, table, timeSeries } from '../layer/panels.ts';
import { perRepository } from '../layer/select.ts';
import { BAD_WORDS, GOOD_WORDS, NEVER_WORDS, UP_WORDS } from '../layer/words.ts';

const OF_BACKUP = ['method', 'type'];
const BACKUP_LABELS = [
  { label: 'cluster', name: 'Cluster' },
  { label: 'repository', name: 'Repository' },
  { label: 'method', name: 'Method' },
] as const;

export const BACKUPS = row(400, 'Backups', [
  table({
    id: 401,
    title: 'Newest usable backups',
    says: 'The newest backup of each type that can be restored. Good: ended within the backup interval, about as large and as long as the one before, no damaged pages.',
    labels: [...BACKUP_LABELS, { label: 'type', name: 'Type' }],
    values: [
      column('Ended', `1000 * ${perRepository('pg_backup_last_success_timestamp_seconds{}', ...OF_BACKUP)}`, {
        unit: 'dateTimeFromNow',
      }),
      column('Took', perRepository('pg_backup_last_duration_seconds{}', ...OF_BACKUP), { unit: 's' }),
      column('Database', perRepository('pg_backup_last_size_bytes{}', ...OF_BACKUP), { unit: 'bytes' }),
      column('In the repository', perRepository('pg_backup_last_stored_bytes{}', ...OF_BACKUP), { unit: 'bytes' }),
      column('Damaged pages', perRepository('pg_backup_last_error{}', ...OF_BACKUP), { words: BAD_WORDS }),
    ],
    width: 16,
    height: 7,
  }),
  barGauge({
    id: 402,
    title: 'What the backups are good for',
    says: 'Backups held by what can be restored from them: any moment up to now (pitr), up to a gap (limited), their own end only (consistent_only), nothing (broken). Good: all of them pitr.',
    unit: 'none',
    none: 'no backups are read',
    queries: [
      q(
        `sum by (cluster, repository, recoverability) (${perRepository('pg_backups{}', 'method', 'type', 'recoverability')})`,
        '{{cluster}} {{repository}} {{recoverability}}',
      ),
    ],
    width: 8,
    height: 7,
  }),
  timeSeries({
    id: 403,
    title: 'Age of the newest usable backup',
    says: 'A saw that falls with every backup, and the backup interval as the dashed line. Good: the teeth stay below the line.',
    unit: 's',
    queries: [
      q(`time() - ${perRepository('pg_backup_last_success_timestamp_seconds{}')}`, '{{cluster}} {{repository}}'),
      limit(perRepository('walguard_policy_backup_interval_seconds{}'), '{{cluster}} {{repository}} interval'),
    ],
    width: 6,
  }),
  timeSeries({
    id: 406,
    title: 'How large backups are',
    says: 'Bytes that the newest usable backup of each type takes in the repository, without those it needs. Good: steady; one that is suddenly small lacks something.',
    unit: 'bytes',
    queries: [
      q(perRepository('pg_backup_last_stored_bytes{}', ...OF_BACKUP), '{{cluster}} {{repository}} {{method}} {{type}}'),
    ],
    width: 6,
  }),
  table({
    id: 407,
    title: 'Now, and failures',
    says: 'Backups that run, and when one last failed where the tool keeps that. Good: no failure after the newest success.',
    labels: [...BACKUP_LABELS],
    values: [
      column('Running', perRepository('pg_backup_running{}', 'method')),
      column(
        'Last failure',
        `1000 * (${perRepository('pg_backup_last_failure_timestamp_seconds{}', 'method')} or 0 * ${perRepository('pg_backup_running{}', 'method')})`,
        { unit: 'dateTimeFromNow', words: NEVER_WORDS },
      ),
    ],
    width: 12,
  }),
]);

export const DUMPS = closedRow(1000, 'Dumps', [
  table({
    id: 1001,
    title: 'Newest dump of each database',
    says: 'Dumps of pg_dump, where they are configured; one without a database is of the whole cluster. Good: written within the dump interval, valid, about as large as before. A dump is no backup: nothing committed after it can be got back from it.',
    labels: [
      { label: 'cluster', name: 'Cluster' },
      { label: 'repository', name: 'Repository' },
      { label: 'datname', name: 'Database' },
    ],
    values: [
      column('Written', `1000 * ${perRepository('pg_dump_last_success_timestamp_seconds{}', 'datname')}`, {
        unit: 'dateTimeFromNow',
      }),
      column('Size', perRepository('pg_dump_last_size_bytes{}', 'datname'), { unit: 'bytes' }),
      column('Valid', perRepository('pg_dump_last_valid{}', 'datname'), { words: GOOD_WORDS }),
    ],
    width: 12,
  }),
  timeSeries({
    id: 1003,
    title: 'Databases without a dump',
    says: 'Databases of the server that have no good dump. Good: 0; name those that need none in dump_exclude.',
    unit: 'none',
    queries: [q(perRepository('pg_databases_without_dump{}'), '{{cluster}} {{repository}}')],
    width: 12,
  }),
]);

const SATISFIED = perRepository('pg_retention_satisfied{}', 'rule');

export const RETENTION = row(600, 'Retention', [
  stateTimeline({
    id: 601,
    title: 'Rules of the policy',
    says: 'Whether each rule of the policy holds. Good: yes from end to end. A cluster younger than a rule is asked for no more than it can have.',
    unit: 'none',
    words: GOOD_WORDS,
    queries: [q(SATISFIED, '{{cluster}} {{repository}} {{rule}}')],
    width: 24,
    height: 6,
  }),
]);

const ESTIMATE = perRepository('pg_restore_estimate_seconds{}', 'phase');

export const RESTORE = row(700, 'How long a restore would take', [
  timeSeries({
    id: 701,
    title: 'Estimate of a restore, and the rto',
    says: 'Copying the newest backup (restore) and replaying WAL up to now (recovery), by the rates that are configured, and the rto as the dashed line. Good: the top stays below the line; recovery grows until the next backup.',
    unit: 's',
    stacked: true,
    queries: [
      q(ESTIMATE, '{{cluster}} {{repository}} {{phase}}'),
      limit('max by (job, cluster) (walguard_policy_rto_seconds{})', '{{cluster}} rto'),
    ],
    width: 24,
  }),
]);

const OF_SOURCE = ['source', 'method'];

export const SOURCES = closedRow(800, 'What walguard reads', [
  stateTimeline({
    id: 801,
    title: 'Sources',
    says: 'Whether the last reading of each archive and backup store was understood, by any walguard. Good: up from end to end; while one is down, what it said last is shown everywhere above.',
    unit: 'none',
    words: UP_WORDS,
    queries: [
      q(perRepository('walguard_source_up{}', ...OF_SOURCE), '{{cluster}} {{repository}} {{source}} {{method}}'),
    ],
    width: 12,
  }),
  table({
    id: 802,
    title: 'Last reading',
    says: 'When each source was last read and understood, and how long a reading takes. Good: read within a few intervals, in much less than one.',
    labels: [
      { label: 'cluster', name: 'Cluster' },
      { label: 'instance', name: 'Read by', to: 'walguard-exporter' },
      { label: 'repository', name: 'Repository' },
      { label: 'source', name: 'Source' },
      { label: 'method', name: 'Method' },
    ],
    values: [
      column(
        'Understood',
        'max by (cluster, instance, repository, source, method) (1000 * walguard_source_last_success_timestamp_seconds{})',
        { unit: 'dateTimeFromNow' },
      ),
      column(
        'Took',
        'max by (cluster, instance, repository, source, method) (walguard_source_read_duration_seconds{})',
        { unit: 's' },
      ),
    ],
    width: 12,
  }),
  table({
    id: 803,
    title: 'How that is known',
    says: 'By which method the exposure was found, and on whose word. Good: evidence archive, where walguard saw the segments; server means PostgreSQL is believed, which also believes a command that archives nothing.',
    labels: [
      { label: 'cluster', name: 'Cluster' },
      { label: 'instance', name: 'Server', to: 'walguard-instance' },
      { label: 'method', name: 'Method' },
      { label: 'evidence', name: 'Evidence' },
    ],
    infos: ['group by (cluster, instance, method, evidence) (pg_recovery_point_exposure_info{})'],
    values: [],
    width: 24,
    height: 4,
  }),
]);

export const POLICY = closedRow(900, 'The policy', [
  table({
    id: 901,
    title: 'What is asked of each server',
    says: 'The rpo and rto of the configuration. Good: every server that matters is in it.',
    labels: [
      { label: 'cluster', name: 'Cluster' },
      { label: 'instance', name: 'Server', to: 'walguard-instance' },
    ],
    values: [
      column('rpo', 'max by (cluster, instance) (walguard_policy_rpo_seconds{})', { unit: 's' }),
      column('rto', 'max by (cluster, instance) (walguard_policy_rto_seconds{})', { unit: 's' }),
    ],
    width: 12,
    height: 5,
  }),
  table({
    id: 902,
    title: 'What is asked of each repository',
    says: 'Backup and drill interval and the window for any moment, as configured. Good: every repository has an interval: without one an old backup is no finding.',
    labels: [
      { label: 'cluster', name: 'Cluster' },
      { label: 'repository', name: 'Repository' },
    ],
    values: [
      column('Backup interval', perRepository('walguard_policy_backup_interval_seconds{}'), { unit: 's' }),
      column('Any moment back to', perRepository('walguard_policy_pitr_window_seconds{}'), { unit: 's' }),
      column('Dump interval', perRepository('walguard_policy_dump_interval_seconds{}'), { unit: 's' }),
      column('Drill interval', perRepository('walguard_policy_drill_interval_seconds{}'), { unit: 's' }),
    ],
    width: 12,
    height: 5,
  }),
]);
