import type { DrillChecks } from '../config/drill-checks.ts';
import type { DrillSettings } from '../config/drills.ts';
import type { DrillPhase, DrillSourceKind } from '../core/drill-report.ts';
import type { DumpRestorer, Restorer, WalSupplier } from '../core/drill.ts';
import type { Draft } from './draft.ts';
import type { PlanInput } from './plan.ts';

/** How far a phase is. Undefined is not known. */
export interface DrillProgress {
  readonly phase: DrillPhase;
  /** What it does now, for a person. */
  readonly what?: string | undefined;
  readonly doneBytes?: number | undefined;
  readonly totalBytes?: number | undefined;
  /** Segments of WAL that came from the archive. */
  readonly segments?: number | undefined;
}

/** Is told what a drill does. */
export interface DrillListener {
  readonly begun: (phase: DrillPhase, what: string) => void;
  readonly progress: (progress: DrillProgress) => void;
  readonly ended: (phase: DrillPhase, seconds: number, bytes: number | undefined) => void;
  readonly warn: (line: string) => void;
}

/** All that a drill needs to know and to reach. */
export interface DrillParts {
  readonly settings: DrillSettings;
  readonly repository: string;
  readonly source: DrillSourceKind;
  readonly checks: DrillChecks;
  /** Reads the repository once. Rejects with the signal's reason. */
  readonly read: (signal: AbortSignal) => Promise<PlanInput>;
  /** What puts back what the source of that method told; a repository has one of each. */
  readonly restorerOf: (method: string) => Restorer;
  /** Undefined if the repository has no dumps. */
  readonly dumpRestorer: DumpRestorer | undefined;
  /** Undefined if the repository has no archive. */
  readonly supplier: WalSupplier | undefined;
  readonly keep: boolean;
  /** What programs see of walguard's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly listener: DrillListener;
  /** Aborted when the drill is to end; its reason is the name of the signal. */
  readonly stop: AbortSignal;
}

export type PhaseResult = 'done' | 'settings';

/** One drill at work: each method is a phase. Its server ends when it is disposed of. */
export interface DrillWork extends AsyncDisposable {
  readonly draft: Draft;
  /** There is something that could be kept. */
  readonly hasRestored: boolean;
  /** The end of the server's log, as far as it may be shown. */
  readonly log: readonly string[];
  readonly phases: Readonly<Record<DrillPhase, (signal: AbortSignal) => Promise<PhaseResult>>>;
  /** What a phase has counted. */
  readonly bytesOf: (phase: DrillPhase) => number | undefined;
}
