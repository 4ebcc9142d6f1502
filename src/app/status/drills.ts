import type { RepositoryDrills } from '../../core/drill-history.ts';
import { type DrillCheckReport, type DrillReport, sourceOf } from '../../core/drill-report.ts';
import { toTime } from '../../core/words.ts';
import type { StatusDrill, StatusDrills } from '../../http/schema.ts';

/** A hundred drills with all that each looked at would be read by nobody. */
const MOST_CHECKS = 50;
const MOST_LOG_LINES = 50;
const MOST_WARNINGS = 20;

/** What the drills of a repository reported. */
export function toDrills(
  { reports, older, lastSuccess, problems }: RepositoryDrills,
  mostListed: number,
): StatusDrills {
  return {
    last_success_at: toTime(lastSuccess?.endedSeconds),
    runs: reports.slice(0, mostListed).map(toStatusDrill),
    runs_omitted: Math.max(0, reports.length - mostListed) + older,
    unreadable: problems.slice(0, mostListed).map(({ message }) => message),
    unreadable_omitted: Math.max(0, problems.length - mostListed),
  };
}

function toStatusDrill(report: DrillReport): StatusDrill {
  const { id, outcome, wanted, phases, recoveredTo } = report;
  const checks = report.checks.toSorted((a, b) => rank(a) - rank(b));
  return {
    id,
    source: sourceOf(report),
    started_at: toTime(report.startedSeconds),
    ended_at: toTime(report.endedSeconds),
    outcome,
    wanted: {
      kind: wanted.kind,
      at: toTime(wanted.seconds),
      lsn: wanted.lsn ?? null,
      name: wanted.name ?? null,
      random: wanted.random ?? false,
    },
    backup: toBackup(report),
    phases: phases.map(({ phase, seconds, bytes }) => ({ phase, seconds, bytes: bytes ?? null })),
    rto_seconds: report.rtoSeconds ?? null,
    recovered_to:
      recoveredTo === undefined
        ? null
        : {
            at: toTime(recoveredTo.seconds),
            lsn: recoveredTo.lsn ?? null,
            timeline: recoveredTo.timeline ?? null,
          },
    shortfall_seconds: report.shortfallSeconds ?? null,
    replayed_segments: report.replayedSegments ?? null,
    peak_disk_bytes: report.peakDiskBytes ?? null,
    checks: checks.slice(0, MOST_CHECKS).map(toCheck),
    checks_omitted: Math.max(0, checks.length - MOST_CHECKS),
    warnings: (report.warnings ?? []).slice(0, MOST_WARNINGS),
    failure: toFailure(report),
  };
}

function rank({ result }: DrillCheckReport): number {
  return result === 'failed' ? 0 : 1;
}

function toBackup({ backup }: DrillReport): StatusDrill['backup'] {
  if (backup === undefined) return null;
  const { label, method, type, stopTimeSeconds, verifiedBy } = backup;
  return { label, method, type: type ?? null, stopped_at: toTime(stopTimeSeconds), verified_by: verifiedBy ?? null };
}

function toCheck({ name, kind, result, seconds, ...told }: DrillCheckReport): StatusDrill['checks'][number] {
  const { datname = null, expected = null, found = null, message = null } = told;
  return { name, kind, result, datname, expected, found, message, seconds };
}

function toFailure({ failure }: DrillReport): StatusDrill['failure'] {
  if (failure === undefined) return null;
  const { phase, code, message, hint = null, log = [] } = failure;
  return { phase, code, message, hint, log: log.slice(-MOST_LOG_LINES) };
}
