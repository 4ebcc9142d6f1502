import { column, q, row, stat, stateTimeline, table, timeSeries } from '../layer/panels.ts';
import { perServer } from '../layer/select.ts';
import type { BoardSpec } from '../layer/spec.ts';
import { GOOD_WORDS, PLAIN_WORDS, ROLE_WORDS } from '../layer/words.ts';
import { LOGICAL, SLOTS, STANDBY } from './replication-slots.ts';

const SENDER = 'job, cluster, instance, application_name, client_addr, slot_name';
const RECEIVER = '{{instance}} to {{application_name}}';

const NOW = row(100, 'Now', [
  stat({
    id: 101,
    title: 'Receivers that stream',
    says: 'WAL senders in the state streaming: standbys, receivers of WAL, subscribers. Good: as many as you have. catchup and backup are not counted.',
    unit: 'none',
    none: '0',
    queries: [q('sum(pg_replication_sender_info{state="streaming"})', 'streaming')],
    width: 4,
  }),
  stat({
    id: 102,
    title: 'Without a stream',
    says: 'Standbys that have a primary_conninfo and whose WAL receiver does not stream. Good: 0. Their lag in bytes is not known then.',
    unit: 'none',
    none: 'no standby',
    steps: ['green', [1, 'red']],
    queries: [q('sum(pg_wal_receiver_expected{} - pg_wal_receiver_streaming{})', 'standbys')],
    width: 4,
  }),
  stat({
    id: 103,
    title: 'Synchronous missing',
    says: 'Standbys that must confirm a commit, less those that stream. Good: 0 or less; from 1 on commits wait for ever.',
    unit: 'none',
    none: 'no primary',
    steps: ['green', [1, 'red']],
    queries: [q('max(pg_sync_standbys_required{} - pg_sync_standbys_streaming{})', 'missing')],
    width: 4,
  }),
  stat({
    id: 104,
    title: 'Furthest behind',
    says: 'The largest replay lag of a standby in seconds, with its apply delay. Good: seconds. It grows on an idle primary too, until the next commit is replayed.',
    unit: 's',
    none: 'no standby',
    steps: ['green', [60, 'orange'], [900, 'red']],
    queries: [q('max(pg_replica_replay_lag_seconds{})', 'behind')],
    width: 4,
  }),
  stat({
    id: 105,
    title: 'Slots that nobody reads',
    says: 'Replication slots not in use. Good: 0; each keeps WAL and may fill the disk. A slot of a standby that is being restarted is one for a moment.',
    unit: 'none',
    none: 'no slot',
    steps: ['green', [1, 'orange']],
    queries: [q('sum(1 - pg_replication_slots_slot_is_active{})', 'slots')],
    width: 4,
  }),
  stat({
    id: 106,
    title: 'Slots that lose WAL',
    says: 'Slots whose WAL is unreserved or lost. Good: 0. unreserved: the next checkpoint may remove it; lost: its reader must be made anew.',
    unit: 'none',
    none: 'no slot',
    steps: ['green', [1, 'red']],
    queries: [
      q(
        'sum(pg_replication_slots_wal_status{wal_status=~"unreserved|lost"}) or 0 * count(pg_replication_slots_slot_is_active{})',
        'slots',
      ),
    ],
    width: 4,
  }),
]);

const TOPOLOGY = row(200, 'Who follows whom', [
  table({
    id: 201,
    title: 'Receivers of WAL',
    says: 'A row for each receiver of WAL and the server it reads from. Good: every standby is there, streaming, with a lag of bytes and milliseconds.',
    labels: [
      { label: 'job', name: 'Job' },
      { label: 'cluster', name: 'Cluster' },
      { label: 'instance', name: 'From', to: 'walguard-instance' },
      { label: 'application_name', name: 'Receiver' },
      { label: 'client_addr', name: 'Address' },
      { label: 'slot_name', name: 'Slot' },
      { label: 'state', name: 'State' },
      { label: 'sync_state', name: 'Synchronous' },
    ],
    infos: [`group by (${SENDER}, state, sync_state) (pg_replication_sender_info{})`],
    values: [
      column('Replay lag', `max by (${SENDER}) (pg_replication_replay_lag_bytes{})`, { unit: 'bytes' }),
      column('Replay takes', `max by (${SENDER}) (pg_replication_replay_lag_seconds{})`, { unit: 's' }),
      column('Connected', `1000 * max by (${SENDER}) (pg_replication_backend_start_timestamp_seconds{})`, {
        unit: 'dateTimeFromNow',
      }),
      column('Last reply', `1000 * max by (${SENDER}) (pg_replication_reply_timestamp_seconds{})`, {
        unit: 'dateTimeFromNow',
      }),
      column('Priority', `max by (${SENDER}) (pg_replication_sync_priority{})`),
    ],
    width: 24,
    height: 7,
  }),
  stateTimeline({
    id: 202,
    title: 'Role',
    says: 'Primary or standby. Good: one primary in a cluster at any time, and no change that nobody meant.',
    unit: 'none',
    words: ROLE_WORDS,
    queries: [q(perServer('pg_in_recovery{}'))],
    width: 8,
  }),
  timeSeries({
    id: 203,
    title: 'Timeline',
    says: 'The timeline of the WAL that each server writes or receives. Good: the same on all servers of a cluster; a promotion raises it.',
    unit: 'none',
    queries: [q('pg_timeline{}')],
    width: 8,
  }),
  timeSeries({
    id: 204,
    title: 'Synchronous standbys',
    says: 'Standbys that must confirm a synchronous commit, and those named for it that stream. Good: streaming at or above required.',
    unit: 'none',
    queries: [
      q('pg_sync_standbys_required{}', '{{instance}} required'),
      q('pg_sync_standbys_streaming{}', '{{instance}} streaming'),
    ],
    colours: { required$: 'orange' },
    width: 8,
  }),
]);

/** One of the four ways of WAL to a standby. */
function lagBytes(id: number, step: string, family: string, says: string): ReturnType<typeof timeSeries> {
  return timeSeries({
    id,
    title: `Not ${step} yet`,
    says: `${says} Good: near 0, and back to it after each burst.`,
    unit: 'bytes',
    queries: [q(`${family}{}`, RECEIVER)],
    width: 6,
  });
}

const LAG = row(300, 'Lag, as the sender sees it', [
  lagBytes(301, 'sent', 'pg_replication_sent_lag_bytes', 'WAL that waits for the sender or the network.'),
  lagBytes(302, 'written', 'pg_replication_write_lag_bytes', 'WAL that the receiver has not written yet.'),
  lagBytes(303, 'flushed', 'pg_replication_flush_lag_bytes', 'WAL that the disk of the receiver has not taken yet.'),
  lagBytes(304, 'replayed', 'pg_replication_replay_lag_bytes', 'WAL that queries on the standby do not see yet.'),
  timeSeries({
    id: 305,
    title: 'Time to be confirmed',
    says: 'How long recent WAL took until the receiver had written, flushed and replayed it, 0 when it has all. Good: milliseconds; write is the network, flush its disk, replay its processor or a query in the way.',
    unit: 's',
    queries: [
      q('pg_replication_write_lag_seconds{}', `${RECEIVER} written`),
      q('pg_replication_flush_lag_seconds{}', `${RECEIVER} flushed`),
      q('pg_replication_replay_lag_seconds{}', `${RECEIVER} replayed`),
    ],
    width: 24,
  }),
]);

const OWN_LAG = row(400, 'Lag, as the standby sees it', [
  timeSeries({
    id: 401,
    title: 'Seconds behind',
    says: 'The age of the last replayed commit, with an apply delay; 0 only while connected with all replayed. Good: seconds.',
    unit: 's',
    steps: ['green', [60, 'orange'], [900, 'red']],
    lines: true,
    queries: [q('pg_replica_replay_lag_seconds{}')],
    width: 8,
  }),
  timeSeries({
    id: 402,
    title: 'Bytes behind',
    says: 'WAL that the direct upstream has and the standby has not replayed; absent while it is not connected, which is no good sign. Good: near 0.',
    unit: 'bytes',
    queries: [q('pg_replica_replay_lag_bytes{}')],
    width: 8,
  }),
  timeSeries({
    id: 403,
    title: 'Time since the last commit replayed',
    says: 'Also while there is nothing to replay. Good: as often as the primary commits; with seconds behind at 0 a rise only says that nobody writes.',
    unit: 's',
    queries: [q('pg_replication_last_replay_seconds{}')],
    width: 8,
  }),
  stateTimeline({
    id: 404,
    title: 'Stream',
    says: 'Whether the WAL receiver of each standby streams and has heard from its upstream lately. Good: yes from end to end, but for a standby that is fed from the archive alone.',
    unit: 'none',
    words: GOOD_WORDS,
    queries: [q(perServer('pg_wal_receiver_streaming{}'))],
    width: 12,
    height: 5,
  }),
  stateTimeline({
    id: 405,
    title: 'Replay paused',
    says: 'Whether somebody paused replay. Good: no; a pause that was forgotten lets a standby fall behind without end.',
    unit: 'none',
    words: { ...PLAIN_WORDS, 1: ['paused', 'orange'] },
    queries: [q(perServer('pg_wal_replay_paused{}'))],
    width: 12,
    height: 5,
  }),
]);

export const REPLICATION: BoardSpec = {
  uid: 'walguard-replication',
  title: 'PostgreSQL / Replication',
  answers:
    'Does every standby follow, how far is it behind, and does a slot keep WAL that nobody fetches? The second of four levels: fleet, cluster, server, topic.',
  targets: 'pg_up',
  rows: [NOW, TOPOLOGY, LAG, OWN_LAG, SLOTS, STANDBY, LOGICAL],
};
