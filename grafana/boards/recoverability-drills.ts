import { column, limit, q, row, table, timeSeries } from '../layer/panels.ts';
import { perRepository } from '../layer/select.ts';
import { GOOD_WORDS } from '../layer/words.ts';

const RTO = perRepository('pg_restore_drill_rto_seconds{}');
const ESTIMATE = `sum by (job, cluster, repository) (${perRepository('pg_restore_estimate_seconds{}', 'phase')})`;
const BYTES = perRepository('pg_restore_drill_bytes{}', 'phase');
const SECONDS = perRepository('pg_restore_drill_duration_seconds{}', 'phase');

/** What `walguard drill` reported; absent until one ran. */
export const DRILLS = row(1100, 'Restore drills', [
  table({
    id: 1101,
    title: 'Last drill of each repository',
    says: 'When a backup was last restored for a trial, and what came of it: the commit that was reached, and the seconds that lacked to the moment that was wanted. Good: succeeded within the drill interval, nothing lacked.',
    labels: [
      { label: 'cluster', name: 'Cluster' },
      { label: 'repository', name: 'Repository' },
    ],
    values: [
      column('Ended', `1000 * ${perRepository('pg_restore_drill_last_run_timestamp_seconds{}')}`, {
        unit: 'dateTimeFromNow',
      }),
      column('Succeeded', perRepository('pg_restore_drill_success{}'), { words: GOOD_WORDS }),
      column('Last success', `1000 * ${perRepository('pg_restore_drill_last_success_timestamp_seconds{}')}`, {
        unit: 'dateTimeFromNow',
      }),
      column('Recovered to', `1000 * ${perRepository('pg_restore_drill_recovered_to_timestamp_seconds{}')}`, {
        unit: 'dateTimeFromNow',
      }),
      column('Lacked', perRepository('pg_restore_drill_shortfall_seconds{}'), {
        unit: 's',
        steps: ['green', [1, 'orange']],
      }),
    ],
    width: 24,
    height: 5,
  }),
  timeSeries({
    id: 1102,
    title: 'Recovery time: measured and estimated',
    says: 'From the beginning of the restore to the moment that was wanted, as the last successful drill took it, the estimate of a restore now, and the rto as the dashed line. Good: the two are near each other and below the line.',
    unit: 's',
    queries: [
      q(RTO, '{{cluster}} {{repository}} measured'),
      q(ESTIMATE, '{{cluster}} {{repository}} estimated'),
      limit('max by (job, cluster) (walguard_policy_rto_seconds{})', '{{cluster}} rto'),
    ],
    width: 8,
  }),
  timeSeries({
    id: 1103,
    title: 'How long its phases took',
    says: 'Of the last successful drill: copying the backup back (restore), replaying WAL (recovery), looking at what was restored (checks). Good: grows as slowly as the database.',
    unit: 's',
    stacked: true,
    queries: [q(SECONDS, '{{cluster}} {{repository}} {{phase}}')],
    width: 8,
  }),
  timeSeries({
    id: 1104,
    title: 'How fast its phases were',
    says: 'Bytes a second that the last successful drill copied back, replayed or read. Good: steady; the estimate of a restore goes by them. A fall is a slower disk, network or store.',
    unit: 'Bps',
    queries: [q(`${BYTES} / (${SECONDS} > 0)`, '{{cluster}} {{repository}} {{phase}}')],
    width: 8,
  }),
]);
