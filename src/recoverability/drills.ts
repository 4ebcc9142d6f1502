import type { DrillHistory, RepositoryDrills } from '../core/drill-history.ts';
import {
  type DrillPhase,
  type DrillPhaseReport,
  type DrillReport,
  type DrillSourceKind,
  sourceOf,
} from '../core/drill-report.ts';

/**
 * What a repository's drills come to. Undefined if no reports were read.
 *
 * @param source what they are to restore; others are held, and count for nothing
 */
export function assessDrills(
  history: DrillHistory | undefined,
  source: DrillSourceKind = 'backups',
): RepositoryDrills | undefined {
  if (history === undefined) return undefined;
  const counted = history.reports.filter((report) => sourceOf(report) === source);
  const lastSuccess = counted.find(({ outcome }) => outcome === 'success');
  return { ...history, counted, last: counted[0], lastSuccess };
}

/** Undefined if the drill never got there. */
export function phaseOf({ phases }: DrillReport, wanted: DrillPhase): DrillPhaseReport | undefined {
  return phases.find(({ phase }) => phase === wanted);
}

/** As fast as something was done in a drill. */
export interface MeasuredRate {
  readonly bytesPerSecond: number;
  /** When the drill ended, Unix seconds. */
  readonly measuredSeconds: number;
}

/** By the newest drill of a backup that succeeded and tells it: what a dump is restored with says nothing of backups. */
export function measuredRate(
  { reports }: Pick<RepositoryDrills, 'reports'>,
  wanted: 'restore' | 'recovery',
): MeasuredRate | undefined {
  for (const report of reports) {
    if (report.outcome !== 'success' || sourceOf(report) === 'dumps' || report.backup?.type === undefined) continue;
    const { seconds, bytes = 0 } = phaseOf(report, wanted) ?? { seconds: 0 };
    if (seconds > 0 && bytes > 0) return { bytesPerSecond: bytes / seconds, measuredSeconds: report.endedSeconds };
  }
  return undefined;
}
