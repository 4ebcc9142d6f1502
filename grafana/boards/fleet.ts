import { closedRow, column, q, row, stat, stateTimeline, table, timeSeries } from '../layer/panels.ts';
import { perServer } from '../layer/select.ts';
import type { BoardSpec, Steps } from '../layer/spec.ts';
import { ARCHIVER_STATE, ARCHIVER_WORDS, ROLE_WORDS, UP_WORDS, VERDICT, VERDICT_WORDS } from '../layer/words.ts';

const ANY_IS_BAD: Steps = ['green', [1, 'red']];
const SHARE: Steps = ['green', [0.8, 'orange'], [1, 'red']];
const XIDS: Steps = ['green', [0.3, 'orange'], [0.6, 'red']];
const CONNECTIONS: Steps = ['green', [0.8, 'orange'], [0.95, 'red']];

const CONNECTED = 'sum by (job, cluster, instance) (pg_stat_database_numbackends{})';
const XID_SHARE = 'max by (job, cluster, instance) (pg_database_xid_age{}) / 2147483647';
const EXPOSURE_SHARE = 'pg_recovery_point_exposure_seconds{} / (walguard_policy_rpo_seconds{} > 0)';
const BACKUP_AGE = 'time() - max by (job, cluster) (pg_backup_last_success_timestamp_seconds{})';

/** How many servers are in one of these states. */
function inState(family: string, selector: string): string {
  return `sum(${perServer(`${family}{${selector}}`)})`;
}

const NOW = row(100, 'Now', [
  stat({
    id: 101,
    title: 'Targets',
    says: 'Servers that walguard was asked to watch, PgBouncer among them. Good: as many as you run.',
    unit: 'none',
    none: 'none',
    queries: [q('count(pg_up{})', 'targets')],
    width: 3,
  }),
  stat({
    id: 102,
    title: 'Down',
    says: 'Targets that the last scrape could not reach. Good: 0. Look into the row of the server below, then at its log.',
    unit: 'none',
    none: 'none',
    steps: ANY_IS_BAD,
    queries: [q('sum(1 - pg_up{})', 'down')],
    width: 3,
  }),
  stat({
    id: 103,
    title: 'Not recoverable',
    says: 'Servers that could not be got back, or not to now. Good: 0. The Recoverability dashboard says why.',
    unit: 'none',
    none: 'none',
    steps: ANY_IS_BAD,
    queries: [q(inState('pg_recoverability_status', 'status="not_recoverable"'), 'servers')],
    width: 3,
    more: ['walguard-recoverability'],
  }),
  stat({
    id: 104,
    title: 'At risk',
    says: 'Servers that can be got back, but with something wrong or not as the policy asks. Good: 0.',
    unit: 'none',
    none: 'none',
    steps: ['green', [1, 'orange']],
    queries: [q(inState('pg_recoverability_status', 'status="at_risk"'), 'servers')],
    width: 3,
    more: ['walguard-recoverability'],
  }),
  stat({
    id: 105,
    title: 'Archiving broken',
    says: 'Servers whose archiver is not configured, stalled, failing, hung, down or loses WAL. Good: 0.',
    unit: 'none',
    none: 'none',
    steps: ANY_IS_BAD,
    queries: [q(inState('pg_archiver_state', 'state=~"not_configured|stalled|failing|hung|down|losing"'), 'servers')],
    width: 3,
    more: ['walguard-recoverability'],
  }),
  stat({
    id: 106,
    title: 'Of the rpo',
    says: 'The largest part of a configured rpo that would be lost now. Good: below 80 %; from 100 % on more would be lost than is allowed.',
    unit: 'percentunit',
    decimals: 0,
    none: 'no rpo is configured',
    steps: SHARE,
    queries: [q(`max(${EXPOSURE_SHARE})`, 'of the rpo')],
    width: 3,
    more: ['walguard-recoverability'],
  }),
  stat({
    id: 107,
    title: 'Furthest standby',
    says: 'The largest replay lag of a standby, with its apply delay. Good: seconds; it grows with a large transaction, and on an idle primary too until the next commit is replayed.',
    unit: 's',
    none: 'no standby',
    steps: ['green', [60, 'orange'], [900, 'red']],
    queries: [q('max(pg_replica_replay_lag_seconds{})', 'behind')],
    width: 3,
    more: ['walguard-replication'],
  }),
  stat({
    id: 108,
    title: 'Alerts that fire',
    says: 'Alerts of Prometheus that fire for the chosen targets. Good: 0, also if no rule is loaded.',
    unit: 'none',
    none: 'none',
    steps: ANY_IS_BAD,
    queries: [q('count(ALERTS{alertstate="firing"}) or vector(0)', 'alerts')],
    width: 3,
  }),
]);

const CLUSTERS = row(200, 'Clusters', [
  table({
    id: 201,
    title: 'Clusters',
    says: 'A row for each value of the label cluster, or for each job without that label. Good: one primary, all servers up, recoverable. A click on the cluster shows its recoverability.',
    labels: [
      { label: 'job', name: 'Job' },
      { label: 'cluster', name: 'Cluster', to: 'walguard-recoverability' },
    ],
    values: [
      column('Servers', 'count by (job, cluster) (pg_up{})'),
      column('Down', 'sum by (job, cluster) (1 - pg_up{})', { steps: ANY_IS_BAD }),
      column('Primaries', 'sum by (job, cluster) (1 - pg_in_recovery{})'),
      column('Verdict', `max by (job, cluster) (${VERDICT})`, { words: VERDICT_WORDS }),
      column('Archiver', `max by (job, cluster) (${ARCHIVER_STATE})`, { words: ARCHIVER_WORDS }),
      column('Exposure', 'max by (job, cluster) (pg_recovery_point_exposure_seconds{})', { unit: 's' }),
      column('Of the rpo', `max by (job, cluster) (${EXPOSURE_SHARE})`, {
        unit: 'percentunit',
        decimals: 0,
        steps: SHARE,
      }),
      column('Newest backup', BACKUP_AGE, { unit: 's' }),
      column('Replay lag', 'max by (job, cluster) (pg_replica_replay_lag_seconds{})', { unit: 's' }),
      column('Transaction ids', `max by (job, cluster) (${XID_SHARE})`, {
        unit: 'percentunit',
        decimals: 1,
        steps: XIDS,
      }),
    ],
    largestFirst: 'Verdict',
    height: 7,
  }),
]);

const SERVERS = row(300, 'Servers', [
  table({
    id: 301,
    title: 'Servers',
    says: 'A row for each target. Good: up, its role as you expect it, archiver ok (standby on a standby). A click on the server shows it.',
    labels: [
      { label: 'job', name: 'Job' },
      { label: 'cluster', name: 'Cluster', to: 'walguard-recoverability' },
      { label: 'instance', name: 'Server', to: 'walguard-instance' },
      { label: 'server_version', name: 'Version' },
    ],
    infos: ['group by (job, cluster, instance, server_version) (pg_server_info{})'],
    values: [
      column('State', perServer('pg_up{}'), { words: UP_WORDS }),
      column('Role', perServer('pg_in_recovery{}'), { words: ROLE_WORDS }),
      column('Verdict', VERDICT, { words: VERDICT_WORDS }),
      column('Archiver', ARCHIVER_STATE, { words: ARCHIVER_WORDS }),
      column('Exposure', perServer('pg_recovery_point_exposure_seconds{}'), { unit: 's' }),
      column('Replay lag', perServer('pg_replica_replay_lag_seconds{}'), { unit: 's' }),
      column('Connections', `${CONNECTED} / ${perServer('pg_settings_max_connections{}')}`, {
        unit: 'percentunit',
        steps: CONNECTIONS,
      }),
      column('Transaction ids', XID_SHARE, { unit: 'percentunit', decimals: 1, steps: XIDS }),
      column('Runs since', perServer('time() - pg_postmaster_start_time_seconds{}'), { unit: 's' }),
      column('Failing collectors', 'sum by (job, cluster, instance) (1 - walguard_collector_success{})', {
        steps: ['green', [1, 'orange']],
      }),
    ],
    height: 9,
  }),
]);

const PAST = row(400, 'What happened', [
  stateTimeline({
    id: 401,
    title: 'Up or down',
    says: 'Whether the scrapes reached each target. Good: green from end to end; a hole is a walguard or Prometheus that did not run.',
    unit: 'none',
    words: UP_WORDS,
    queries: [q(perServer('pg_up{}'))],
    width: 12,
    height: 7,
  }),
  stateTimeline({
    id: 402,
    title: 'Verdict',
    says: 'Whether each server could have been got back. Good: recoverable from end to end. unknown: this walguard reads no backups and no archive.',
    unit: 'none',
    words: VERDICT_WORDS,
    queries: [q(VERDICT)],
    width: 12,
    height: 7,
    more: ['walguard-recoverability'],
  }),
  stateTimeline({
    id: 403,
    title: 'Role',
    says: 'Primary or standby. Good: one primary in a cluster at any time, and no change that nobody meant.',
    unit: 'none',
    words: ROLE_WORDS,
    queries: [q(perServer('pg_in_recovery{}'))],
    width: 12,
    height: 7,
    more: ['walguard-replication'],
  }),
  stateTimeline({
    id: 404,
    title: 'Archiver',
    says: 'The state of each archiver. Good: ok on a primary, standby on a standby.',
    unit: 'none',
    words: ARCHIVER_WORDS,
    queries: [q(ARCHIVER_STATE)],
    width: 12,
    height: 7,
    more: ['walguard-recoverability'],
  }),
]);

const LOAD = closedRow(500, 'Load', [
  timeSeries({
    id: 501,
    title: 'Transactions',
    says: 'Transactions that ended each second. Good: what is usual at this hour.',
    unit: 'cps',
    queries: [
      q(
        `sum by (job, cluster, instance) (rate(pg_stat_database_xact_commit{}[$__rate_interval]) + rate(pg_stat_database_xact_rollback{}[$__rate_interval]))`,
      ),
    ],
    more: ['walguard-instance'],
  }),
  timeSeries({
    id: 502,
    title: 'WAL written',
    says: 'WAL that primaries write each second. Good: what is usual; it is what archiving and replication have to carry.',
    unit: 'Bps',
    queries: [q('rate(pg_wal_bytes_total{}[$__rate_interval])')],
    more: ['walguard-wal'],
  }),
  timeSeries({
    id: 503,
    title: 'Connections',
    says: 'Sessions connected to databases. Good: steady, and well below max_connections.',
    unit: 'short',
    queries: [q(CONNECTED)],
    more: ['walguard-sessions'],
  }),
  timeSeries({
    id: 504,
    title: 'Size of the databases',
    says: 'Bytes of all databases of a server. Good: grows as the business does.',
    unit: 'bytes',
    queries: [q('sum by (job, cluster, instance) (pg_database_size_bytes{})')],
    more: ['walguard-instance'],
  }),
  table({
    id: 505,
    title: 'Alerts that fire',
    says: 'Alerts of Prometheus that fire for the chosen targets. Good: empty; it is empty too where no rule is loaded.',
    labels: [
      { label: 'alertname', name: 'Alert' },
      { label: 'severity', name: 'Severity' },
      { label: 'cluster', name: 'Cluster', to: 'walguard-recoverability' },
      { label: 'instance', name: 'Server', to: 'walguard-instance' },
    ],
    values: [column('Alerts', 'count by (alertname, severity, cluster, instance) (ALERTS{alertstate="firing"})')],
    width: 24,
  }),
]);

export const FLEET: BoardSpec = {
  uid: 'walguard-fleet',
  title: 'PostgreSQL / Fleet',
  answers: 'Which of my servers and clusters needs me? The first of four levels: fleet, cluster, server, topic.',
  targets: 'pg_up',
  rows: [NOW, CLUSTERS, SERVERS, PAST, LOAD],
};
