import type { TargetFacts } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import type { DescribedTarget } from './describe.ts';
import type { CheckReport } from './index.ts';

/** What was found, as lines for a person: `file:line:col: warning: CODE: message`, then the cure. */
export function renderText(report: CheckReport): string {
  const { files, blocks, findings, target } = report;
  const sum = `${count(files.length, 'file')}, ${count(blocks, 'block')}: ${tally(findings)}`;
  return [...findings.map(renderFinding), ...(target === undefined ? [] : targetLines(target)), sum, ''].join('\n');
}

/** The same for a program. */
export function renderJson({ files, blocks, findings, target }: CheckReport): string {
  const report = {
    files,
    blocks,
    ...(target === undefined ? {} : { target: targetObject(target) }),
    errors: countOf(findings, 'error'),
    warnings: countOf(findings, 'warning'),
    findings: findings.map(({ severity, code, message, hint, where }) => ({ severity, code, message, hint, ...where })),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

export function countOf(findings: readonly Finding[], severity: Finding['severity']): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

export function renderFinding({ severity, code, message, hint, where: { file, line, column } }: Finding): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const head = `${place === '' ? '' : `${place}: `}${severity}: ${code}: ${message}`;
  return hint === undefined ? head : `${head}\n  hint: ${hint}`;
}

function targetLines({ target, facts, described, leftOut }: DescribedTarget): readonly string[] {
  if (facts === undefined) return [`${target}: nothing was described`];
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
  const blocksFor = (reason: string): string =>
    leftOut.flatMap((each) => (each.reason === reason ? [each.block] : [])).join(', ');
  return [
    `${target} (${serverName(facts)}): ${count(described.length, 'block')} described, none run; ${leftOut.length} left out`,
    ...reasons.map((reason) => `  for ${reason === 'skip' ? 'skip: true' : `its ${reason}`}: ${blocksFor(reason)}`),
  ];
}

function targetObject({ target, facts, described, leftOut }: DescribedTarget): unknown {
  return {
    name: target,
    ...(facts === undefined
      ? {}
      : {
          version: versionName(facts.version),
          in_recovery: facts.inRecovery,
          database: facts.database,
          user: facts.user,
        }),
    described,
    left_out: leftOut,
  };
}

/** What server it is, for a person. */
export function serverName({ version, inRecovery, database }: TargetFacts): string {
  return `PostgreSQL ${versionName(version)}, ${inRecovery ? 'standby' : 'primary'}, database ${database}`;
}

/** 170002 is 17.2. */
export function versionName(version: number): string {
  return `${Math.floor(version / 10_000)}.${version % 10_000}`;
}

function tally(findings: readonly Finding[]): string {
  return `${count(countOf(findings, 'error'), 'error')}, ${count(countOf(findings, 'warning'), 'warning')}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
