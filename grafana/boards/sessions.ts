import { limit, q, row, stat, timeSeries } from '../layer/panels.ts';
import type { BoardSpec } from '../layer/spec.ts';
import { LOG } from './sessions-log.ts';
import { COMMANDS, HISTORY, STATEMENTS } from './sessions-statements.ts';

const CHOSEN = '{datname=~"$datname"}';
const CLIENTS = '{datname=~"$datname",backend_type="client backend"}';
const USABLE = 'sum(pg_settings_max_connections{} - pg_settings_superuser_reserved_connections{})';

const NOW = row(100, 'Now', [
  stat({
    id: 101,
    title: 'Active',
    says: 'Client sessions that run a query. Good: up to about twice the processors; more only wait for each other.',
    unit: 'none',
    none: '0',
    queries: [
      q(`sum(pg_stat_activity_count${CLIENTS} and pg_stat_activity_count{state="active"}) or vector(0)`, 'active'),
    ],
    width: 4,
  }),
  stat({
    id: 102,
    title: 'Idle in transaction',
    says: 'Client sessions that keep a transaction open without work. Good: 0 but for moments; they hold locks and keep vacuum from cleaning.',
    unit: 'none',
    none: '0',
    steps: ['green', [5, 'orange'], [20, 'red']],
    queries: [
      q('sum(pg_stat_activity_count{datname=~"$datname",state=~"idle in transaction.*"}) or vector(0)', 'idle'),
    ],
    width: 4,
  }),
  stat({
    id: 103,
    title: 'Wait for a lock',
    says: 'Processes that wait for a lock of a table, row or transaction. Good: 0 but for moments.',
    unit: 'none',
    none: 'not known',
    steps: ['green', [1, 'orange'], [10, 'red']],
    queries: [q('sum(pg_blocked_backends{})', 'wait')],
    width: 4,
  }),
  stat({
    id: 104,
    title: 'Block others',
    says: 'Processes that hold a lock others wait for and do not wait themselves. Good: 0; end the one that blocks, not those that wait.',
    unit: 'none',
    none: 'not known',
    steps: ['green', [1, 'orange']],
    queries: [q('sum(pg_blocking_backends{})', 'block')],
    width: 4,
  }),
  stat({
    id: 105,
    title: 'Oldest transaction',
    says: 'How long the oldest open transaction has run. Good: seconds; hours keep vacuum from cleaning every table.',
    unit: 's',
    none: 'none is open',
    steps: ['green', [3600, 'orange'], [86_400, 'red']],
    queries: [q(`max(pg_stat_activity_max_tx_duration${CLIENTS})`, 'oldest')],
    width: 4,
  }),
  stat({
    id: 106,
    title: 'Longest query',
    says: 'How long the oldest query that still runs has taken. Good: what your longest report takes.',
    unit: 's',
    none: 'none runs',
    queries: [q(`max(pg_activity_longest_query_seconds${CHOSEN})`, 'longest')],
    width: 4,
  }),
]);

const SESSIONS = row(200, 'Sessions', [
  timeSeries({
    id: 201,
    title: 'By state',
    says: 'Client sessions by state, and what max_connections leaves to users as the dashed line. Good: far below the line, mostly idle.',
    unit: 'short',
    stacked: true,
    queries: [q(`sum by (state) (pg_stat_activity_count${CLIENTS})`, '{{state}}'), limit(USABLE, 'usable')],
    width: 12,
  }),
  timeSeries({
    id: 202,
    title: 'What active sessions wait for',
    says: 'Active sessions by the kind of what they wait for; without a kind they work. Good: most of them work. Lock: another transaction; IO: the disk; LWLock: each other; Client: the application.',
    unit: 'short',
    stacked: true,
    queries: [
      q(
        'label_replace(sum by (wait_event_type) (pg_stat_activity_count{datname=~"$datname",state="active"}), "wait_event_type", "they work", "wait_event_type", "")',
        '{{wait_event_type}}',
      ),
    ],
    width: 12,
  }),
  timeSeries({
    id: 203,
    title: 'By user',
    says: 'Client sessions by the role they logged in as. Good: each application within what its pool may open.',
    unit: 'short',
    queries: [q(`sum by (usename) (pg_stat_activity_count${CLIENTS})`, '{{usename}}')],
    width: 8,
  }),
  timeSeries({
    id: 204,
    title: 'By application',
    says: 'Client sessions by what they call themselves, the ten with most. Good: nobody unknown.',
    unit: 'short',
    queries: [
      q(
        `label_replace(topk(10, sum by (application_name) (pg_stat_activity_count${CLIENTS})), "application_name", "no name", "application_name", "")`,
        '{{application_name}}',
      ),
    ],
    width: 8,
  }),
  timeSeries({
    id: 205,
    title: 'Oldest of each',
    says: 'The oldest session, query and idle transaction of clients. Good: queries of seconds, idle transactions of less.',
    unit: 's',
    queries: [
      q(`max by (instance) (pg_activity_oldest_session_seconds${CHOSEN})`, '{{instance}} session'),
      q(`max by (instance) (pg_activity_longest_query_seconds${CHOSEN})`, '{{instance}} query'),
      q(
        `max by (instance) (pg_activity_longest_idle_in_transaction_seconds${CHOSEN})`,
        '{{instance}} idle transaction',
      ),
    ],
    colours: { 'idle transaction$': 'orange' },
    width: 8,
  }),
]);

const LOCKS = row(300, 'Locks', [
  timeSeries({
    id: 301,
    title: 'Waiting and blocking',
    says: 'Processes that wait for a lock, those that block others, and the longest chain of processes that wait one behind the other. Good: 0; a chain that grows is a queue behind one statement, often DDL.',
    unit: 'short',
    queries: [
      q('pg_blocked_backends{}', '{{instance}} wait'),
      q('pg_blocking_backends{}', '{{instance}} block'),
      q('pg_blocking_chain_length{}', '{{instance}} chain'),
    ],
    width: 8,
  }),
  timeSeries({
    id: 302,
    title: 'Locks by mode',
    says: 'Locks held or awaited, by mode. Good: accesssharelock and rowexclusivelock most; accessexclusivelock for moments only.',
    unit: 'short',
    stacked: true,
    queries: [q(`sum by (mode) (pg_locks_count${CHOSEN}) > 0`, '{{mode}}')],
    width: 8,
  }),
  timeSeries({
    id: 303,
    title: 'Longest wait, by what is locked',
    says: 'How long the longest wait for a lock has lasted. Good: below deadlock_timeout, or none.',
    unit: 's',
    queries: [
      q(
        `max by (locktype) (pg_locks_longest_wait_seconds{}) or 0 * max by (locktype) (pg_locks_waiting{} > 0) or label_replace(0 * max(pg_up{}), "locktype", "none", "", "")`,
        '{{locktype}}',
      ),
    ],
    width: 8,
  }),
  timeSeries({
    id: 304,
    title: 'Deadlocks',
    says: 'Deadlocks found an hour. Good: 0; each cost one transaction, which the application must repeat.',
    unit: 'short',
    queries: [
      q(
        `3600 * sum by (instance, datname) (rate(pg_stat_database_deadlocks${CHOSEN}[$__rate_interval]))`,
        '{{instance}} {{datname}}',
      ),
    ],
    width: 12,
  }),
  timeSeries({
    id: 305,
    title: 'Temporary files',
    says: 'Bytes that queries wrote into temporary files each second, by database. Good: 0 for short transactions; else raise work_mem for that role or look at its queries.',
    unit: 'Bps',
    queries: [
      q(
        `sum by (instance, datname) (rate(pg_stat_database_temp_bytes${CHOSEN}[$__rate_interval]))`,
        '{{instance}} {{datname}}',
      ),
    ],
    width: 12,
  }),
]);

export const SESSION_BOARD: BoardSpec = {
  uid: 'walguard-sessions',
  title: 'PostgreSQL / Sessions and statements',
  answers:
    'Who is connected, what do they wait for, who blocks whom, and which statements cost most? The last of four levels: fleet, cluster, server, topic.',
  targets: 'pg_up',
  databases: 'pg_stat_database_numbackends',
  rows: [NOW, SESSIONS, LOCKS, HISTORY, STATEMENTS, COMMANDS, LOG],
};
