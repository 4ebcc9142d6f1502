import { describe, expect, it } from 'vitest';

import { toStatusDocument } from '../../../../src/app/status/document.ts';
import { renderText } from '../../../../src/app/status/render.ts';
import type { DrillReport } from '../../../../src/core/drill-report.ts';
import { WalguardError } from '../../../../src/core/error.ts';
import { statusDocument, type StatusDocument } from '../../../../src/http/schema.ts';
import { assessDrills } from '../../../../src/recoverability/drills.ts';
import { drillReportOf, failedDrillOf, onDay } from '../../../support/drill-reports.ts';
import { assessmentOf, repositoryOf } from './assessments.ts';

const context = { target: 'db.example:5432', version: '1.2.3', server: undefined };
const damaged = new WalguardError('SOURCE_BAD_ANSWER', 'The report of a drill /r/1.json does not count: it is cut off');

function documentOf(
  reports: readonly DrillReport[],
  given: { older?: number; problems?: readonly WalguardError[] } = {},
): StatusDocument {
  const drills = assessDrills({ reports, older: given.older ?? 0, problems: given.problems ?? [] });
  return toStatusDocument(assessmentOf({ repositories: [repositoryOf({ drills })] }), context);
}

function linesOf(document: StatusDocument): readonly string[] {
  const lines = renderText(document, { width: 200, colours: false }).split('\n');
  const first = lines.findIndex((line) => line.includes('restore drill'));
  return lines.slice(first, lines.indexOf('', first));
}

describe('the restore drills in the answer for a program', () => {
  it('are there as the reports have them, the newest first, in the published format', () => {
    const document = documentOf([failedDrillOf(), drillReportOf()], { older: 3, problems: [damaged] });
    expect(statusDocument.parse(document)).toEqual(document);
    const { drills } = document.repositories[0] ?? {};
    expect(drills).toMatchObject({
      last_success_at: '2023-11-14T22:23:20.000Z',
      runs: [
        { outcome: 'failed', rto_seconds: null },
        { outcome: 'success', rto_seconds: 72.5, failure: null },
      ],
      runs_omitted: 3,
      unreadable: [damaged.message],
    });
    expect(drills?.runs[0]?.failure).toEqual({
      phase: 'recovery',
      code: 'DRILL_TARGET_NOT_REACHED',
      message: 'Recovery ended before the wanted moment',
      hint: 'Look for the missing WAL.',
      log: ['FATAL:  recovery ended before configured recovery target was reached'],
    });
  });

  it('are bounded, with what matters kept: the newest, the failed checks, the end of the log', () => {
    const checks = Array.from({ length: 200 }, (_, index) => ({
      name: `check ${index}`,
      kind: 'sql' as const,
      result: index === 199 ? ('failed' as const) : ('passed' as const),
      seconds: 0,
    }));
    const log = Array.from({ length: 200 }, (_, index) => `line ${index}`);
    const failure = { phase: 'checks', code: 'C', message: 'm', log } as const;
    const many = Array.from({ length: 130 }, (_, index) => onDay(130 - index, failedDrillOf({ checks, failure })));
    const { drills } = documentOf(many).repositories[0] ?? {};
    expect([drills?.runs.length, drills?.runs_omitted]).toEqual([100, 30]);
    const [first] = drills?.runs ?? [];
    expect([first?.checks.length, first?.checks_omitted, first?.checks[0]?.name]).toEqual([50, 150, 'check 199']);
    expect([first?.failure?.log.length, first?.failure?.log.at(-1)]).toEqual([50, 'line 199']);
  });

  it('say by which rates a restore is estimated', () => {
    const estimate = {
      restoreSeconds: 300,
      recoverySeconds: 75,
      recoveryMeasuredSeconds: drillReportOf().endedSeconds,
    };
    const [repository] = toStatusDocument(
      assessmentOf({ repositories: [repositoryOf({ restoreEstimate: estimate })] }),
      context,
    ).repositories;
    expect(repository?.restore_estimate).toEqual({
      restore_seconds: 300,
      recovery_seconds: 75,
      restore_measured_at: null,
      recovery_measured_at: '2023-11-14T22:23:20.000Z',
    });
  });
});

describe('the restore drills in the answer for a person', () => {
  it('are the last five with what went wrong with the last', () => {
    const reports = [onDay(7, failedDrillOf()), onDay(6), onDay(5), onDay(4), onDay(3), onDay(2)];
    expect(linesOf(documentOf(reports, { older: 1, problems: [damaged] })).join('\n')).toMatchInlineSnapshot(`
      "  restore drill            age          outcome  recovery    recovered to             backup
        2023-11-22 22:23:20 UTC  1095 d 19 h  FAILED               2023-11-14 22:21:09 UTC  20231114-220000F
        2023-11-20 22:23:20 UTC  1097 d 19 h  success  1 min 13 s  2023-11-14 22:21:09 UTC  20231114-220000F
        2023-11-19 22:23:20 UTC  1098 d 19 h  success  1 min 13 s  2023-11-14 22:21:09 UTC  20231114-220000F
        2023-11-18 22:23:20 UTC  1099 d 19 h  success  1 min 13 s  2023-11-14 22:21:09 UTC  20231114-220000F
        2023-11-17 22:23:20 UTC  1100 d 19 h  success  1 min 13 s  2023-11-14 22:21:09 UTC  20231114-220000F
          in recovery: DRILL_TARGET_NOT_REACHED: Recovery ended before the wanted moment
          cure: Look for the missing WAL.
        and 2 older drills
        1 report not counted: The report of a drill /r/1.json does not count: it is cut off"
    `);
  });

  it('are none yet, or are not spoken of', () => {
    expect(linesOf(documentOf([]))).toEqual(['  no restore drill yet']);
    const without = toStatusDocument(assessmentOf(), context);
    expect(renderText(without, { width: 200, colours: false })).not.toContain('restore drill');
  });

  it('tell nothing of a failure that is over', () => {
    expect(linesOf(documentOf([onDay(3), failedDrillOf()])).join('\n')).not.toContain('cure');
  });

  it('have hostile texts as text', () => {
    const failure = { phase: 'checks', code: 'C\u001b[31m', message: 'a\nb', hint: 'c\u202e' } as const;
    const text = linesOf(documentOf([failedDrillOf({ failure })])).join('\n');
    expect(text).toContain(String.raw`in checks: C\x1b[31m: a\x0ab`);
    expect(text).toContain(String.raw`cure: c\u{202e}`);
  });
});
