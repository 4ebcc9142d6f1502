import { closedRow, q, row, timeSeries } from '../layer/panels.ts';

const BLOCK = '* pg_settings_block_size{}';

export const WRITERS = row(400, 'Who writes buffers', [
  timeSeries({
    id: 401,
    title: 'Buffers written',
    says: 'Bytes of shared buffers written each second by checkpoints, the background writer and other processes. Good: checkpoints most; sessions that write much themselves wait for it.',
    unit: 'Bps',
    stacked: true,
    queries: [
      q(`rate(pg_checkpoint_buffers_written_total{}[$__rate_interval]) ${BLOCK}`, '{{instance}} checkpoints'),
      q(`rate(pg_stat_bgwriter_buffers_clean_total{}[$__rate_interval]) ${BLOCK}`, '{{instance}} background writer'),
      q(
        `rate(pg_stat_bgwriter_buffers_backend_total{}[$__rate_interval]) ${BLOCK}`,
        '{{instance}} sessions and others',
      ),
    ],
    width: 12,
  }),
  timeSeries({
    id: 402,
    title: 'Buffers taken into use',
    says: 'Buffers allocated each second. Good: low and steady once the working set is in memory.',
    unit: 'cps',
    queries: [q('rate(pg_stat_bgwriter_buffers_alloc_total{}[$__rate_interval])')],
    width: 6,
  }),
  timeSeries({
    id: 403,
    title: 'Writers at their limit',
    says: 'Rounds that the background writer ended early at bgwriter_lru_maxpages, and syncs that other processes had to make themselves. Good: 0 for both.',
    unit: 'cps',
    queries: [
      q('rate(pg_stat_bgwriter_maxwritten_clean_total{}[$__rate_interval])', '{{instance}} rounds ended early'),
      q('rate(pg_stat_bgwriter_buffers_backend_fsync_total{}[$__rate_interval])', '{{instance}} syncs by others'),
    ],
    width: 6,
  }),
]);

export const IO = closedRow(500, 'I/O by kind of process', [
  timeSeries({
    id: 501,
    title: 'Read',
    says: 'Bytes read each second by kind of process; before PostgreSQL 16 blocks read by each database. Good: sessions read little, the rest is vacuum and backups.',
    unit: 'Bps',
    queries: [
      q(
        `sum by (job, cluster, instance, backend_type) (rate(pg_stat_io_read_bytes_total{}[$__rate_interval])) > 0 or (sum by (job, cluster, instance) (rate(pg_stat_database_blks_read{}[$__rate_interval])) ${BLOCK})`,
        '{{instance}} {{backend_type}}',
      ),
    ],
    width: 12,
  }),
  timeSeries({
    id: 502,
    title: 'Written and extended',
    says: 'Bytes written and added to files each second by kind of process, PostgreSQL 16 and later. Good: the checkpointer writes most.',
    unit: 'Bps',
    queries: [
      q(
        'sum by (job, cluster, instance, backend_type) (rate(pg_stat_io_write_bytes_total{}[$__rate_interval])) + sum by (job, cluster, instance, backend_type) (rate(pg_stat_io_extend_bytes_total{}[$__rate_interval]))',
        '{{instance}} {{backend_type}}',
      ),
    ],
    width: 12,
  }),
  timeSeries({
    id: 503,
    title: 'Time spent reading blocks',
    says: 'Seconds that sessions spent each second reading and writing blocks of data files; 0 without track_io_timing. Good: a small part of the time that is worked.',
    unit: 's',
    queries: [
      q(
        'sum by (job, cluster, instance) (rate(pg_stat_database_blk_read_time{}[$__rate_interval])) / 1000',
        '{{instance}} reading',
      ),
      q(
        'sum by (job, cluster, instance) (rate(pg_stat_database_blk_write_time{}[$__rate_interval])) / 1000',
        '{{instance}} writing',
      ),
    ],
    width: 12,
  }),
  timeSeries({
    id: 504,
    title: 'Buffers pushed out',
    says: 'Blocks that left a buffer each second so that another could have it, PostgreSQL 16 and later. Good: few; many are a working set larger than shared_buffers.',
    unit: 'cps',
    queries: [
      q(
        'sum by (job, cluster, instance, context) (rate(pg_stat_io_evictions_total{}[$__rate_interval]))',
        '{{instance}} {{context}}',
      ),
    ],
    width: 12,
  }),
]);

export const ASYNCHRONOUS = closedRow(600, 'Small caches and asynchronous I/O', [
  timeSeries({
    id: 601,
    title: 'Blocks read into small caches',
    says: 'Blocks of the small caches (transaction states, subtransactions, multixacts and others) read from disk each second. Good: near 0.',
    unit: 'cps',
    queries: [q('rate(pg_stat_slru_blocks_read_total{}[$__rate_interval])', '{{instance}} {{name}}')],
    width: 12,
  }),
  timeSeries({
    id: 602,
    title: 'Asynchronous I/O under way',
    says: 'Handles in use, PostgreSQL 18 and later. Good: comes and goes; at io_max_concurrency for long the disk is the limit.',
    unit: 'short',
    queries: [q('sum by (job, cluster, instance) (pg_aios_handles{})')],
    width: 12,
  }),
]);
