/** What the newest walguard writes; a reader refuses what is newer. */
export const DRILL_REPORT_VERSION = 1;

/** What of a repository a drill restores. */
export const DRILL_SOURCES = ['backups', 'dumps'] as const;
export type DrillSourceKind = (typeof DRILL_SOURCES)[number];

/** What a drill does, in this order. Dumps need a server first, and have no recovery. */
export const DRILL_PHASES = ['plan', 'restore', 'start', 'recovery', 'checks', 'stop'] as const;
export type DrillPhase = (typeof DRILL_PHASES)[number];

/** Interrupted: by a signal, or the process was killed and a later one found what it had left. */
export const DRILL_OUTCOMES = ['success', 'failed', 'interrupted'] as const;
export type DrillOutcome = (typeof DRILL_OUTCOMES)[number];

export interface DrillPhaseReport {
  readonly phase: DrillPhase;
  readonly seconds: number;
  /** Restored, replayed or read; absent where nothing is counted. */
  readonly bytes?: number | undefined;
}

/** `sql` and `rows` are the operator's own, the others are always tried. */
export const DRILL_CHECK_KINDS = ['consistency', 'target', 'checksums', 'amcheck', 'databases', 'sql', 'rows'] as const;
export type DrillCheckKind = (typeof DRILL_CHECK_KINDS)[number];

/** Skipped: what it needs is not there. */
export const DRILL_CHECK_RESULTS = ['passed', 'failed', 'skipped'] as const;
export type DrillCheckResult = (typeof DRILL_CHECK_RESULTS)[number];

/** One thing that was looked at in the restored server. */
export interface DrillCheckReport {
  /** Unique in its report. */
  readonly name: string;
  readonly kind: DrillCheckKind;
  /** Where it is skipped, `message` says what it needs. */
  readonly result: DrillCheckResult;
  readonly datname?: string | undefined;
  readonly expected?: string | undefined;
  /** Never a value of a row that the operator did not ask for. */
  readonly found?: string | undefined;
  readonly message?: string | undefined;
  readonly seconds: number;
}

export const DRILL_WANTED_KINDS = ['latest', 'time', 'lsn', 'name'] as const;

/** The wanted moment or place, as it was asked for and, where it is known, in Unix seconds or as an LSN (16/B374D848). */
export interface DrillWanted {
  readonly kind: (typeof DRILL_WANTED_KINDS)[number];
  readonly seconds?: number | undefined;
  readonly lsn?: string | undefined;
  readonly name?: string | undefined;
  /** Chosen by chance, by the policy. */
  readonly random?: boolean | undefined;
}

/** Why a drill did not succeed. No secret is in it. */
export interface DrillFailure {
  readonly phase: DrillPhase;
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** The last lines of the restored server's log, or of the tool that restored. */
  readonly log?: readonly string[] | undefined;
}

/**
 * What one drill found, as its file has it. Times are Unix seconds by the clock of the host that ran the drill, but
 * those in `wanted` and `recoveredTo`, which are the server's. Absent is not known.
 */
export interface DrillReport {
  readonly version: typeof DRILL_REPORT_VERSION;
  /** Also the name of its file without `.json`; unique in its repository, and sorts by time. */
  readonly id: string;
  readonly repository: string;
  /** Absent in reports of backups that were written before there were others. */
  readonly source?: DrillSourceKind | undefined;
  readonly startedSeconds: number;
  readonly endedSeconds: number;
  readonly outcome: DrillOutcome;
  readonly failure?: DrillFailure | undefined;
  readonly wanted: DrillWanted;
  /** The backup or dump that was restored; absent if none was found. */
  readonly backup?:
    | {
        readonly label: string;
        readonly method: string;
        /** full, differential or incremental; absent for a dump. */
        readonly type?: string | undefined;
        readonly stopTimeSeconds: number;
        readonly majorVersion?: number | undefined;
        readonly systemIdentifier?: string | undefined;
        readonly verifiedBy?: 'manifest' | 'tool' | undefined;
      }
    | undefined;
  /** Those that were reached, in their order. */
  readonly phases: readonly DrillPhaseReport[];
  /** From the beginning of the restore until the wanted moment was reached; absent if it was not. */
  readonly rtoSeconds?: number | undefined;
  readonly recoveredTo?:
    | {
        /** Commit time of the last transaction in it, absent if none was replayed; of dumps when the oldest was written. */
        readonly seconds?: number | undefined;
        /** Absent for dumps, as the timeline. */
        readonly lsn?: string | undefined;
        readonly timeline?: number | undefined;
      }
    | undefined;
  /** Wanted minus reached, by the last commit that is known to have been before the wanted moment; 0 if all is there. */
  readonly shortfallSeconds?: number | undefined;
  readonly replayedSegments?: number | undefined;
  /** The most that the drill's folder held at any time that it was measured. */
  readonly peakDiskBytes?: number | undefined;
  readonly checks: readonly DrillCheckReport[];
  /** What a person should know, and did not make it fail. */
  readonly warnings?: readonly string[] | undefined;
}

export function sourceOf({ source = 'backups' }: Pick<DrillReport, 'source'>): DrillSourceKind {
  return source;
}
