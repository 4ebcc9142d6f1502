import type {
  ArchiveContents,
  Backup,
  BackupCatalogue,
  BackupLabel,
  BackupType,
  BadFile,
  RunningBackup,
} from './catalogue.ts';
import type { DrillSourceKind } from './drill-report.ts';
import type { DrillHistory, RepositoryDrills, RestoreEstimate } from './drill-history.ts';
import type { DumpCatalogue, RepositoryDumps } from './dumps.ts';
import type { ErrorCode } from './error-codes.ts';
import type { Heartbeat } from './facts.ts';
import type { Lsn } from './lsn.ts';
import type { RetentionCalendar, WalSpan } from './picture.ts';
import type { SegmentNumber } from './segments.ts';

/** What the operator wants of his backups. Undefined is not asked for. Durations in seconds. */
export interface Policy {
  readonly rpoSeconds: number | undefined;
  readonly rtoSeconds: number | undefined;
}

/** What the operator wants of one repository. */
export interface RepositoryPolicy {
  readonly backupIntervalSeconds: number | undefined;
  readonly drillIntervalSeconds: number | undefined;
  /** What its drills restore; a drill of anything else is shown, and does not count. By default backups. */
  readonly drillSource?: DrillSourceKind | undefined;
  readonly retention: RetentionPolicy;
  /** IANA name; days, weeks and months begin there. */
  readonly timeZone: string;
  /** WAL that is known to be lost and counts as no gap. */
  readonly acceptedGaps: readonly AcceptedGap[];
  /** Bytes a second, as configured: what counts until a drill measured them. */
  readonly restoreBytesPerSecond: number | undefined;
  readonly replayBytesPerSecond: number | undefined;
  /** How long a segment may be missing at the end of the archive before it is a gap. */
  readonly pendingAfterSeconds: number;
  /** The oldest that the newest dump of a database may be. */
  readonly dumpIntervalSeconds?: number | undefined;
  /** Patterns of databases that need no dump. */
  readonly dumpExclude?: readonly string[] | undefined;
}

export interface RetentionPolicy {
  readonly daily: number | undefined;
  readonly weekly: number | undefined;
  readonly monthly: number | undefined;
  /** How far back any moment must be restorable. */
  readonly pitrSeconds: number | undefined;
  /** Usable backups at least. */
  readonly minimumRedundancy: number | undefined;
}

/** Segments of one timeline, both ends included. */
export interface SegmentRange {
  readonly timeline: number;
  readonly first: SegmentNumber;
  readonly last: SegmentNumber;
}

/** What can be done with a backup: any moment up to now, up to a gap, its own end only, nothing. */
export const RECOVERABILITIES = ['pitr', 'limited', 'consistent_only', 'broken'] as const;
export type Recoverability = (typeof RECOVERABILITIES)[number];

export interface AcceptedGap extends SegmentRange {
  /** Why, as the operator wrote it; undefined if he did not. */
  readonly reason?: string | undefined;
}

export interface AssessedBackup {
  readonly backup: Backup;
  readonly recoverability: Recoverability;
  /** Why it is not `pitr`, for a person; undefined if it is. */
  readonly reason: string | undefined;
  /** The last segment that can be replayed from it without a gap; undefined if none. */
  readonly reaches: SegmentRange | undefined;
}

/** A span of time of which any moment can be restored. Unix seconds. */
export interface RecoveryWindow {
  readonly earliestSeconds: number;
  /** Undefined if it is not known when the last commit in it was made. */
  readonly latestSeconds: number | undefined;
  readonly latestLsn: Lsn;
  readonly timeline: number;
  /** Labels of the backups it can be restored from, oldest first. */
  readonly backups: readonly string[];
}

export interface Gap extends SegmentRange {
  /** Names of the first and the last file that is missing. */
  readonly firstName: string;
  readonly lastName: string;
  /** By the configuration: shown, and not counted. */
  readonly accepted: boolean;
  /** Why it was accepted, as the operator wrote it. */
  readonly reason: string | undefined;
  /** When the last segment before it, and the first behind it, came into the archive; Unix seconds. */
  readonly afterSeconds?: number | undefined;
  readonly beforeSeconds?: number | undefined;
}

export const RETENTION_RULES = ['daily', 'weekly', 'monthly', 'pitr', 'minimum_redundancy'] as const;
export type RetentionRule = (typeof RETENTION_RULES)[number];

export interface RetentionState {
  readonly rule: RetentionRule;
  readonly satisfied: boolean;
  /** Slots, seconds (pitr) or backups asked for, after warming up was allowed for. */
  readonly required: number;
  readonly present: number;
  /** The first backup is younger than the rule is long. */
  readonly warmingUp: boolean;
}

/** All about one repository. Undefined is not known. */
export interface RepositoryAssessment {
  readonly name: string;
  readonly backups: readonly AssessedBackup[];
  readonly newest: Readonly<Partial<Record<BackupType, AssessedBackup>>>;
  /** Oldest first. */
  readonly windows: readonly RecoveryWindow[];
  readonly gaps: readonly Gap[];
  readonly archive: ArchiveSummary | undefined;
  /**
   * Backups of which only the archive's `.backup` files tell, in the order in which they ended: where they are, and if
   * they are still there, nobody knows, so they count for nothing.
   */
  readonly unlisted: readonly BackupLabel[];
  readonly retention: readonly RetentionState[];
  /** One for each rule that counts in them; of days if none does. Empty if no source of backups was read. */
  readonly calendars?: readonly RetentionCalendar[];
  readonly restoreEstimate: RestoreEstimate | undefined;
  /** Undefined if none are configured, or they were never read. */
  readonly dumps?: RepositoryDumps | undefined;
  /** Undefined if nobody says where drills report, or that was never read. */
  readonly drills?: RepositoryDrills | undefined;
}

export interface ArchiveSummary {
  readonly segments: number;
  readonly oldestTimeSeconds: number | undefined;
  readonly newestTimeSeconds: number | undefined;
  /** End of the newest segment of the newest timeline. */
  readonly newestEnd: Lsn | undefined;
  readonly newestTimeline: number | undefined;
  readonly pendingSegments: number;
  readonly orphanSegments: number;
  readonly badFiles: readonly BadFile[];
  readonly timelines: readonly number[];
  /** By timeline, then ascending; the newest of each timeline. */
  readonly spans?: readonly WalSpan[];
  /** How many older ones there are beside those. */
  readonly olderSpans?: number;
}

export const EXPOSURE_METHODS = ['lsn_ring', 'done_time', 'archived_time', 'backup'] as const;
export type ExposureMethod = (typeof EXPOSURE_METHODS)[number];

/** What would be lost if the server's disk died now. */
export interface Exposure {
  readonly seconds: number;
  /** Undefined where only the newest backup is left. */
  readonly bytes: bigint | undefined;
  readonly method: ExposureMethod;
  /** `archive`: the segments were seen there; `server`: PostgreSQL's word only. */
  readonly evidence: 'archive' | 'server';
}

export const VERDICTS = ['recoverable', 'at_risk', 'not_recoverable', 'unknown'] as const;
export type Verdict = (typeof VERDICTS)[number];

export type Severity = 'critical' | 'warning';

/** One of the closed list of findings, as it stands now. */
export interface AssessedFinding {
  readonly finding: string;
  readonly severity: Severity;
  /** Undefined while its input is unknown. */
  readonly present: boolean | undefined;
  /** In `unit`; undefined if there is none, or it is not known. */
  readonly value: number | undefined;
  readonly threshold: number | undefined;
  readonly unit: 'seconds' | 'bytes' | 'segments' | 'backups' | 'files' | 'dumps' | 'databases' | 'drills' | undefined;
  /** What was seen, for a person: one sentence; undefined if it is not present. */
  readonly message: string | undefined;
  /** Names of files, backups or sources that show it; a few of them. */
  readonly evidence: readonly string[];
  /** The cure, as an order. */
  readonly cure: string;
}

/** State of one source's background reading. */
export interface SourceState {
  readonly repository: string;
  readonly source: 'backup' | 'archive' | 'dump' | 'drill';
  readonly method: string;
  /** Undefined until it was first read. */
  readonly up: boolean | undefined;
  /** Unix seconds by walguard's clock. */
  readonly lastSuccessSeconds: number | undefined;
  readonly readDurationSeconds: number | undefined;
  /** Of the last reading that failed: code, message and hint, without secrets. */
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined } | undefined;
}

/** The one answer that the metrics, the status page, the command and the alerts all show. */
export interface Assessment {
  readonly verdict: Verdict;
  readonly findings: readonly AssessedFinding[];
  readonly exposure: Exposure | undefined;
  readonly repositories: readonly RepositoryAssessment[];
  readonly sources: readonly SourceState[];
  readonly policy: Policy;
  /** Unix seconds by walguard's clock. */
  readonly assessedAtSeconds: number;
}

/** What PostgreSQL says, of one moment. Undefined is not known. Times are Unix seconds by the server's clock. */
export interface ServerView {
  readonly timeSeconds: number;
  /** The server's clock minus walguard's, in seconds. */
  readonly clockSkewSeconds: number;
  readonly systemIdentifier: string | undefined;
  readonly timeline: number | undefined;
  readonly inRecovery: boolean;
  readonly segmentBytes: number;
  /** Written, on a standby received. */
  readonly lsn: Lsn | undefined;
  /** This node should archive now. */
  readonly archivingExpected: boolean;
  /** As pg_archiver_state has it, without `losing`, which only the archive shows. */
  readonly archiverState: string | undefined;
  /** End of the last segment that PostgreSQL believes to be archived. */
  readonly archivedEnd: Lsn | undefined;
  readonly lastArchivedFile: string | undefined;
  readonly lastArchivedTimeSeconds: number | undefined;
  /** When the segment archived last was closed (mtime of its `.done`, whole seconds). */
  readonly lastArchivedClosedSeconds: number | undefined;
  readonly readySegments: number | undefined;
  readonly oldestReadyTimeSeconds: number | undefined;
  /** Of programs that keep the WAL they stream (pg_receivewal, Barman): what they wrote to disk. */
  readonly receivers: readonly { readonly applicationName: string; readonly flushLsn: Lsn }[];
  readonly walUntilFullSeconds: number | undefined;
  /** Bytes that each reason keeps in pg_wal. */
  readonly walRetainedBytes: ReadonlyMap<string, bigint>;
  /** Base backups that run now, of which no directory of results tells (pg_stat_progress_basebackup). */
  readonly baseBackups?: readonly RunningBackup[];
  /** Databases that allow connections and are no templates, sorted; undefined where they were not asked for. */
  readonly databases?: readonly string[] | undefined;
}

/** What the engine looks at: three immutable values (server, archives, backups) and what is wanted of them. */
export interface RecoverabilityInput {
  /** Unix seconds by walguard's clock. */
  readonly nowSeconds: number;
  /**
   * As it was when the server last answered, however old: its `timeSeconds` tells, by the server's clock. Undefined if
   * it never answered, or since another server answers in its place.
   */
  readonly server: ServerView | undefined;
  /** The server's recent past, oldest first. */
  readonly heartbeats: readonly Heartbeat[];
  readonly policy: Policy;
  readonly repositories: readonly RepositoryInput[];
  readonly sources: readonly SourceState[];
}

export interface RepositoryInput {
  readonly name: string;
  readonly policy: RepositoryPolicy;
  /** The last good reading; undefined if none is configured, or it was never read. */
  readonly archive: ArchiveContents | undefined;
  /** The last good reading of all its backup sources together; undefined as above. */
  readonly catalogue: BackupCatalogue | undefined;
  /** The same of dumps. */
  readonly dumps?: DumpCatalogue | undefined;
  /** The same of what restore drills reported. */
  readonly drills?: DrillHistory | undefined;
}
