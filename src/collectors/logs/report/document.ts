/** What a log says from its beginning to its end. Times are RFC 3339 in UTC; null where the log does not tell. */
export interface LogReportDocument {
  readonly schema: 1;
  readonly files: readonly ReportedFile[];
  readonly firstMessageTime: string | null;
  readonly lastMessageTime: string | null;
  readonly messages: ReportedMessages;
  readonly checkpoints: ReportedCheckpoints;
  readonly connections: ReportedConnections;
  readonly sessions: ReportedSessions;
  readonly statements: ReportedStatements;
  /** Warnings, errors and what is worse, the most frequent first. */
  readonly errors: readonly ReportedError[];
  readonly locks: ReportedLocks;
  readonly temporaryFiles: ReportedTemporaryFiles;
  readonly autovacuum: ReportedAutovacuum;
  /** By kind, zeros too. */
  readonly archiveFailures: Counts;
  readonly recoveryEvents: Counts;
  readonly crashes: Counts;
  readonly replicationLosses: Counts;
  /** An hour that has messages, the earliest first. */
  readonly hours: readonly ReportedHour[];
}

/** Numbers by what they are of. */
export type Counts = Readonly<Record<string, number>>;

export interface ReportedFile {
  readonly name: string;
  /** Unpacked. */
  readonly bytes: number;
  readonly format: string;
  /** The log_line_prefix it was read with; null for a format that has none. */
  readonly prefix: string | null;
  /** Of messages that are too long, or of nothing that could be read. */
  readonly skippedBytes: number;
}

export interface ReportedMessages {
  readonly total: number;
  readonly bySeverity: Counts;
  /** First two characters of SQLSTATE; empty where the log does not tell it. */
  readonly bySqlstateClass: Counts;
  /** Lines that other programs wrote into the log, such as archive_command. */
  readonly foreignLines: number;
}

export interface ReportedCheckpoints {
  /** Of checkpoints and restartpoints that were completed. */
  readonly completed: number;
  readonly restartpoints: number;
  readonly started: Counts;
  /** The same with all that the server says of why, as `immediate force wait`. */
  readonly startedByWords: Counts;
  readonly buffers: number;
  readonly walFilesAdded: number;
  readonly walFilesRemoved: number;
  readonly walFilesRecycled: number;
  readonly writeSeconds: number;
  readonly syncSeconds: number;
  readonly totalSeconds: number;
  readonly longestWriteSeconds: number;
  readonly longestSyncSeconds: number;
  readonly longestTotalSeconds: number;
  /** The longest that the sync of one file took. */
  readonly longestFileSyncSeconds: number;
  readonly distanceBytes: number;
  readonly largestDistanceBytes: number;
  /** Times that the server said that they come too frequently. */
  readonly warnings: number;
}

export interface ReportedConnections {
  readonly received: number;
  readonly authorized: number;
  readonly byDatabase: Counts;
  readonly byUser: Counts;
  readonly authenticationFailures: number;
  readonly authenticationFailuresByMethod: Counts;
}

export interface ReportedSessions {
  readonly count: number;
  readonly seconds: number;
  readonly byDatabase: readonly ReportedSessionGroup[];
  readonly byUser: readonly ReportedSessionGroup[];
  readonly byHost: readonly ReportedSessionGroup[];
}

export interface ReportedSessionGroup {
  readonly name: string;
  readonly count: number;
  readonly seconds: number;
}

export interface ReportedStatements {
  /** Of those whose duration is logged. */
  readonly count: number;
  readonly seconds: number;
  /** Upper bounds in milliseconds, each with the statements above the one before; the last has none. */
  readonly byDuration: readonly { readonly belowMs: number | null; readonly count: number }[];
  /** What parsing and binding took by themselves, which is in no other number. */
  readonly preparationSeconds: number;
  /** What each listed statement's numbers are too low by at most; 0 as long as every statement had room. */
  readonly missed: { readonly times: number; readonly seconds: number };
  readonly mostTime: readonly ReportedStatement[];
  readonly mostFrequent: readonly ReportedStatement[];
  /** By the longest that one of them took. */
  readonly slowest: readonly ReportedStatement[];
}

export interface ReportedStatement {
  /** Without values. Empty for statements whose duration is all that is logged. */
  readonly statement: string;
  readonly times: number;
  readonly seconds: number;
  readonly longestSeconds: number;
  /** Of the longest. */
  readonly datname: string | null;
}

export interface ReportedError {
  readonly severity: string;
  readonly sqlstate: string | null;
  /** Without names and values. */
  readonly message: string;
  readonly times: number;
  readonly lastTime: string | null;
  /** The one it came first of, without values. */
  readonly statement: string | null;
}

export interface ReportedLocks {
  /** Waits longer than deadlock_timeout. */
  readonly waits: number;
  /** Those that ended with the lock. */
  readonly acquired: number;
  readonly acquiredSeconds: number;
  readonly deadlocks: number;
  readonly acquiredByMode: readonly ReportedSessionGroup[];
  readonly statements: readonly ReportedStatement[];
}

export interface ReportedTemporaryFiles {
  readonly count: number;
  readonly bytes: number;
  readonly largestBytes: number;
  readonly statements: readonly { readonly statement: string; readonly files: number; readonly bytes: number }[];
}

export interface ReportedAutovacuum {
  readonly vacuums: number;
  readonly vacuumSeconds: number;
  readonly analyzes: number;
  readonly analyzeSeconds: number;
  readonly tables: readonly ReportedTable[];
}

export interface ReportedTable {
  /** With its database and schema. */
  readonly table: string;
  readonly vacuums: number;
  readonly analyzes: number;
  readonly seconds: number;
  readonly pagesRemoved: number;
  readonly tuplesRemoved: number;
}

export interface ReportedHour {
  readonly time: string;
  readonly messages: number;
  readonly errors: number;
  readonly checkpoints: number;
  readonly checkpointBuffers: number;
  readonly checkpointSeconds: number;
  readonly connections: number;
  readonly statements: number;
  readonly statementSeconds: number;
  readonly temporaryFiles: number;
  readonly temporaryBytes: number;
  readonly lockWaits: number;
}
