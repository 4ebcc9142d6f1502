import type { AssessedFinding } from '../core/recoverability.ts';
import * as archive from './evaluate-archive.ts';
import * as backups from './evaluate-backups.ts';
import * as drills from './evaluate-drills.ts';
import * as dumps from './evaluate-dumps.ts';
import * as policy from './evaluate-policy.ts';
import * as server from './evaluate-server.ts';
import type { Evaluate, FindingContext } from './evaluation.ts';
import { type FindingKind, type FindingName, FINDINGS } from './finding-list.ts';

const EVALUATORS: Readonly<Record<FindingName, Evaluate>> = {
  no_usable_backup: backups.noUsableBackup,
  no_way_to_now: archive.noWayToNow,
  archiver_losing: archive.archiverLosing,
  wrong_cluster: archive.wrongCluster,
  server_set_back: server.serverSetBack,
  archive_gap: archive.archiveGap,
  archiving_failing: server.archivingFailing,
  not_archiving: server.notArchiving,
  exposure_over_rpo: server.exposureOverRpo,
  timeline_history_missing: archive.timelineHistoryMissing,
  backup_too_old: backups.backupTooOld,
  backup_errors: backups.backupErrors,
  backup_broken: backups.backupBroken,
  backup_incomplete: backups.backupIncomplete,
  bad_wal_files: archive.badWalFiles,
  conflicting_archivers: archive.conflictingArchivers,
  retention_not_satisfied: policy.retentionNotSatisfied,
  pitr_window_too_short: policy.pitrWindowTooShort,
  restore_estimate_over_rto: policy.restoreEstimateOverRto,
  source_failing: policy.sourceFailing,
  clock_skew: policy.clockSkew,
  wal_volume_filling: server.walVolumeFilling,
  wal_held_back: server.walHeldBack,
  dump_too_old: dumps.dumpTooOld,
  dump_invalid: dumps.dumpInvalid,
  dump_unchecked: dumps.dumpUnchecked,
  dump_shrunk: dumps.dumpShrunk,
  database_without_dump: dumps.databaseWithoutDump,
  drill_failed: drills.drillFailed,
  drill_overdue: drills.drillOverdue,
  drill_never_succeeded: drills.drillNeverSucceeded,
};

/** All of the list, in its order. */
export function evaluateFindings(context: FindingContext): readonly AssessedFinding[] {
  return (Object.keys(FINDINGS) as readonly FindingName[]).map((finding) => {
    const kind: FindingKind = FINDINGS[finding];
    const { present, value, threshold, message, evidence, cure } = EVALUATORS[finding](context);
    return {
      finding,
      severity: kind.severity,
      present,
      value,
      threshold,
      unit: kind.unit,
      message: present === true ? message : undefined,
      evidence: present === true ? (evidence ?? []) : [],
      cure: cure ?? kind.cure,
    };
  });
}
