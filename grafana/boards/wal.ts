import { limit, q, row, stat, timeSeries } from '../layer/panels.ts';
import type { BoardSpec, Steps } from '../layer/spec.ts';
import { ASYNCHRONOUS, IO, WRITERS } from './wal-io.ts';

const NEEDED =
  'rate(pg_wal_bytes_total{}[$__rate_interval]) * pg_settings_checkpoint_timeout_seconds{} * (1 + pg_settings_checkpoint_completion_target{})';
const SINCE_CHECKPOINT = 'pg_time_seconds{} - pg_last_checkpoint_timestamp_seconds{}';
const FILLING: Steps = ['red', [86_400, 'orange'], [604_800, 'green']];

const NOW = row(100, 'Now', [
  stat({
    id: 101,
    title: 'WAL written',
    says: 'WAL that primaries write each second. Good: what is usual at this hour.',
    unit: 'Bps',
    none: 'no primary',
    queries: [q('sum(rate(pg_wal_bytes_total{}[$__rate_interval]))', 'written')],
    width: 4,
  }),
  stat({
    id: 102,
    title: 'max_wal_size needed',
    says: 'The largest max_wal_size that the WAL of the time shown needed so that checkpoints come by checkpoint_timeout: rate * checkpoint_timeout * (1 + checkpoint_completion_target). Good: below max_wal_size.',
    unit: 'bytes',
    none: 'no primary',
    over: 'max',
    queries: [q(NEEDED)],
    width: 4,
  }),
  stat({
    id: 103,
    title: 'Of max_wal_size',
    says: 'The same as a part of max_wal_size, now. Good: below 100 %; above, the volume of WAL forces checkpoints.',
    unit: 'percentunit',
    none: 'no primary',
    steps: ['green', [1, 'orange'], [2, 'red']],
    queries: [q(`${NEEDED} / pg_settings_max_wal_size_bytes{}`)],
    width: 4,
  }),
  stat({
    id: 104,
    title: 'Last checkpoint',
    says: 'Time since the last complete checkpoint began, of the server where it is longest. Good: below checkpoint_timeout under load; an idle server makes none.',
    unit: 's',
    none: 'not known',
    queries: [q(`max(${SINCE_CHECKPOINT})`, 'the longest')],
    width: 4,
  }),
  stat({
    id: 105,
    title: 'Free for WAL',
    says: 'Bytes free where the WAL directory is, of the server that has least; known where walguard runs on that host or was told the size. Good: room for hours of WAL.',
    unit: 'bytes',
    none: 'not known here',
    queries: [q('min(pg_wal_directory_available_bytes{})', 'the least')],
    width: 4,
  }),
  stat({
    id: 106,
    title: 'Full in',
    says: 'Time until no byte is free there, at the rate of the last hour, of the server that is first. Good: does not grow, or weeks. PostgreSQL stops when it is full.',
    unit: 's',
    none: 'does not grow',
    steps: FILLING,
    queries: [q('min(pg_wal_directory_until_full_seconds{})', 'the first')],
    width: 4,
  }),
]);

const CHECKPOINTS = row(200, 'Checkpoints', [
  timeSeries({
    id: 201,
    title: 'Checkpoints an hour',
    says: 'By checkpoint_timeout (timed), and by the volume of WAL or by command (requested), with skipped ones; on a standby restartpoints. Good: nearly all timed.',
    unit: 'short',
    queries: [
      q('3600 * rate(pg_checkpoints_timed_total{}[$__rate_interval])', '{{instance}} timed'),
      q('3600 * rate(pg_checkpoints_requested_total{}[$__rate_interval])', '{{instance}} requested'),
    ],
    colours: { requested$: 'orange' },
    width: 12,
  }),
  timeSeries({
    id: 202,
    title: 'max_wal_size that is needed, and that is set',
    says: 'What the present rate of WAL needs, and max_wal_size as the dashed line. Good: below the line but for short bursts. Above it, raise max_wal_size to what is needed.',
    unit: 'bytes',
    queries: [q(NEEDED), limit('max by (job, cluster) (pg_settings_max_wal_size_bytes{})', 'max_wal_size')],
    width: 12,
  }),
  timeSeries({
    id: 203,
    title: 'Share of time that checkpoints write and sync',
    says: 'Seconds of writing and of syncing each second. Good: writing up to checkpoint_completion_target, syncing near 0; much syncing is a disk that cannot keep up.',
    unit: 'percentunit',
    queries: [
      q('rate(pg_checkpoint_write_seconds_total{}[$__rate_interval])', '{{instance}} writing'),
      q('rate(pg_checkpoint_sync_seconds_total{}[$__rate_interval])', '{{instance}} syncing'),
    ],
    colours: { syncing$: 'red' },
    width: 8,
  }),
  timeSeries({
    id: 204,
    title: 'Time since the last checkpoint',
    says: 'A saw that falls when a checkpoint completes, and checkpoint_timeout as the dashed line. Good: the teeth reach about twice the line at most (a checkpoint is counted from its start), unless nothing is written.',
    unit: 's',
    queries: [
      q(SINCE_CHECKPOINT),
      limit('max by (job, cluster) (pg_settings_checkpoint_timeout_seconds{})', 'checkpoint_timeout'),
    ],
    width: 8,
  }),
  timeSeries({
    id: 205,
    title: 'WAL that a crash would replay',
    says: 'From the last checkpoint to now. Good: a saw below max_wal_size; it is what a restart after a crash has to read.',
    unit: 'bytes',
    queries: [q('pg_last_checkpoint_redo_distance_bytes{}')],
    width: 8,
  }),
]);

const VOLUME = row(300, 'WAL', [
  timeSeries({
    id: 301,
    title: 'WAL written',
    says: 'WAL each second by the position of the server. Good: follows the load; it is what archiving, standbys and backups have to carry.',
    unit: 'Bps',
    queries: [q('rate(pg_wal_bytes_total{}[$__rate_interval])')],
    width: 8,
  }),
  timeSeries({
    id: 302,
    title: 'Size of pg_wal',
    says: 'WAL files in the directory, with those kept for later use, and max_wal_size as the dashed line. Good: between min_wal_size and max_wal_size; above it something holds WAL back.',
    unit: 'bytes',
    queries: [
      q('pg_wal_size_bytes{}'),
      limit('max by (job, cluster) (pg_settings_max_wal_size_bytes{})', 'max_wal_size'),
    ],
    width: 8,
  }),
  timeSeries({
    id: 303,
    title: 'Who holds WAL back',
    says: 'Bytes up to now that each reason keeps from being removed; the largest counts, not the sum. Good: checkpoint is the largest; archiver or slot above it is archiving that fails, or a reader that is gone.',
    unit: 'bytes',
    queries: [q('pg_wal_retained_bytes{}', '{{instance}} {{reason}}')],
    width: 8,
  }),
  timeSeries({
    id: 304,
    title: 'Records with an image of a page',
    says: 'Images of whole pages as a part of the records of WAL, PostgreSQL 14 and later. Good: a few percent; much more after each checkpoint are checkpoints that come too often.',
    unit: 'percentunit',
    queries: [
      q('rate(pg_stat_wal_fpi_total{}[$__rate_interval]) / (rate(pg_stat_wal_records_total{}[$__rate_interval]) > 0)'),
    ],
    width: 8,
  }),
  timeSeries({
    id: 305,
    title: 'WAL buffers full',
    says: 'Times a process had to write WAL itself because wal_buffers were full, PostgreSQL 14 and later. Good: 0.',
    unit: 'cps',
    queries: [q('rate(pg_stat_wal_buffers_full_total{}[$__rate_interval])')],
    width: 8,
  }),
  timeSeries({
    id: 306,
    title: 'Files in pg_wal',
    says: 'WAL segment files, with those kept for later use. Good: steady.',
    unit: 'short',
    queries: [q('pg_wal_segments{}')],
    width: 8,
  }),
]);

export const WAL: BoardSpec = {
  uid: 'walguard-wal',
  title: 'PostgreSQL / WAL and checkpoints',
  answers:
    'Do checkpoints come by time, is max_wal_size large enough, and what fills pg_wal? The last of four levels: fleet, cluster, server, topic.',
  targets: 'pg_up',
  rows: [NOW, CHECKPOINTS, VOLUME, WRITERS, IO, ASYNCHRONOUS],
};
