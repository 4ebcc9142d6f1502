import { describe, expect, it } from 'vitest';

import { toStatusDocument } from '../../../../src/app/status/document.ts';
import type { DrillReport } from '../../../../src/core/drill-report.ts';
import { WalguardError } from '../../../../src/core/error.ts';
import type { SourceState } from '../../../../src/core/recoverability.ts';
import { drillsHtml } from '../../../../src/http/page/drills.ts';
import { markupOf } from '../../../../src/http/page/html.ts';
import { assessDrills } from '../../../../src/recoverability/drills.ts';
import { drillReportOf, failedDrillOf, onDay } from '../../../support/drill-reports.ts';
import { NOTHING_WANTED } from '../../../support/recoverability.ts';
import { assessmentOf, repositoryOf } from '../../app/status/assessments.ts';

const DAY = 86_400;
const source: SourceState = {
  repository: 'main',
  source: 'drill',
  method: 'drill',
  up: undefined,
  lastSuccessSeconds: undefined,
  readDurationSeconds: undefined,
  error: undefined,
};

interface Shown {
  readonly reports?: readonly DrillReport[];
  readonly problems?: readonly WalguardError[];
  readonly rto?: number;
  readonly interval?: number;
  readonly sources?: readonly SourceState[];
}

/** As it is three days after the first drill. */
function sectionOf({ reports, problems = [], rto, interval, sources = [] }: Shown): string {
  const drills = assessDrills(reports && { reports, older: 0, problems });
  const assessment = assessmentOf({
    assessedAtSeconds: drillReportOf().endedSeconds + 3 * DAY,
    policy: { rpoSeconds: undefined, rtoSeconds: rto },
    repositories: [repositoryOf({ drills })],
    sources,
  });
  const policy = { ...NOTHING_WANTED, drillIntervalSeconds: interval };
  const input = { name: 'main', policy, archive: undefined, catalogue: undefined };
  const status = toStatusDocument(assessment, {
    target: 'db:5432',
    version: '1',
    server: undefined,
    reports: [{ input, readings: [] }],
  });
  const [repository] = status.repositories;
  if (repository === undefined) throw new Error('There is no repository.');
  return markupOf(drillsHtml(repository, 'repository-0', status));
}

/** The text that a reader sees. */
function textOf(shown: Shown): string {
  return sectionOf(shown)
    .replaceAll(/<title>.*?<\/title>|<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

describe('the restore drills on the page', () => {
  it('say how to begin where none are configured, and only there', () => {
    expect(textOf({})).toContain('add drills: {directory: /var/lib/walguard/drills} to the configuration file');
    expect(textOf({ sources: [source] })).toContain('the reports of drills could not be read yet');
    const other = { ...source, repository: 'other' };
    expect(textOf({ sources: [other] })).toContain('None is configured');
  });

  it('say that none ran, and how often one is wanted', () => {
    const text = textOf({ reports: [], interval: 7 * DAY });
    expect(text).toContain('None ran yet; one is wanted every 7 d.');
    expect(sectionOf({ reports: [] })).not.toContain('<svg');
  });

  it('have what was measured beside what is estimated of now and what is allowed', () => {
    const text = textOf({ reports: [failedDrillOf(), drillReportOf()], rto: 3_600, interval: DAY });
    expect(text).toContain('The last: ✕ failed 2 d ago ; the last success: 3 d ago ; one is wanted every 1 d.');
    expect(text).toContain(
      'Recovery took 1 min 13 s in the last success; from the newest backup to now it would take about 6 min 15 s; the rto allows 1 h.',
    );
    expect(textOf({ reports: [drillReportOf()] })).toContain('6 min 15 s; no rto is set.');
    expect(textOf({ reports: [failedDrillOf()] })).not.toContain('Recovery took');
  });

  it('are a table of what was wanted, reached, checked, and of what', () => {
    const random = drillReportOf({
      wanted: { kind: 'time', seconds: 1_700_000_000, random: true },
      shortfallSeconds: 90,
    });
    const text = textOf({ reports: [random], rto: 60 });
    expect(text).toContain('2023-11-14 22:13:20 UTC, by chance');
    expect(text).toContain('2023-11-14 22:21:09 UTC ! 1 min 30 s short');
    expect(text).toContain('1 min 13 s ! over the rto');
    expect(text).toContain('2 passed, 1 skipped');
    expect(text).toContain('20231114-220000F , pgbackrest');
    const named = textOf({ reports: [drillReportOf({ wanted: { kind: 'name', name: 'before' } })] });
    expect(named).toContain('the point before');
  });

  it('that failed can be opened, with reason, cure, failed checks and log', () => {
    const checks = [
      { name: 'rows', kind: 'rows', result: 'failed', datname: 'app', expected: '> 5', found: '0', seconds: 1 },
      { name: 'fine', kind: 'sql', result: 'passed', seconds: 1 },
    ] as const;
    const text = textOf({ reports: [failedDrillOf({ checks })] });
    expect(text).toContain('In recovery: Recovery ended before the wanted moment');
    expect(text).toContain('Cure: Look for the missing WAL.');
    expect(text).toContain('rows in app : expected &gt; 5 , found 0');
    expect(text).not.toContain('fine');
    expect(text).toContain('FATAL: recovery ended before configured recovery target was reached');
  });

  it('have every text as text, whatever stands in it', () => {
    const evil = `"><script>alert('x')</script>\u202e`;
    const failure = { phase: 'checks', code: evil, message: evil, hint: evil, log: [evil] } as const;
    const check = {
      name: evil,
      kind: 'sql',
      result: 'failed',
      datname: evil,
      expected: evil,
      found: evil,
      message: evil,
      seconds: 0,
    } as const;
    const backup = { label: evil, method: evil, type: evil, stopTimeSeconds: 1 };
    const report = failedDrillOf({ id: evil, wanted: { kind: 'name', name: evil }, backup, failure, checks: [check] });
    const problems = [new WalguardError('SOURCE_BAD_ANSWER', evil)];
    const section = sectionOf({ reports: [report, drillReportOf()], problems });
    expect(section.match(/&lt;script&gt;/g)?.length).toBeGreaterThanOrEqual(13);
    expect(section).not.toMatch(/<script|\u202e/);
    expect(section).not.toMatch(/ style=| on[a-z]+=/);
  });

  it('over time are a drawing, with the limit where it is near', () => {
    const reports = [onDay(2, failedDrillOf({ outcome: 'interrupted' })), failedDrillOf(), drillReportOf()];
    const near = sectionOf({ reports, rto: 60 });
    expect(near.match(/<g class="drill over">/g)).toHaveLength(2);
    expect(near).toContain('rto 1 min');
    expect(near).toContain(
      '3 drills, 2 without success. Recovery times from 1 min 13 s to 1 min 13 s. The rto allows 1 min.',
    );
    const far = sectionOf({ reports, rto: 3_600 });
    expect(far.match(/<g class="drill within">/g)).toHaveLength(2);
    expect(far).not.toContain('class="limit"');
    for (const kind of ['failed', 'interrupted'])
      expect(far.match(new RegExp(`class="drill ${kind}"`, 'g'))).toHaveLength(2);
    expect(sectionOf({ reports: [drillReportOf()] })).not.toContain('<svg');
  });

  it('stay of one size however many there are', () => {
    const log = Array.from({ length: 1_000 }, () => 'x'.repeat(200));
    const failure = { phase: 'checks', code: 'C', message: 'm', log } as const;
    const reports = Array.from({ length: 100 }, (_, index) => onDay(-index, failedDrillOf({ failure })));
    const section = sectionOf({ reports });
    expect(section.length).toBeLessThan(150_000);
    expect(section.match(/<details/g)).toHaveLength(6);
    expect(section).toContain('and 80 older drills');
  });

  it('that cannot be read are told', () => {
    const problems = [new WalguardError('SOURCE_BAD_ANSWER', 'The report of a drill /r/1.json does not count: why')];
    const text = textOf({ reports: [drillReportOf()], problems });
    expect(text).toContain('! 1 report that does not count: The report of a drill /r/1.json does not count: why');
  });
});
