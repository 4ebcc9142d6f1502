import type {
  DrillCheckReport,
  DrillOutcome,
  DrillPhase,
  DrillPhaseReport,
  DrillReport,
  DrillWanted,
} from '../core/drill-report.ts';
import { DRILL_REPORT_VERSION } from '../core/drill-report.ts';
import type { RestoredCopy } from '../core/drill.ts';
import type { WalguardError } from '../core/error.ts';
import { formatLsn } from '../core/lsn.ts';
import type { Observation } from './observation.ts';

type DraftBackup = Omit<NonNullable<DrillReport['backup']>, 'verifiedBy'>;

/** What is known of a drill so far; the report is made of it whenever one is asked for. */
export class Draft {
  readonly #drill: Pick<DrillReport, 'id' | 'repository' | 'source' | 'startedSeconds'>;
  readonly #phases = new Map<DrillPhase, DrillPhaseReport>();
  wanted: DrillWanted;
  /** What is restored. */
  backup: DraftBackup | undefined;
  readonly #warnings = new Set<string>();
  copy: RestoredCopy | undefined;
  majorVersion: number | undefined;
  systemIdentifier: string | undefined;
  checks: readonly DrillCheckReport[] = [];
  failure: DrillReport['failure'];
  recoveredTo: DrillReport['recoveredTo'];
  replayedSegments: number | undefined;
  rtoSeconds: number | undefined;
  peakDiskBytes: number | undefined;
  outcome: DrillOutcome = 'interrupted';

  constructor(drill: Pick<DrillReport, 'id' | 'repository' | 'source' | 'startedSeconds'>, wanted: DrillWanted) {
    this.#drill = drill;
    this.wanted = wanted;
  }

  /** A phase that is entered again goes on. */
  addPhase(phase: DrillPhase, seconds: number, bytes?: number): void {
    const before = this.#phases.get(phase)?.seconds ?? 0;
    this.#phases.set(phase, { phase, seconds: round(before + seconds), ...(bytes === undefined ? {} : { bytes }) });
  }

  /** The first failure counts: what follows it is mostly its consequence. */
  fail(phase: DrillPhase, { code, message, hint }: WalguardError, log: readonly string[]): void {
    if (this.failure !== undefined) return;
    this.failure = { phase, code, message, hint, ...(log.length === 0 ? {} : { log }) };
    this.outcome = code === 'DRILL_INTERRUPTED' ? 'interrupted' : 'failed';
  }

  recovered({ lastCommitSeconds, replayed }: Observation, timeline: number): void {
    this.recoveredTo = { seconds: lastCommitSeconds, lsn: formatLsn(replayed), timeline };
  }

  warn(line: string): void {
    this.#warnings.add(line);
  }

  saw(diskBytes: number): void {
    this.peakDiskBytes = Math.max(this.peakDiskBytes ?? 0, diskBytes);
  }

  get report(): DrillReport {
    return {
      version: DRILL_REPORT_VERSION,
      ...this.#drill,
      endedSeconds: Date.now() / 1_000,
      outcome: this.outcome,
      failure: this.failure,
      wanted: this.wanted,
      backup: this.#backup,
      phases: [...this.#phases.values()],
      rtoSeconds: this.rtoSeconds === undefined ? undefined : round(this.rtoSeconds),
      recoveredTo: this.recoveredTo,
      shortfallSeconds: this.#shortfallSeconds,
      replayedSegments: this.replayedSegments,
      peakDiskBytes: this.peakDiskBytes,
      checks: this.checks,
      ...(this.#warnings.size === 0 ? {} : { warnings: [...this.#warnings] }),
    };
  }

  /** As it is to be read if nothing more is heard of the drill. */
  killedIn(phase: DrillPhase): DrillReport {
    const message = `the drill was killed in the phase ${phase}, or its host went down`;
    const failure = { phase, code: 'DRILL_INTERRUPTED', message, hint: 'Start it again.' };
    return { ...this.report, outcome: 'interrupted', failure };
  }

  get #backup(): DrillReport['backup'] {
    const { backup } = this;
    return (
      backup && {
        ...backup,
        majorVersion: this.majorVersion ?? backup.majorVersion,
        systemIdentifier: this.systemIdentifier ?? backup.systemIdentifier,
        verifiedBy: this.copy?.verifiedBy,
      }
    );
  }

  /** What was reached as it was wanted has all that was committed before; of a dump nobody knows what came after. */
  get #shortfallSeconds(): number | undefined {
    if (this.#drill.source === 'dumps') return undefined;
    if (this.rtoSeconds !== undefined) return 0;
    const { seconds: wanted } = this.wanted;
    const reached = this.recoveredTo?.seconds;
    return wanted === undefined || reached === undefined ? undefined : Math.max(0, wanted - reached);
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 1_000) / 1_000;
}
