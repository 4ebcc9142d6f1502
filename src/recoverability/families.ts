import { declareFamily, type Family } from '../core/family.ts';

const SOURCE = ['repository', 'source', 'method'];
const REPOSITORY = ['repository'];
const METHOD = ['repository', 'method'];
const DUMP = ['repository', 'datname'];
const PHASE = ['repository', 'phase'];
const TYPE = ['repository', 'method', 'type'];

/** A gauge of these labels. */
function gauge(name: string, labelNames: readonly string[], help: string): Family {
  return declareFamily(name, 'gauge', help, labelNames);
}

/** What the metrics page says of backups, WAL archives and what is wanted of them. */
export const FAMILIES = {
  sourceUp: gauge(
    'walguard_source_up',
    SOURCE,
    'Whether the last background reading of the source was understood; absent until the first has ended. On 0 what it said last stays.',
  ),
  sourceLastSuccess: gauge(
    'walguard_source_last_success_timestamp_seconds',
    SOURCE,
    "Unix time by walguard's clock at which the source was last read and understood.",
  ),
  sourceReadDuration: gauge(
    'walguard_source_read_duration_seconds',
    SOURCE,
    'Seconds that the last reading of the source took, in the background.',
  ),
  backupLastSuccess: gauge(
    'pg_backup_last_success_timestamp_seconds',
    TYPE,
    "Unix time by the backup host's clock at which the newest usable backup of the type ended.",
  ),
  backupLastFailure: gauge(
    'pg_backup_last_failure_timestamp_seconds',
    METHOD,
    "Unix time by the backup host's clock at which a backup last failed; absent where the tool does not keep it.",
  ),
  backupRunning: gauge(
    'pg_backup_running',
    METHOD,
    'Backups that run now; those of pg_basebackup as the server tells. Absent where nobody can tell.',
  ),
  backupLastDuration: gauge(
    'pg_backup_last_duration_seconds',
    TYPE,
    'Seconds that the newest usable backup of the type took.',
  ),
  backupLastSize: gauge(
    'pg_backup_last_size_bytes',
    TYPE,
    'Size of the database in the newest usable backup of the type, in bytes.',
  ),
  backupLastStored: gauge(
    'pg_backup_last_stored_bytes',
    TYPE,
    'Bytes that the newest usable backup of the type takes in the repository, without those it needs.',
  ),
  backups: gauge(
    'pg_backups',
    [...TYPE, 'recoverability'],
    'Backups held, by what can be restored from them: any moment up to now (pitr), up to a gap (limited), their own end only (consistent_only), nothing (broken).',
  ),
  backupLastError: gauge(
    'pg_backup_last_error',
    TYPE,
    "1 if the newest backup of the type, usable or not, has page or validation errors, whatever the tool's exit code said.",
  ),
  archiveSegments: gauge('pg_archive_segments', REPOSITORY, 'WAL segments that the archive holds whole.'),
  archiveNewest: gauge(
    'pg_archive_newest_timestamp_seconds',
    REPOSITORY,
    "Unix time by the archive's clock at which its newest segment came in.",
  ),
  archiveOldest: gauge(
    'pg_archive_oldest_timestamp_seconds',
    REPOSITORY,
    "Unix time by the archive's clock at which its oldest segment came in.",
  ),
  archiveNewestLsn: gauge(
    'pg_archive_newest_lsn_bytes',
    REPOSITORY,
    'End of the newest segment of the newest timeline in the archive, in bytes from the start of the WAL.',
  ),
  archiveGap: gauge(
    'pg_archive_gap_segments',
    REPOSITORY,
    'Segments missing inside a span of WAL that some backup needs, without those of accepted gaps.',
  ),
  archivePending: gauge(
    'pg_archive_pending_segments',
    REPOSITORY,
    'Segments missing at the end of the archive for so short a time that they may still be on their way.',
  ),
  archiveBadFiles: gauge(
    'pg_archive_bad_files',
    REPOSITORY,
    'Files with a WAL name that recovery cannot use: of a wrong size, with a wrong header, of another cluster.',
  ),
  archiveOrphans: gauge(
    'pg_archive_orphan_segments',
    REPOSITORY,
    'Segments of a timeline beyond the point at which the history left it.',
  ),
  pitrEarliest: gauge(
    'pg_pitr_earliest_timestamp_seconds',
    REPOSITORY,
    'Unix time of the first moment of the newest unbroken span of time that can be restored to.',
  ),
  pitrLatest: gauge(
    'pg_pitr_latest_timestamp_seconds',
    REPOSITORY,
    'Unix time of the last moment in that span to which a recovery is known to get; absent while it is not known.',
  ),
  pitrWindows: gauge('pg_pitr_windows', REPOSITORY, 'Spans of time, apart from each other, that can be restored to.'),
  dumpLastSuccess: gauge(
    'pg_dump_last_success_timestamp_seconds',
    DUMP,
    'Unix time at which the newest dump of the database that is not known to be no good was written; an empty datname is a dump of the whole cluster (pg_dumpall).',
  ),
  dumpLastSize: gauge('pg_dump_last_size_bytes', DUMP, 'Size of that dump as it is stored, in bytes.'),
  dumpLastValid: gauge(
    'pg_dump_last_valid',
    DUMP,
    'Whether the newest dump of the database, good or not, is whole, as closely as the configuration has it looked at; absent while that is not known.',
  ),
  databasesWithoutDump: gauge(
    'pg_databases_without_dump',
    REPOSITORY,
    'Databases of the server without a good dump in the repository, but those that are templates, allow no connections or are excluded; absent while the server never answered.',
  ),
  exposureSeconds: gauge(
    'pg_recovery_point_exposure_seconds',
    [],
    "Seconds of commits that would be lost if the server's disk died now and only the archive and receivers of WAL were left.",
  ),
  exposureBytes: gauge('pg_recovery_point_exposure_bytes', [], 'Bytes of WAL that would be lost with them.'),
  exposureInfo: declareFamily(
    'pg_recovery_point_exposure_info',
    'info',
    'Always 1; the labels say how the exposure was found, and whether the archive was looked into or PostgreSQL is believed.',
    ['method', 'evidence'],
  ),
  restoreEstimate: gauge(
    'pg_restore_estimate_seconds',
    PHASE,
    'Seconds that a restore of the newest moment would take, by the rates of the last successful restore drill, else by those that are configured: copying the backup (restore), replaying WAL (recovery).',
  ),
  drillLastRun: gauge(
    'pg_restore_drill_last_run_timestamp_seconds',
    REPOSITORY,
    "Unix time by its host's clock at which the last restore drill ended, whatever became of it.",
  ),
  drillLastSuccess: gauge(
    'pg_restore_drill_last_success_timestamp_seconds',
    REPOSITORY,
    "Unix time by its host's clock at which the last successful restore drill ended; absent before the first.",
  ),
  drillSuccess: gauge(
    'pg_restore_drill_success',
    REPOSITORY,
    'Whether the last restore drill succeeded; on 0 it failed or was interrupted.',
  ),
  drillDuration: gauge(
    'pg_restore_drill_duration_seconds',
    PHASE,
    'Seconds that the last successful restore drill took: copying the backup back (restore), replaying WAL (recovery), looking at what was restored (checks).',
  ),
  drillBytes: gauge(
    'pg_restore_drill_bytes',
    PHASE,
    'Bytes that it copied back, replayed or read meanwhile; absent where nothing was counted.',
  ),
  drillRto: gauge(
    'pg_restore_drill_rto_seconds',
    REPOSITORY,
    'Seconds from the beginning of the restore until the last successful restore drill had reached the moment that was wanted.',
  ),
  drillRecoveredTo: gauge(
    'pg_restore_drill_recovered_to_timestamp_seconds',
    REPOSITORY,
    "Unix time by the server's clock of the last commit in what the last successful restore drill restored; absent if it replayed none.",
  ),
  drillShortfall: gauge(
    'pg_restore_drill_shortfall_seconds',
    REPOSITORY,
    'Seconds from that commit to the last one known before the moment that was wanted: 0 if nothing was missing.',
  ),
  retention: gauge(
    'pg_retention_satisfied',
    ['repository', 'rule'],
    '1 if the rule of the policy holds; a cluster younger than the rule is asked for no more than it can have.',
  ),
  status: gauge(
    'pg_recoverability_status',
    ['status'],
    'The verdict, the worst of all findings: exactly one is 1. unknown: no source is configured, or none was read yet.',
  ),
  finding: gauge(
    'pg_recoverability_finding',
    ['finding', 'severity'],
    'Whether this finding stands; absent while its input is not known.',
  ),
  policyRpo: gauge('walguard_policy_rpo_seconds', [], 'The exposure that is allowed, as configured.'),
  policyRto: gauge('walguard_policy_rto_seconds', [], 'The time that a restore may take, as configured.'),
  policyBackupInterval: gauge(
    'walguard_policy_backup_interval_seconds',
    REPOSITORY,
    'The time from one backup to the next that is allowed, as configured.',
  ),
  policyDumpInterval: gauge(
    'walguard_policy_dump_interval_seconds',
    REPOSITORY,
    'The time from one dump of a database to the next that is allowed, as configured.',
  ),
  policyPitrWindow: gauge(
    'walguard_policy_pitr_window_seconds',
    REPOSITORY,
    'How far back any moment must be restorable, as configured.',
  ),
  policyDrillInterval: gauge(
    'walguard_policy_drill_interval_seconds',
    REPOSITORY,
    'The time from one restore drill to the next that is allowed, as configured.',
  ),
} as const satisfies Readonly<Record<string, Family>>;

export const RECOVERABILITY_FAMILIES: readonly Family[] = Object.values(FAMILIES);
