import { shellWord } from '../../core/shell-words.ts';
import type { Finding } from '../../core/finding.ts';
import { renderFinding } from '../check/render.ts';
import { type MigrationReport, needsAttention, type PageDifference, type UsedMetric } from './report.ts';

const FATE_WORDS = { same: 'same', renamed: 'renamed', not_needed: 'not needed', attention: 'ATTENTION' } as const;
const PLAIN = /^[\w./:=@%+,-]+$/;

/** The report as lines for a person. */
export function renderMigration(report: MigrationReport): string {
  const { from, migrated, command, findings, metrics, pages } = report;
  const width = Math.max(0, ...migrated.map(({ said }) => said.length));
  const lines = migrated.map(({ said, fate, becomes, why }) =>
    [said.padEnd(width), FATE_WORDS[fate].padEnd(10), becomes.join(' '), why].filter((part) => part !== '').join('  '),
  );
  return [
    `What ${from} was told, and what becomes of it:`,
    ...(lines.length === 0 ? ['nothing was told'] : lines),
    '',
    'The command:',
    ['walguard', ...command.map((word) => (PLAIN.test(word) ? word : shellWord(word)))].join(' \\\n  '),
    '',
    ...packLines(findings),
    ...(metrics === undefined ? [] : [...metricLines(metrics), '']),
    ...(pages === undefined ? [] : [...pageLines(pages), '']),
    needsAttention(report) ? 'Something needs attention: see above.' : 'Nothing is lost.',
    '',
  ].join('\n');
}

function packLines(findings: readonly Finding[]): readonly string[] {
  if (findings.length === 0) return [];
  const errors = findings.filter(({ severity }) => severity === 'error');
  const warnings = findings.length - errors.length;
  return [
    `The query files: ${errors.length} errors, ${warnings} warnings, which walguard check shows.`,
    ...errors.map(renderFinding),
    '',
  ];
}

/** What a switch alone does not give. */
const SWITCHES: Readonly<Record<string, string>> = { logs: 'name the log by --logs.path' };

function metricLines(metrics: readonly UsedMetric[]): readonly string[] {
  const missing = metrics.filter(({ collector }) => collector === undefined);
  const off = metrics.filter(({ collector, isOn }) => collector !== undefined && !isOn);
  return [
    `Metrics that rules and dashboards use: ${metrics.length}, of which walguard has ${metrics.length - missing.length}.`,
    ...off.map(
      ({ name, where, collector }) =>
        `off      ${name}  (${where}): ${SWITCHES[collector ?? ''] ?? `add --collector.${collector}`}`,
    ),
    ...missing.map(({ name, where }) => `MISSING  ${name}  (${where})`),
  ];
}

const MOST_NAMES = 5;

function pageLines(pages: readonly PageDifference[]): readonly string[] {
  const of = (kind: PageDifference['kind']): readonly PageDifference[] => pages.filter((each) => each.kind === kind);
  const [gone, types, labels, more] = [of('gone'), of('type'), of('labels'), of('new')];
  const lostLabels = [...new Set(labels.map(({ old }) => old))];
  return [
    `The two pages: ${pages.length - more.length} differences; ${more.length} families more on that of walguard.`,
    ...gone.map(({ family }) => `GONE     ${family}`),
    ...types.map(({ family, old, new: fresh }) => `TYPE     ${family}: ${old}, now ${fresh}`),
    ...lostLabels.map((lost) => {
      const names = labels.filter(({ old }) => old === lost).map(({ family }) => family);
      const rest = names.length > MOST_NAMES ? `, and ${names.length - MOST_NAMES} more` : '';
      return `LABELS   without ${lost}: ${names.slice(0, MOST_NAMES).join(', ')}${rest}`;
    }),
  ];
}
