import { closedRow, column, limit, q, row, stateTimeline, table, timeSeries } from '../layer/panels.ts';
import { perRepository, perServer } from '../layer/select.ts';
import { ARCHIVER_STATE, ARCHIVER_WORDS, GOOD_WORDS, NEVER_WORDS, PLAIN_WORDS } from '../layer/words.ts';

const WAITS = '(pg_time_seconds{} - pg_archiver_oldest_ready_timestamp_seconds{}) or 0 * pg_archiver_ready_segments{}';
const NEVER = ' or 0 * pg_archiver_expected{}';

export const ARCHIVING = row(300, 'Archiving', [
  stateTimeline({
    id: 301,
    title: 'Archiver',
    says: 'The state of each archiver. Good: ok on a primary, standby on a standby. losing: PostgreSQL takes WAL to be archived that the archive does not hold. Before PostgreSQL 15 a hanging command shows as stalled.',
    unit: 'none',
    words: ARCHIVER_WORDS,
    queries: [q(ARCHIVER_STATE, '{{cluster}} {{instance}}')],
    width: 12,
  }),
  timeSeries({
    id: 302,
    title: 'The oldest file waits for',
    says: 'How long the oldest file that waits to be archived has waited, 0 when none waits. Good: seconds. From 2 minutes on the archiver is stalled, whatever its counters say.',
    unit: 's',
    steps: ['green', [120, 'orange'], [900, 'red']],
    lines: true,
    queries: [q(WAITS, '{{cluster}} {{instance}}')],
    width: 12,
  }),
  timeSeries({
    id: 304,
    title: 'Archived and failed',
    says: 'Files archived each second, and attempts that PostgreSQL counts as failed. Good: no red. A command that hangs, is killed or ends above 125 is counted nowhere: the state above shows it.',
    unit: 'cps',
    queries: [
      q('rate(pg_archiver_archived_total{}[$__rate_interval])', '{{cluster}} {{instance}} archived'),
      q('rate(pg_archiver_failed_total{}[$__rate_interval])', '{{cluster}} {{instance}} failed'),
    ],
    colours: { failed$: 'red' },
    width: 24,
  }),
  table({
    id: 309,
    title: 'Archivers',
    says: 'Facts of each archiver; the process cannot be seen before PostgreSQL 14. Good: where archiving is expected, a command is set and the process runs.',
    labels: [
      { label: 'cluster', name: 'Cluster' },
      { label: 'instance', name: 'Server', to: 'walguard-wal' },
    ],
    values: [
      column('Expected', perServer('pg_archiver_expected{}'), { words: PLAIN_WORDS }),
      column('Command set', perServer('pg_archiver_command_configured{}'), { words: GOOD_WORDS }),
      column('Process runs', perServer('pg_archiver_up{} or 2 + 0 * pg_archiver_expected{}'), {
        words: { ...GOOD_WORDS, 2: ['not known', 'text'] },
      }),
      column('Last archived', perServer(`1000 * (pg_archiver_last_archived_timestamp_seconds{}${NEVER})`), {
        unit: 'dateTimeFromNow',
        words: NEVER_WORDS,
      }),
      column('Last failed', perServer(`1000 * (pg_archiver_last_failed_timestamp_seconds{}${NEVER})`), {
        unit: 'dateTimeFromNow',
        words: NEVER_WORDS,
      }),
      column('Files wait', perServer('pg_archiver_ready_segments{}')),
      column('Segments behind', perServer('pg_archiver_lag_segments{}')),
      column('Bytes behind', perServer('pg_archiver_lag_bytes{}'), { unit: 'bytes' }),
      column('Last took', perServer('pg_archiver_segment_latency_seconds{}'), { unit: 's' }),
      column('Counted since', perServer('1000 * pg_archiver_stats_reset_timestamp_seconds{}'), {
        unit: 'dateTimeFromNow',
      }),
    ],
    width: 24,
    height: 6,
  }),
]);

/** Of the primary of each cluster: how far it has written, and how far the archive goes. */
const BEHIND = 'max by (job, cluster) (pg_wal_lsn_bytes{}) - on (job, cluster) group_right () ';

export const ARCHIVE = closedRow(500, 'What the archive holds', [
  timeSeries({
    id: 501,
    title: 'How far back, and up to where',
    says: 'The two ends of the newest unbroken span that can be restored to, as time before now, and what the policy asks for. Good: the earliest at or above the dashed line, the latest near 0 under load. A gap makes the earliest fall at once.',
    unit: 's',
    queries: [
      q(`time() - ${perRepository('pg_pitr_earliest_timestamp_seconds{}')}`, '{{cluster}} {{repository}} earliest'),
      q(`time() - ${perRepository('pg_pitr_latest_timestamp_seconds{}')}`, '{{cluster}} {{repository}} latest'),
      limit(perRepository('walguard_policy_pitr_window_seconds{}'), '{{cluster}} {{repository}} policy'),
    ],
    width: 12,
  }),
  timeSeries({
    id: 502,
    title: 'What is wrong in the archive',
    says: 'Missing segments that a backup needs, files that recovery cannot use, and segments of a branch that the history left. Good: no gap and no bad file; orphans are left by a switch of timelines and do no harm.',
    unit: 'short',
    queries: [
      q(perRepository('pg_archive_gap_segments{}'), '{{cluster}} {{repository}} missing'),
      q(perRepository('pg_archive_bad_files{}'), '{{cluster}} {{repository}} bad'),
      q(perRepository('pg_archive_orphan_segments{}'), '{{cluster}} {{repository}} orphans'),
      q(perRepository('pg_archive_pending_segments{}'), '{{cluster}} {{repository}} on their way'),
    ],
    colours: { missing$: 'red', bad$: 'orange', orphans$: 'purple', way$: 'blue' },
    width: 12,
  }),
  timeSeries({
    id: 504,
    title: 'The archive is behind the server by',
    says: 'WAL that the furthest server of the cluster has and the archive has not. Good: about one segment.',
    unit: 'bytes',
    queries: [q(`${BEHIND}${perRepository('pg_archive_newest_lsn_bytes{}')}`, '{{cluster}} {{repository}}')],
    signed: true,
    width: 12,
  }),
  table({
    id: 506,
    title: 'Archives',
    says: 'Segments that are held whole, the age of the oldest and newest by the clock of the archive, and spans of time apart from each other that can be restored to. Good: the newest came within archive_timeout, or since the last write; 1 span, for with 2 there is a time in between that nobody can get back to.',
    labels: [
      { label: 'cluster', name: 'Cluster' },
      { label: 'repository', name: 'Repository' },
    ],
    values: [
      column('Segments', perRepository('pg_archive_segments{}'), { unit: 'short' }),
      column('Spans', perRepository('pg_pitr_windows{}'), { steps: ['green', [2, 'orange']] }),
      column('Oldest segment', `1000 * ${perRepository('pg_archive_oldest_timestamp_seconds{}')}`, {
        unit: 'dateTimeFromNow',
      }),
      column('Newest segment', `1000 * ${perRepository('pg_archive_newest_timestamp_seconds{}')}`, {
        unit: 'dateTimeFromNow',
      }),
    ],
    width: 12,
  }),
]);
