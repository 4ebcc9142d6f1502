/**
 * The collectors that fail, or are skipped, for a role without pg_monitor, sorted; a test against servers of 13 to 18
 * compares. The others run, though some see less.
 */
export const NEEDS_PG_MONITOR: readonly string[] = [
  'aios',
  'backend_memory',
  'buffercache_summary',
  'buffercache_usage',
  'shmem_allocations',
  'shmem_allocations_numa',
  'temporary_files',
  'wal',
  'wal_directory',
  'wal_retained',
];
