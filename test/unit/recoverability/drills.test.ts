import { describe, expect, it } from 'vitest';

import type { RestoreEstimate } from '../../../src/core/drill-history.ts';
import type { DrillReport } from '../../../src/core/drill-report.ts';
import type { AssessedFinding, Assessment } from '../../../src/core/recoverability.ts';
import { assess } from '../../../src/recoverability/assess.ts';
import { drillReportOf, failedDrillOf, onDay } from '../../support/drill-reports.ts';
import { archiveOf, assessOne, at, backupOf, findingOf, inputOf, NOW, presentIn, serverOf, sourceOf } from './world.ts';

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

type Given = NonNullable<Parameters<typeof inputOf>[0]>;

const DAY = 86_400;
const HEALTHY: Given = { server: serverOf(), archive: archiveOf({ 1: '1-10' }), backups: [backupOf()] };
const SUCCESS = onDay(0);
const FAILURE = failedDrillOf();
const KILLED = failedDrillOf({ outcome: 'interrupted' });

function assessed(given: Given): Assessment {
  return assess(inputOf({ ...HEALTHY, ...given }));
}

function withDrills(...drills: readonly DrillReport[]): Given {
  return { drills };
}

function finding(name: Parameters<typeof findingOf>[1], given: Given): AssessedFinding {
  return findingOf(assessed(given), name);
}

describe('the verdict beside drills', () => {
  it('is at risk where the last drill that came to an end failed, and no worse', () => {
    expect(assessed(withDrills(SUCCESS)).verdict).toBe('recoverable');
    expect(assessed(withDrills(FAILURE, SUCCESS)).verdict).toBe('at_risk');
    expect(assessed(withDrills(SUCCESS, FAILURE)).verdict).toBe('recoverable');
  });

  it('is not the worse for a drill that was interrupted, nor the better', () => {
    expect(presentIn(assessed(withDrills(KILLED, SUCCESS)))).toEqual([]);
    expect(presentIn(assessed(withDrills(KILLED, FAILURE)))).toEqual(['drill_failed']);
  });

  it('does not wait for reports that were not read yet, and is unknown with nothing but those', () => {
    const source = sourceOf({ source: 'drill', up: undefined, lastSuccessSeconds: undefined });
    const sources = [sourceOf({}), sourceOf({ source: 'archive' }), source];
    expect(assessed({ sources }).verdict).toBe('recoverable');
    expect(assess(inputOf(withDrills(SUCCESS))).verdict).toBe('unknown');
  });

  it('asks for no drill where the policy asks for none', () => {
    expect(presentIn(assessed({}))).toEqual([]);
    expect(presentIn(assessed(withDrills()))).toEqual([]);
    expect(finding('drill_overdue', withDrills(SUCCESS))).toMatchObject({ present: false, threshold: undefined });
  });
});

describe('a drill that failed', () => {
  it('is told with its reason and cure, and how many failed in a row', () => {
    expect(finding('drill_failed', withDrills(onDay(1, FAILURE), KILLED, FAILURE, SUCCESS, FAILURE))).toMatchObject({
      value: 2,
      message: 'The last restore drill of repository main, of 2023-11-16 22:23:20 UTC, failed.',
      evidence: ['main: DRILL_TARGET_NOT_REACHED: Recovery ended before the wanted moment'],
      cure: 'Look for the missing WAL.',
    });
  });

  it('shows hostile words as text', () => {
    const failure = { phase: 'checks', code: 'C', message: 'x\n\u001b[31m', hint: 'y\u0007' } as const;
    const { evidence, cure } = finding('drill_failed', withDrills(failedDrillOf({ failure })));
    expect(evidence).toEqual([String.raw`main: C: x\x0a\x1b[31m`]);
    expect(cure).toBe(String.raw`y\x07`);
  });

  it('without a reason is told with the general cure', () => {
    const { evidence, cure } = finding('drill_failed', withDrills(failedDrillOf({ failure: undefined })));
    expect(evidence).toEqual(['main: no reason is told']);
    expect(cure).toContain('walguard drill');
  });
});

describe('a drill that is due', () => {
  const every = (days: number, ...drills: readonly DrillReport[]): Given => ({
    wanted: { drillIntervalSeconds: days * DAY },
    drills,
  });

  it('is due by the last success, whatever ran since', () => {
    const age = NOW - SUCCESS.endedSeconds;
    const name = 'drill_overdue';
    expect(finding(name, every(age / DAY, SUCCESS))).toMatchObject({ present: false, threshold: age });
    for (const drills of [[SUCCESS], [KILLED, SUCCESS], [FAILURE, SUCCESS]])
      expect(finding(name, every(1, ...drills))).toMatchObject({
        present: true,
        value: age,
        threshold: DAY,
        message: 'The last successful restore drill of repository main was 1d 3h ago, one is wanted every 1d.',
      });
  });

  it.each([
    ['none ran', [], 'none ran'],
    ['one was interrupted', [KILLED], 'none of 1 drill did'],
    ['all failed', [FAILURE, onDay(-1, FAILURE)], 'none of 2 drills did'],
  ])('never succeeded where %s', (_what, drills, told) => {
    const never = finding('drill_never_succeeded', every(7, ...drills));
    expect(never).toMatchObject({ present: true, value: 0, threshold: 1 });
    expect(never.message).toBe(`No restore drill of repository main ever succeeded, ${told}; one is wanted every 7d.`);
    expect(finding('drill_overdue', every(7, ...drills)).present).toBe(false);
  });

  it('is told how to begin where nobody says where drills work', () => {
    const never = finding('drill_never_succeeded', { wanted: { drillIntervalSeconds: DAY } });
    expect(never).toMatchObject({ present: true, cure: expect.stringContaining('drills: {directory: ...}') as string });
  });

  it('is not known while the reports cannot be read', () => {
    for (const up of [undefined, false]) {
      const source = sourceOf({ source: 'drill', method: 'drill', up, lastSuccessSeconds: undefined });
      const given = {
        wanted: { drillIntervalSeconds: DAY },
        sources: [sourceOf({}), sourceOf({ source: 'archive' }), source],
      };
      for (const name of ['drill_failed', 'drill_overdue', 'drill_never_succeeded'] as const)
        expect(finding(name, given).present).toBeUndefined();
    }
  });

  it('that ended in the future is one of clocks', () => {
    expect(finding('clock_skew', withDrills(onDay(3)))).toMatchObject({
      present: true,
      evidence: ['restore drills of main'],
    });
  });
});

describe('a restore that takes too long', () => {
  it('says by which rates', () => {
    const policy = { rpoSeconds: undefined, rtoSeconds: 1 };
    const messageOf = (given: Given): string | undefined =>
      finding('restore_estimate_over_rto', { ...HELD, policy, ...given }).message;
    const noRecovery = drillReportOf({ phases: [{ phase: 'restore', seconds: 1, bytes: 100_000_000 }] });
    expect(messageOf({ wanted: CONFIGURED })).toContain(' by the rates that are configured, 1s are allowed.');
    expect(messageOf(withDrills(SUCCESS))).toContain(' by the drill of 2023-11-14 22:23:20 UTC, 1s are');
    expect(messageOf({ drills: [noRecovery], wanted: CONFIGURED })).toContain(' UTC and a rate that is configured, 1s');
  });
});
