import type { DrillReport } from './drill-report.ts';
import type { WalguardError } from './error.ts';

/** What the restore drills of one repository reported. */
export interface DrillHistory {
  /** The newest first; behind them the last that succeeded, if it is older than all that are held. */
  readonly reports: readonly DrillReport[];
  /** How many older ones there are. */
  readonly older: number;
  /** What a person should know of single reports; those are not among the others. */
  readonly problems: readonly WalguardError[];
}

/** Reads reports of drills. Throws a WalguardError if they as a whole cannot be read. */
export interface DrillSource {
  /** As the label `method` has it: `drill`. */
  readonly method: string;
  readonly read: (signal: AbortSignal) => Promise<DrillHistory>;
}

/** What was proven of one repository by restoring it. */
export interface RepositoryDrills {
  /** As `DrillHistory` has them. */
  readonly reports: readonly DrillReport[];
  readonly older: number;
  /** Those of the reports that are of what drills of the repository are to restore. */
  readonly counted: readonly DrillReport[];
  /** The newest of these, whatever became of it; undefined before the first. */
  readonly last: DrillReport | undefined;
  /** The newest that succeeded. */
  readonly lastSuccess: DrillReport | undefined;
  /** What is wrong with single reports. */
  readonly problems: readonly WalguardError[];
}

/** How long a restore of the newest backup up to now would take. */
export interface RestoreEstimate {
  /** Copying the backup back. */
  readonly restoreSeconds: number;
  /** Replaying WAL. */
  readonly recoverySeconds: number;
  /** When the drill ended that measured the rate of it, Unix seconds; undefined for a rate of the configuration. */
  readonly restoreMeasuredSeconds?: number | undefined;
  readonly recoveryMeasuredSeconds?: number | undefined;
}
