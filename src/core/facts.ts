import type { Lsn } from './lsn.ts';

/** What was learnt of a target by the first message of a scrape. Times are seconds since 1970 by the server's clock. */
export interface TargetFacts {
  /** As server_version_num: 170002 is 17.2. */
  readonly version: number;
  /** What version() says: the release, the platform, the compiler. */
  readonly versionText: string;
  readonly inRecovery: boolean;
  /** default_transaction_read_only of walguard's sessions. */
  readonly readOnlyByDefault: boolean;
  /** The database walguard is connected to, and the role it is there. */
  readonly database: string;
  readonly user: string;
  /** Decimal text: it exceeds 2^53. Undefined if the role may not read the control file. */
  readonly systemIdentifier: string | undefined;
  readonly startTimeSeconds: number;
  /** Of the WAL written or received; undefined where it cannot be read, or nothing is received. */
  readonly timeline: number | undefined;
  /** The role may read all statistics (pg_read_all_stats, part of pg_monitor). */
  readonly readsAllStats: boolean;
  /** The role may list the files that wait to be archived (pg_ls_archive_statusdir, part of pg_monitor). */
  readonly listsArchiveStatus: boolean;
  readonly walSegmentBytes: number;
}

/** What was learnt of a console of PgBouncer, by the login. */
export interface ConsoleFacts {
  /** 12401 is 1.24.1. */
  readonly version: number;
  readonly user: string;
}

/** The moving part of the first message, kept in the history ring. */
export interface Heartbeat {
  /** The server's clock. */
  readonly serverTimeSeconds: number;
  /** The WAL position written; in recovery the larger of received and replayed. Undefined if neither is known. */
  readonly lsn: Lsn | undefined;
  readonly inRecovery: boolean;
  readonly timeline: number | undefined;
  /** pg_stat_archiver: files archived, attempts that failed, and the file archived last. */
  readonly archivedCount: bigint;
  readonly failedCount: bigint;
  readonly lastArchivedFile: string | undefined;
}

/** The oldest PostgreSQL that walguard supports, as server_version_num. */
export const OLDEST_VERSION = 130000;
