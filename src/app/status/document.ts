import type { BackupLabel } from '../../core/catalogue.ts';
import { formatLsn } from '../../core/lsn.ts';
import type {
  ArchiveSummary,
  AssessedBackup,
  AssessedFinding,
  Assessment,
  Gap,
  RecoveryWindow,
  RepositoryAssessment,
  ServerView,
  SourceState,
} from '../../core/recoverability.ts';
import type { RetentionCalendar } from '../../core/picture.ts';
import type { StateSpan } from '../../core/state-history.ts';
import { toTime } from '../../core/words.ts';
import { STATUS_SCHEMA_VERSION, type StatusDocument, type StatusRepository } from '../../http/schema.ts';
import type { RepositoryReport } from '../../recoverability/assessor.ts';
import { toRunning } from './running.ts';
import { summarize } from './summary.ts';
import { toDrills } from './drills.ts';
import { toDumps } from './dumps.ts';

/** Whose answer it is. */
export interface StatusContext {
  readonly target: string;
  /** Of walguard. */
  readonly version: string;
  /** Undefined if it never answered. */
  readonly server: ServerView | undefined;
  /** What was looked at; what the answer does not repeat is taken from there. */
  readonly reports?: readonly RepositoryReport[];
  /** Of the archiver. */
  readonly states?: readonly StateSpan[];
}

/** A list longer than this has its newest entries only, and says how many are left out. */
const MOST_LISTED = 100;

/** The answer as the API, `walguard status` and scripts have it. */
export function toStatusDocument(assessment: Assessment, context: StatusContext): StatusDocument {
  const { target, version, server, reports = [], states = [] } = context;
  const { verdict, findings, exposure, policy, repositories, sources, assessedAtSeconds } = assessment;
  return {
    schema_version: STATUS_SCHEMA_VERSION,
    walguard_version: version,
    target,
    assessed_at: toTime(assessedAtSeconds) ?? new Date(0).toISOString(),
    status: verdict,
    summary: summarize(assessment),
    findings: findings.map(toFinding),
    exposure:
      exposure === undefined
        ? null
        : { ...exposure, seconds: exposure.seconds, bytes: exposure.bytes?.toString() ?? null },
    server: server === undefined ? null : toServer(server),
    policy: { rpo_seconds: orNull(policy.rpoSeconds), rto_seconds: orNull(policy.rtoSeconds) },
    repositories: repositories.map((repository) => {
      const report = reports.find(({ input }) => input.name === repository.name);
      return toRepository(repository, report, server);
    }),
    sources: sources.map(toSource),
    archiver_states: newest(states).map(({ state, fromSeconds, toSeconds }) => ({
      state,
      from_at: toTime(fromSeconds),
      to_at: toTime(toSeconds),
    })),
    archiver_states_omitted: omitted(states),
  };
}

function toServer(server: ServerView): NonNullable<StatusDocument['server']> {
  const { timeSeconds, clockSkewSeconds, lsn, archivedEnd } = server;
  return {
    answered_at: toTime(timeSeconds - clockSkewSeconds),
    clock_skew_seconds: clockSkewSeconds,
    system_identifier: orNull(server.systemIdentifier),
    timeline: orNull(server.timeline),
    in_recovery: server.inRecovery,
    lsn: lsn === undefined ? null : formatLsn(lsn),
    archiver_state: orNull(server.archiverState),
    archived_up_to_lsn: archivedEnd === undefined ? null : formatLsn(archivedEnd),
  };
}

function toFinding(finding: AssessedFinding): StatusDocument['findings'][number] {
  const { present, value, threshold, unit, message } = finding;
  return {
    finding: finding.finding,
    severity: finding.severity,
    present: orNull(present),
    value: orNull(value),
    threshold: orNull(threshold),
    unit: orNull(unit),
    message: orNull(message),
    evidence: [...finding.evidence],
    cure: finding.cure,
  };
}

function toRepository(
  repository: RepositoryAssessment,
  report: RepositoryReport | undefined,
  server: ServerView | undefined,
): StatusRepository {
  const { name, windows, gaps, archive, unlisted, retention, restoreEstimate } = repository;
  const backups = repository.backups.toSorted((a, b) => b.backup.stopTimeSeconds - a.backup.stopTimeSeconds);
  return {
    name,
    time_zone: report?.input.policy.timeZone ?? 'UTC',
    backup_interval_seconds: orNull(report?.input.policy.backupIntervalSeconds),
    running: toRunning(report?.readings ?? [], server),
    backups: backups.slice(0, MOST_LISTED).map(toBackup),
    backups_omitted: omitted(backups),
    windows: newest(windows).map(toWindow),
    windows_omitted: omitted(windows),
    gaps: newest(gaps).map(toGap),
    gaps_omitted: omitted(gaps),
    archive: archive === undefined ? null : toArchive(archive),
    unlisted_backups: newest(unlisted).map(toUnlisted),
    unlisted_backups_omitted: omitted(unlisted),
    calendars: (repository.calendars ?? []).map(toCalendar),
    retention: retention.map(({ warmingUp, ...state }) => ({ ...state, warming_up: warmingUp })),
    restore_estimate:
      restoreEstimate === undefined
        ? null
        : {
            restore_seconds: restoreEstimate.restoreSeconds,
            recovery_seconds: restoreEstimate.recoverySeconds,
            restore_measured_at: toTime(restoreEstimate.restoreMeasuredSeconds),
            recovery_measured_at: toTime(restoreEstimate.recoveryMeasuredSeconds),
          },
    dumps: repository.dumps === undefined ? null : toDumps(repository.dumps, MOST_LISTED),
    drill_interval_seconds: orNull(report?.input.policy.drillIntervalSeconds),
    drills: repository.drills === undefined ? null : toDrills(repository.drills, MOST_LISTED),
  };
}

function toBackup({ backup, recoverability, reason }: AssessedBackup): StatusRepository['backups'][number] {
  const { wal } = backup;
  return {
    label: backup.label,
    method: orNull(backup.method),
    type: backup.type,
    recoverability,
    reason: orNull(reason),
    started_at: toTime(backup.startTimeSeconds),
    stopped_at: toTime(backup.stopTimeSeconds),
    timeline: orNull(wal?.timeline),
    start_lsn: wal === undefined ? null : formatLsn(wal.start),
    stop_lsn: wal === undefined ? null : formatLsn(wal.stop),
    needs: [...backup.needs],
    has_errors: backup.hasErrors,
    size_bytes: orNull(backup.sizeBytes),
    stored_bytes: orNull(backup.storedBytes),
    encrypted: orNull(backup.encrypted),
  };
}

function toGap(gap: Gap): StatusRepository['gaps'][number] {
  return {
    timeline: gap.timeline,
    first_file: gap.firstName,
    last_file: gap.lastName,
    segments: gap.last - gap.first + 1,
    accepted: gap.accepted,
    reason: orNull(gap.reason),
    after_at: toTime(gap.afterSeconds),
    before_at: toTime(gap.beforeSeconds),
  };
}

function toCalendar({ unit, slots }: RetentionCalendar): StatusRepository['calendars'][number] {
  return {
    unit,
    slots: slots.map((slot) => ({
      first_day: slot.firstDay,
      usable_backups: slot.usableBackups,
      required: slot.required,
    })),
  };
}

function toWindow(window: RecoveryWindow): StatusRepository['windows'][number] {
  return {
    earliest_at: toTime(window.earliestSeconds),
    latest_at: toTime(window.latestSeconds),
    latest_lsn: formatLsn(window.latestLsn),
    timeline: window.timeline,
    backups: newest(window.backups),
    backups_omitted: omitted(window.backups),
  };
}

function toArchive(archive: ArchiveSummary): NonNullable<StatusRepository['archive']> {
  const { spans = [], olderSpans = 0 } = archive;
  return {
    segments: archive.segments,
    oldest_at: toTime(archive.oldestTimeSeconds),
    newest_at: toTime(archive.newestTimeSeconds),
    newest_end_lsn: archive.newestEnd === undefined ? null : formatLsn(archive.newestEnd),
    newest_timeline: orNull(archive.newestTimeline),
    pending_segments: archive.pendingSegments,
    orphan_segments: archive.orphanSegments,
    timelines: newest(archive.timelines),
    bad_files: newest(archive.badFiles).map(({ name, reason }) => ({ name, reason })),
    bad_files_omitted: omitted(archive.badFiles),
    spans: newest(spans).map(({ timeline, first, last, firstName, lastName, fromSeconds, toSeconds }) => ({
      timeline,
      first_file: firstName,
      last_file: lastName,
      segments: last - first + 1,
      from_at: toTime(fromSeconds),
      to_at: toTime(toSeconds),
    })),
    spans_omitted: omitted(spans) + olderSpans,
  };
}

function toUnlisted(backup: BackupLabel): StatusRepository['unlisted_backups'][number] {
  const { wal } = backup;
  return {
    label: backup.label,
    file: backup.fileName,
    from_standby: backup.fromStandby,
    started_at: toTime(backup.startTimeSeconds),
    stopped_at: toTime(backup.stopTimeSeconds),
    timeline: wal.timeline,
    start_lsn: formatLsn(wal.start),
    stop_lsn: formatLsn(wal.stop),
  };
}

function toSource(state: SourceState): StatusDocument['sources'][number] {
  const { error } = state;
  return {
    repository: state.repository,
    source: state.source,
    method: state.method,
    up: orNull(state.up),
    last_success_at: toTime(state.lastSuccessSeconds),
    read_duration_seconds: orNull(state.readDurationSeconds),
    error: error === undefined ? null : { code: error.code, message: error.message, hint: orNull(error.hint) },
  };
}

function newest<T>(list: readonly T[]): T[] {
  return list.slice(-MOST_LISTED);
}

function omitted(list: readonly unknown[]): number {
  return Math.max(0, list.length - MOST_LISTED);
}

/** JSON has no numbers beyond the finite ones. */
function orNull<T>(value: T | undefined): T | null {
  return value === undefined || (typeof value === 'number' && !Number.isFinite(value)) ? null : value;
}
