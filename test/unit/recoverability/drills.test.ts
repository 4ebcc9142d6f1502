import { describe, expect, it } from 'vitest';

import type { RestoreEstimate } from '../../../src/core/drill-history.ts';
import type { DrillReport } from '../../../src/core/drill-report.ts';
import { drillReportOf, failedDrillOf, onDay } from '../../support/drill-reports.ts';
import { archiveOf, assessOne, at, backupOf } from './world.ts';

/** Replaying from segment 2 to 10 is 144 MB of WAL or so, the backup has 12 GB. */
const HELD = { archive: archiveOf({ 1: '1-10' }), backups: [backupOf({ sizeBytes: 12_000_000_000 })] };
const CONFIGURED = { restoreBytesPerSecond: 1_000_000_000, replayBytesPerSecond: 1_000_000 };
const REPLAYED = Number(at(11) - at(2, 40));

function estimateBy(
  drills: readonly DrillReport[] | undefined,
  wanted: Parameters<typeof assessOne>[0]['wanted'] = {},
): RestoreEstimate | undefined {
  return assessOne({ ...HELD, ...(drills === undefined ? {} : { drills }), wanted }).restoreEstimate;
}

describe('how long a restore takes', () => {
  it('is not known before a drill measured it, unless rates are configured', () => {
    expect(estimateBy(undefined)).toBeUndefined();
    expect(estimateBy([])).toBeUndefined();
    expect(estimateBy([], CONFIGURED)).toEqual({
      restoreSeconds: 12,
      recoverySeconds: REPLAYED / 1_000_000,
      restoreMeasuredSeconds: undefined,
      recoveryMeasuredSeconds: undefined,
    });
  });

  it('is told by the rates of the last drill that succeeded, whatever is configured', () => {
    const older = drillReportOf({ phases: [{ phase: 'restore', seconds: 1, bytes: 1 }] });
    const measured = {
      restoreSeconds: 120,
      recoverySeconds: REPLAYED / 32_000_000,
      restoreMeasuredSeconds: onDay(3).endedSeconds,
      recoveryMeasuredSeconds: onDay(3).endedSeconds,
    };
    for (const wanted of [{}, CONFIGURED])
      expect(estimateBy([onDay(5, failedDrillOf()), onDay(3), older], wanted)).toEqual(measured);
  });

  it('takes each rate from the newest drill that tells it, and from the configuration if none does', () => {
    const atOnce = drillReportOf({
      phases: [
        { phase: 'restore', seconds: 6, bytes: 6_000_000_000 },
        { phase: 'recovery', seconds: 0.2, bytes: 0 },
      ],
    });
    expect(estimateBy([onDay(1, atOnce), onDay(0)])).toMatchObject({
      restoreSeconds: 12,
      restoreMeasuredSeconds: onDay(1).endedSeconds,
      recoveryMeasuredSeconds: onDay(0).endedSeconds,
    });
    expect(estimateBy([atOnce], CONFIGURED)).toMatchObject({
      restoreSeconds: 12,
      recoverySeconds: REPLAYED / 1_000_000,
      recoveryMeasuredSeconds: undefined,
    });
    expect(estimateBy([atOnce])).toBeUndefined();
  });

  it('is never told by the drill of a dump, or one that did not succeed', () => {
    const { backup } = drillReportOf();
    const ofDump = drillReportOf({ backup: backup && { ...backup, method: 'pg_dump', type: undefined } });
    const { phases } = drillReportOf();
    for (const report of [ofDump, failedDrillOf({ phases }), failedDrillOf({ phases, outcome: 'interrupted' })])
      expect(estimateBy([report])).toBeUndefined();
  });
});
