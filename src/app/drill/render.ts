import { join } from 'node:path';

import type { DrillReport } from '../../core/drill-report.ts';
import { formatLsn } from '../../core/lsn.ts';
import { printable } from '../../core/printable.ts';
import { bytesText, durationText, timeText, toTime } from '../../core/words.ts';
import type { DryRun } from '../../drill/dry-run.ts';
import type { DrillLayout } from '../../drill/layout.ts';
import type { DumpsDryRun } from '../../drill/dumps/dry-run.ts';
import { describeTarget } from '../../drill/wanted.ts';

/** What a drill found, for a person. */
export function renderReport(report: DrillReport): string {
  const { outcome, failure, repository, id, rtoSeconds, recoveredTo, checks } = report;
  const lines = [
    `${outcome.toUpperCase()} - drill ${id} of the repository ${repository}`,
    ...(failure === undefined ? [] : [`  ${failure.code}: ${failure.message}`]),
    ...(failure?.hint === undefined ? [] : [`  hint: ${failure.hint}`]),
    ...(report.backup === undefined ? [] : [`  restored: ${report.backup.label} (${report.backup.method})`]),
    ...(recoveredTo === undefined ? [] : [`  recovered to: ${describeReached(recoveredTo)}`]),
    ...(rtoSeconds === undefined ? [] : [`  recovery time: ${durationText(rtoSeconds)}`]),
    ...(report.warnings ?? []).map((line) => `  warning: ${line}`),
    ...checks
      .filter(({ result }) => result !== 'passed')
      .map((check) => `  ${check.result}: ${check.name}: ${check.message ?? ''}`),
    ...(checks.length === 0
      ? []
      : [
          `  checks: ${countOf(checks, 'passed')} passed, ${countOf(checks, 'failed')} failed, ${countOf(checks, 'skipped')} skipped`,
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

function describeReached({ seconds, lsn, timeline }: NonNullable<DrillReport['recoveredTo']>): string {
  if (lsn === undefined || timeline === undefined) return `what was dumped ${timeText(toTime(seconds))}`;
  const time = seconds === undefined ? 'no commit replayed' : `last commit ${timeText(toTime(seconds))}`;
  return `${lsn} on timeline ${timeline}, ${time}`;
}

function countOf(checks: DrillReport['checks'], wanted: DrillReport['checks'][number]['result']): number {
  return checks.filter(({ result }) => result === wanted).length;
}

/** What would be done. */
export function renderDryRun({ plan, programDirectory, neededBytes, freeBytes }: DryRun, repository: string): string {
  const { backup, chain, target, wantedLsn } = plan;
  const others = chain.slice(0, -1).map(({ label }) => label);
  const lines = [
    `A drill of the repository ${repository} would`,
    `  restore: ${backup.label} (${backup.method ?? 'unknown'}), which ended ${timeText(toTime(backup.stopTimeSeconds))}`,
    ...(others.length === 0 ? [] : [`  after: ${others.join(', ')}`]),
    `  recover to: ${describeTarget(target)}${wantedLsn === undefined ? '' : `, at least to ${formatLsn(wantedLsn)}`}`,
    `  with PostgreSQL from: ${programDirectory ?? 'what the restored copy asks for'}`,
    `  need: ${bytesText(neededBytes)} on disk${freeBytes === undefined ? '' : `, of which ${bytesText(freeBytes)} are free`}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** What would be done with dumps. */
export function renderDumpsDryRun({ plan, programs, neededBytes, freeBytes }: DumpsDryRun, repository: string): string {
  const lines = [
    `A drill of the repository ${repository} would`,
    ...plan.dumps.map(
      ({ file, timeSeconds, sizeBytes }) =>
        `  restore: ${printable(file)}, written ${timeText(toTime(timeSeconds))}, ${bytesText(sizeBytes)}`,
    ),
    `  with PostgreSQL ${programs.major} from: ${programs.server}`,
    `  and pg_restore and psql from: ${programs.client}`,
    `  need about: ${bytesText(neededBytes)} on disk${freeBytes === undefined ? '' : `, of which ${bytesText(freeBytes)} are free`}`,
    ...plan.warnings.map((line) => `  warning: ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** How to go on with a server that was kept. */
export function renderKept({ root, data, config }: DrillLayout): string {
  const files = ['config', 'hba', 'ident'].map((name) => `-c ${name}_file=${join(config, name)}`).join(' ');
  return [
    `The restored server was kept, and is stopped. To start it: postgres -D ${data} ${files}`,
    `To remove it, once it is stopped: rm -r ${root}`,
    '',
  ].join('\n');
}
