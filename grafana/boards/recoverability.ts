import { column, limit, q, row, stat, stateTimeline, table, timeSeries } from '../layer/panels.ts';
import { perRepository } from '../layer/select.ts';
import type { BoardSpec, Steps } from '../layer/spec.ts';
import { BAD_WORDS, VERDICT, VERDICT_WORDS } from '../layer/words.ts';
import { ARCHIVE, ARCHIVING } from './recoverability-archive.ts';
import { BACKUPS, DUMPS, POLICY, RESTORE, RETENTION, SOURCES } from './recoverability-backups.ts';
import { DRILLS } from './recoverability-drills.ts';

const SHARE: Steps = ['green', [0.8, 'orange'], [1, 'red']];

const NEWEST_BACKUP = perRepository('pg_backup_last_success_timestamp_seconds{}');
const INTERVAL = perRepository('walguard_policy_backup_interval_seconds{}');
const EARLIEST = perRepository('pg_pitr_earliest_timestamp_seconds{}');
const LATEST = perRepository('pg_pitr_latest_timestamp_seconds{}');
const ESTIMATE = `sum by (job, cluster, repository) (${perRepository('pg_restore_estimate_seconds{}', 'phase')})`;
const RTO = 'max by (job, cluster) (walguard_policy_rto_seconds{})';

const ANSWER = row(100, 'If the disk of the primary died now', [
  stat({
    id: 101,
    title: 'Verdict',
    says: 'The worst verdict of the chosen servers. Good: recoverable. at risk: something is wrong or not as the policy asks. unknown: no source is configured or read yet.',
    unit: 'none',
    none: 'walguard says nothing',
    words: VERDICT_WORDS,
    queries: [q(`max by (cluster) (${VERDICT})`, '{{cluster}}')],
    width: 4,
  }),
  stat({
    id: 102,
    title: 'Would be lost',
    says: 'Seconds of commits that would be lost if only the archive and receivers of WAL were left. Good: 0 when idle, and below the rpo under load.',
    unit: 's',
    none: 'not known',
    queries: [q('max(pg_recovery_point_exposure_seconds{})', 'exposure')],
    width: 4,
  }),
  stat({
    id: 103,
    title: 'Would be lost, of the rpo',
    says: 'The same as a part of the configured rpo. Good: below 80 %; at 100 % more would be lost than is allowed.',
    unit: 'percentunit',
    decimals: 0,
    none: 'no rpo is configured',
    steps: SHARE,
    queries: [q('max(pg_recovery_point_exposure_seconds{} / (walguard_policy_rpo_seconds{} > 0))', 'of the rpo')],
    width: 4,
  }),
  stat({
    id: 105,
    title: 'A restore, of the rto',
    says: 'The estimate of a restore by the rates that are configured, as a part of the rto. Good: below 80 %.',
    unit: 'percentunit',
    decimals: 0,
    none: 'no rates or no rto',
    steps: SHARE,
    queries: [
      q(
        `max by (job, cluster, repository) (${ESTIMATE} / on (job, cluster) group_left () ${RTO})`,
        '{{cluster}} {{repository}}',
      ),
    ],
    width: 4,
  }),
  stat({
    id: 106,
    title: 'Missing segments',
    says: 'Segments of WAL missing inside a span that a backup needs, without gaps that were accepted. Good: 0. Behind a gap only a later backup helps.',
    unit: 'none',
    none: 'no archive is read',
    steps: ['green', [1, 'red']],
    queries: [q(perRepository('pg_archive_gap_segments{}'), '{{cluster}} {{repository}}')],
    width: 4,
  }),
  stat({
    id: 107,
    title: 'Back to',
    says: 'The first moment of the newest unbroken span that can be restored to. Good: as long ago as the policy asks.',
    unit: 'dateTimeFromNow',
    none: 'no window',
    queries: [q(`1000 * ${EARLIEST}`, '{{cluster}} {{repository}}')],
    width: 4,
  }),
  stat({
    id: 108,
    title: 'Up to',
    says: 'The last moment in that span to which a recovery is known to get. Good: seconds or minutes ago under load; on an idle server it stays at the last archived commit.',
    unit: 'dateTimeFromNow',
    none: 'not known',
    queries: [q(`1000 * ${LATEST}`, '{{cluster}} {{repository}}')],
    width: 4,
  }),
  stat({
    id: 109,
    title: 'Window, of the policy',
    says: 'How far back any moment can be restored, as a part of what the retention rule pitr asks for. Good: 100 % or more; a young cluster grows into it.',
    unit: 'percentunit',
    decimals: 0,
    none: 'no window or no rule',
    steps: ['orange', [1, 'green']],
    queries: [
      q(
        `(time() - ${EARLIEST}) / (${perRepository('walguard_policy_pitr_window_seconds{}')} > 0)`,
        '{{cluster}} {{repository}}',
      ),
    ],
    width: 4,
  }),
  stat({
    id: 110,
    title: 'Newest usable backup',
    says: 'When the newest backup that can be restored ended. Good: within the backup interval.',
    unit: 'dateTimeFromNow',
    none: 'no usable backup',
    queries: [q(`1000 * ${NEWEST_BACKUP}`, '{{cluster}} {{repository}}')],
    width: 4,
  }),
  stat({
    id: 111,
    title: 'Its age, of the interval',
    says: 'The age of the newest usable backup as a part of the backup interval. Good: below 100 %; somewhat more while a backup runs.',
    unit: 'percentunit',
    decimals: 0,
    none: 'no backup or no interval',
    steps: ['green', [1, 'orange'], [1.25, 'red']],
    queries: [q(`(time() - ${NEWEST_BACKUP}) / (${INTERVAL} > 0)`, '{{cluster}} {{repository}}')],
    width: 4,
  }),
  stat({
    id: 113,
    title: 'Last successful drill',
    says: 'When a restore was last tried and succeeded. Good: within the drill interval: only a restore that was tried is known to work.',
    unit: 'dateTimeFromNow',
    none: 'none known',
    queries: [
      q(`1000 * ${perRepository('pg_restore_drill_last_success_timestamp_seconds{}')}`, '{{cluster}} {{repository}}'),
    ],
    width: 4,
  }),
  stat({
    id: 114,
    title: 'Its age, of the limit',
    says: 'The age of the last successful drill as a part of the drill interval. Good: below 100 %.',
    unit: 'percentunit',
    decimals: 0,
    none: 'no drill or no interval',
    steps: ['green', [0.8, 'orange'], [1, 'red']],
    queries: [
      q(
        `(time() - ${perRepository('pg_restore_drill_last_success_timestamp_seconds{}')}) / (${perRepository('walguard_policy_drill_interval_seconds{}')} > 0)`,
        '{{cluster}} {{repository}}',
      ),
    ],
    width: 4,
  }),
]);

const FINDING = 'max by (job, cluster, severity, finding) (pg_recoverability_finding{})';

const WHY = row(200, 'Why', [
  table({
    id: 201,
    title: 'Findings',
    says: 'What is wrong now, of the closed list of what can be. Good: nothing. docs/recoverability.md and `walguard status` say the cure.',
    labels: [
      { label: 'cluster', name: 'Cluster' },
      { label: 'severity', name: 'Severity' },
      { label: 'finding', name: 'Finding' },
    ],
    values: [column('Stands', `${FINDING} > 0`, { words: BAD_WORDS })],
    largestFirst: 'Stands',
    width: 12,
  }),
  stateTimeline({
    id: 202,
    title: 'Verdict of each server',
    says: 'Each walguard judges by what it reads. Good: recoverable from end to end.',
    unit: 'none',
    words: VERDICT_WORDS,
    queries: [q(VERDICT, '{{cluster}} {{instance}}')],
    width: 12,
  }),
  timeSeries({
    id: 204,
    title: 'What would be lost, and the rpo',
    says: 'Seconds of commits that would be lost, and the rpo as the dashed line. Good: a saw that stays below the line; its teeth are as high as a segment or archive_timeout lasts.',
    unit: 's',
    queries: [
      q('pg_recovery_point_exposure_seconds{}'),
      limit('max by (job, cluster) (walguard_policy_rpo_seconds{})', '{{cluster}} rpo'),
    ],
    width: 12,
  }),
  timeSeries({
    id: 205,
    title: 'WAL that would be lost',
    says: 'Bytes of WAL that neither the archive nor a receiver has. Good: a saw below one or two segments.',
    unit: 'bytes',
    queries: [q('pg_recovery_point_exposure_bytes{}')],
    width: 12,
  }),
]);

export const RECOVERABILITY: BoardSpec = {
  uid: 'walguard-recoverability',
  title: 'PostgreSQL / Recoverability',
  answers:
    'If the disk of the primary died now: can I restore, to when, how much is lost, and how long would it take? The second of four levels: fleet, cluster, server, topic.',
  targets: 'pg_up',
  rows: [ANSWER, WHY, ARCHIVING, BACKUPS, RETENTION, RESTORE, DRILLS, ARCHIVE, DUMPS, SOURCES, POLICY],
};
