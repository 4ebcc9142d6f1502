import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { DrillReport } from '../../../src/core/drill-report.ts';
import { WalguardError } from '../../../src/core/error.ts';
import { parseReport } from '../../../src/drill/history/parse.ts';
import { drillReportOf, failedDrillOf } from '../../support/drill-reports.ts';

const SECRET = 'hunter2';

function parse(report: object, changes: Readonly<Record<string, unknown>> = {}): DrillReport {
  const { id } = drillReportOf();
  return parseReport(JSON.stringify({ ...report, ...changes }), { path: '/r/main/a.json', id, repository: 'main' });
}

function complaintOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof WalguardError) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  return 'nothing';
}

describe('the report of a drill', () => {
  it('is read as it was written, whatever became of the drill', () => {
    const { id } = drillReportOf();
    for (const report of [drillReportOf(), failedDrillOf({ id }), failedDrillOf({ id, outcome: 'interrupted' })])
      expect(parse(report)).toEqual(JSON.parse(JSON.stringify(report)));
  });

  it('of a drill that found no backup has hardly anything', () => {
    const { version, id, repository, startedSeconds, endedSeconds } = drillReportOf();
    const least = { version, id, repository, startedSeconds, endedSeconds, outcome: 'failed' };
    const report = parse({ ...least, wanted: { kind: 'latest' }, phases: [], checks: [] });
    expect(Object.values(report).filter((value) => value !== undefined)).toHaveLength(9);
  });

  it('may say null for what is not known, and more than this version knows', () => {
    const report = parse(drillReportOf(), { rtoSeconds: null, backup: null, weather: 'fair' });
    expect(report).toMatchObject({ rtoSeconds: undefined, backup: undefined });
    expect(report).not.toHaveProperty('weather');
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['of a newer version', { version: 2 }, 'it is of version 2, and 1 is the newest known here'],
    ['of a newer version with another shape', { version: 3, phases: 7 }, 'it is of version 3'],
    ['without a version', { version: undefined }, 'version is not as expected'],
    ['of another drill', { id: 'b' }, 'it is of another drill than its name says'],
    ['of another repository', { repository: 'other' }, 'it is of another repository'],
    ['of an outcome that nobody knows', { outcome: SECRET }, 'outcome is not as expected'],
    ['that ends before it begins', { endedSeconds: 1 }, 'endedSeconds is not as expected'],
    ['that ends when no calendar reaches', { endedSeconds: 1e15 }, 'endedSeconds is not as expected'],
    ['with a negative time', { rtoSeconds: -1 }, 'rtoSeconds is not as expected'],
    [
      'with a phase that nobody knows',
      { phases: [{ phase: SECRET, seconds: 1 }] },
      'phases.0.phase is not as expected',
    ],
    ['with too many checks', { checks: Array.from({ length: 1_001 }, () => ({})) }, 'checks'],
  ])('%s does not count, and nothing of it is repeated', (_what, changes, why) => {
    const complaint = complaintOf(() => parse(drillReportOf(), changes));
    expect(complaint).toContain('SOURCE_BAD_ANSWER: The report of a drill /r/main/a.json does not count: ');
    expect(complaint).toContain(why);
    expect(complaint).not.toContain(SECRET);
  });

  it('keeps of endless texts the beginning', () => {
    const message = 'x'.repeat(100_000);
    const failure = { phase: 'checks', code: 'C', message, log: [message] };
    expect(parse(failedDrillOf({ id: drillReportOf().id }), { failure }).failure).toMatchObject({
      message: 'x'.repeat(2_000),
      log: ['x'.repeat(2_000)],
    });
  });

  it('is a report or an error for any text there can be', () => {
    const place = { path: '/r/a.json', id: 'a', repository: 'main' };
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((text) => `{"version":1,"id":${text}}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(complaintOf(() => parseReport(text, place))).toContain('SOURCE_BAD_ANSWER');
      }),
    );
  });

  it('that is cut off anywhere is no JSON', () => {
    const text = JSON.stringify(drillReportOf());
    const { id } = drillReportOf();
    for (let length = 0; length < text.length; length += 7)
      expect(
        complaintOf(() => parseReport(text.slice(0, length), { path: '/r/a.json', id, repository: 'main' })),
      ).toContain('it is no JSON');
  });
});
