import { closedRow, column, limit, q, row, table, timeSeries } from '../layer/panels.ts';
import { GOOD_WORDS, PLAIN_WORDS } from '../layer/words.ts';

const SLOT = 'job, cluster, instance, slot_name';
const SLOT_LEGEND = '{{instance}} {{slot_name}}';

function perSlot(expr: string): string {
  return `max by (${SLOT}) (${expr})`;
}

export const SLOTS = row(500, 'Slots', [
  table({
    id: 501,
    title: 'Slots',
    says: 'Every replication slot. Good: in use, WAL reserved or extended, and no invalidation. Why a slot was lost is told from PostgreSQL 16 on.',
    labels: [
      { label: 'job', name: 'Job' },
      { label: 'cluster', name: 'Cluster' },
      { label: 'instance', name: 'Server', to: 'walguard-wal' },
      { label: 'slot_name', name: 'Slot' },
      { label: 'slot_type', name: 'Type' },
      { label: 'plugin', name: 'Plugin' },
      { label: 'invalidation_reason', name: 'Lost by' },
      { label: 'wal_status', name: 'WAL' },
    ],
    infos: [
      `group by (${SLOT}, slot_type, plugin, invalidation_reason) (pg_replication_slots_info{})`,
      `group by (${SLOT}, wal_status) (pg_replication_slots_wal_status{})`,
    ],
    values: [
      column('In use', perSlot('pg_replication_slots_slot_is_active{}'), { words: GOOD_WORDS }),
      column('Retains', perSlot('pg_replication_slots_pg_wal_lsn_diff{}'), { unit: 'bytes' }),
      column('Left until it loses', perSlot('pg_replication_slots_safe_wal_size_bytes{}'), { unit: 'bytes' }),
      column('Temporary', perSlot('pg_replication_slots_temporary{}'), { words: PLAIN_WORDS }),
    ],
    width: 24,
    height: 7,
  }),
  timeSeries({
    id: 502,
    title: 'WAL that slots retain',
    says: 'Bytes from the oldest position of each slot to now, and max_slot_wal_keep_size where it is set. Good: a saw below max_wal_size; a line that rises steadily belongs to a slot that nobody reads.',
    unit: 'bytes',
    queries: [
      q('pg_replication_slots_pg_wal_lsn_diff{}', SLOT_LEGEND),
      limit('max(pg_settings_max_slot_wal_keep_size_bytes{} > 0)', 'max_slot_wal_keep_size'),
    ],
    width: 8,
  }),
  timeSeries({
    id: 503,
    title: 'Left until a slot loses WAL',
    says: 'WAL that may be written before the slot can lose what it needs; known where max_slot_wal_keep_size is set. Good: far from 0.',
    unit: 'bytes',
    signed: true,
    queries: [q('pg_replication_slots_safe_wal_size_bytes{}', SLOT_LEGEND)],
    width: 8,
  }),
  timeSeries({
    id: 504,
    title: 'Transactions that slots keep visible',
    says: 'The age of the oldest transaction whose rows, or rows of catalogs, a slot keeps. Good: thousands; millions keep vacuum from cleaning.',
    unit: 'short',
    queries: [
      q('pg_replication_slots_xmin_age{}', SLOT_LEGEND),
      q('pg_replication_slots_catalog_xmin_age{}', `${SLOT_LEGEND} catalogs`),
    ],
    width: 8,
  }),
]);

export const STANDBY = closedRow(600, 'Queries against replay, and reading ahead', [
  timeSeries({
    id: 601,
    title: 'Queries canceled for replay',
    says: 'Queries on standbys that had to give way to replay. Good: 0; hot_standby_feedback avoids most, for the price of dead rows on the primary.',
    unit: 'cps',
    queries: [q('sum by (job, cluster, instance) (rate(pg_stat_database_conflicts{}[$__rate_interval]))')],
    width: 12,
  }),
  timeSeries({
    id: 602,
    title: 'Canceled, by what replay needed',
    says: 'The same by reason. Good: 0. snapshot: rows were removed that they could see; lock: replay waited longer than max_standby_streaming_delay.',
    unit: 'cps',
    queries: [
      q('sum(rate(pg_stat_database_conflicts_confl_snapshot{}[$__rate_interval]))', 'snapshot'),
      q('sum(rate(pg_stat_database_conflicts_confl_lock{}[$__rate_interval]))', 'lock'),
      q('sum(rate(pg_stat_database_conflicts_confl_bufferpin{}[$__rate_interval]))', 'buffer pin'),
      q('sum(rate(pg_stat_database_conflicts_confl_deadlock{}[$__rate_interval]))', 'deadlock'),
      q('sum(rate(pg_stat_database_conflicts_confl_tablespace{}[$__rate_interval]))', 'tablespace'),
    ],
    width: 12,
  }),
  timeSeries({
    id: 603,
    title: 'Last message of the upstream',
    says: 'Seconds since each WAL receiver last heard from its upstream. Good: below wal_sender_timeout, mostly below 10 s.',
    unit: 's',
    queries: [
      q(
        'pg_time_seconds{} - on (job, cluster, instance) group_right () max by (job, cluster, instance, upstream_host) (pg_stat_wal_receiver_last_msg_receipt_time{})',
        '{{instance}} from {{upstream_host}}',
      ),
    ],
    width: 12,
  }),
  timeSeries({
    id: 604,
    title: 'Blocks read ahead of replay',
    says: 'Blocks that were read each second before replay needed them, PostgreSQL 15 and later, with recovery_prefetch. Good: as many as replay would have to wait for; 0 where shared buffers hold them all.',
    unit: 'cps',
    queries: [q('rate(pg_stat_recovery_prefetch_prefetched_blocks_total{}[$__rate_interval])')],
    width: 12,
  }),
]);

export const LOGICAL = closedRow(700, 'Logical replication', [
  timeSeries({
    id: 701,
    title: 'Decoded',
    says: 'Bytes of transactions decoded and sent for each logical slot, PostgreSQL 14 and later. Good: as much as is published.',
    unit: 'Bps',
    queries: [q('rate(pg_stat_replication_slots_decoded_bytes_total{}[$__rate_interval])', '{{slot_name}}')],
    width: 8,
  }),
  timeSeries({
    id: 702,
    title: 'Spilled to disk',
    says: 'Bytes of large transactions that decoding spilled, PostgreSQL 14 and later. Good: 0, or rare; raise logical_decoding_work_mem else.',
    unit: 'Bps',
    queries: [q('rate(pg_stat_replication_slots_spill_bytes_total{}[$__rate_interval])', '{{slot_name}}')],
    width: 8,
  }),
  timeSeries({
    id: 703,
    title: 'Confirmed by the subscriber',
    says: 'WAL between the position that the consumer of a logical slot confirmed and the current one. Good: near 0; a line that rises is a subscriber that does not keep up.',
    unit: 'bytes',
    queries: [
      q('pg_replication_slots_slot_current_wal_lsn{} - pg_replication_slots_slot_confirmed_flush_lsn{}', SLOT_LEGEND),
    ],
    width: 8,
  }),
  timeSeries({
    id: 704,
    title: 'Workers of subscriptions',
    says: 'Workers that apply changes. Good: 1 or more for every subscription that is enabled; 0 is a subscription that is down or fails again and again.',
    unit: 'none',
    queries: [q('pg_subscription_apply_workers{}', '{{instance}} {{subname}}')],
    width: 12,
  }),
  timeSeries({
    id: 705,
    title: 'Errors of subscriptions',
    says: 'Errors each second while applying changes and copying tables, PostgreSQL 15 and later. Good: 0; one that comes again with every attempt stops the subscription.',
    unit: 'cps',
    queries: [
      q(
        'rate(pg_subscription_apply_errors_total{}[$__rate_interval]) + rate(pg_subscription_sync_errors_total{}[$__rate_interval])',
        '{{instance}} {{subname}}',
      ),
    ],
    width: 12,
  }),
]);
