import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { DrillReport } from '../../src/core/drill-report.ts';

const DRILL_ENDED = 1_700_000_600;

/** A drill that copied 6 GB in a minute, replayed 320 MB in ten seconds, and found all well. */
export function drillReportOf(given: Partial<DrillReport> = {}): DrillReport {
  return {
    version: 1,
    id: '20231114T221320Z-1',
    repository: 'main',
    startedSeconds: DRILL_ENDED - 100,
    endedSeconds: DRILL_ENDED,
    outcome: 'success',
    wanted: { kind: 'latest', seconds: DRILL_ENDED - 130 },
    backup: {
      label: '20231114-220000F',
      method: 'pgbackrest',
      type: 'full',
      stopTimeSeconds: DRILL_ENDED - 1_400,
      majorVersion: 150_000,
      systemIdentifier: '7710864321451968091',
      verifiedBy: 'tool',
    },
    phases: [
      { phase: 'plan', seconds: 1 },
      { phase: 'restore', seconds: 60, bytes: 6_000_000_000 },
      { phase: 'start', seconds: 2 },
      { phase: 'recovery', seconds: 10, bytes: 320_000_000 },
      { phase: 'checks', seconds: 20, bytes: 5_900_000_000 },
      { phase: 'stop', seconds: 7 },
    ],
    rtoSeconds: 72.5,
    recoveredTo: { seconds: DRILL_ENDED - 131, lsn: '0/5000060', timeline: 1 },
    shortfallSeconds: 0,
    replayedSegments: 20,
    peakDiskBytes: 6_400_000_000,
    checks: [
      { name: 'consistency', kind: 'consistency', result: 'passed', seconds: 0 },
      { name: 'target', kind: 'target', result: 'passed', seconds: 0 },
      { name: 'amcheck', kind: 'amcheck', result: 'skipped', message: 'pg_amcheck is not there', seconds: 0 },
    ],
    ...given,
  };
}

/** One that failed in recovery, a day later. */
export function failedDrillOf(given: Partial<DrillReport> = {}): DrillReport {
  const whole = drillReportOf();
  return {
    ...whole,
    id: '20231115T221320Z-1',
    startedSeconds: whole.startedSeconds + 86_400,
    endedSeconds: whole.endedSeconds + 86_400,
    outcome: 'failed',
    failure: {
      phase: 'recovery',
      code: 'DRILL_TARGET_NOT_REACHED',
      message: 'Recovery ended before the wanted moment',
      hint: 'Look for the missing WAL.',
      log: ['FATAL:  recovery ended before configured recovery target was reached'],
    },
    phases: whole.phases.slice(0, 4),
    rtoSeconds: undefined,
    checks: [],
    ...given,
  };
}

/** The drill that `n` days after the first one. */
export function onDay(days: number, report = drillReportOf()): DrillReport {
  const offset = days * 86_400;
  const [startedSeconds, endedSeconds] = [report.startedSeconds + offset, report.endedSeconds + offset];
  const id = `${new Date(startedSeconds * 1_000).toISOString().replaceAll(/[-:]|\.\d+/g, '')}-1`;
  return { ...report, id, startedSeconds, endedSeconds };
}

/** Puts reports where `walguard drill` puts them, and as it does. Returns their paths. */
export async function putReports(reportsDirectory: string, ...reports: readonly DrillReport[]): Promise<string[]> {
  return Promise.all(
    reports.map(async (report) => {
      const folder = join(reportsDirectory, report.repository);
      await mkdir(folder, { recursive: true });
      const path = join(folder, `${report.id}.json`);
      await writeFile(`${folder}/.${report.id}.new`, JSON.stringify(report));
      await rename(`${folder}/.${report.id}.new`, path);
      return path;
    }),
  );
}
