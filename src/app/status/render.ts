import { printable } from '../../core/printable.ts';
import type { StatusDocument, StatusFinding } from '../../http/schema.ts';
import { paint, table, type Look, type Tone, wrap } from './layout.ts';
import { repositoryLines } from './render-repository.ts';
import { ageText, bytesText, countText, durationText, timeText, VERDICT_WORDS } from '../../core/words.ts';

const INDENT = '  ';

const VERDICT_TONES: Readonly<Record<StatusDocument['status'], Tone>> = {
  recoverable: 'good',
  at_risk: 'warning',
  not_recoverable: 'bad',
  unknown: 'warning',
};

/** The answer for a program. */
export function renderJson(document: StatusDocument): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** The answer as the output of a plugin of Icinga or Nagios: one line, with numbers to keep. */
export function renderBrief({ summary, exposure, policy, findings }: StatusDocument): string {
  const present = (severity: string): number =>
    findings.filter((finding) => finding.present === true && finding.severity === severity).length;
  const rpo = policy.rpo_seconds === null ? '' : `;${policy.rpo_seconds}`;
  const numbers = [
    ...(exposure === null ? [] : [`exposure=${Number(exposure.seconds.toFixed(3))}s${rpo}`]),
    `critical=${present('critical')}`,
    `warning=${present('warning')}`,
  ];
  // What follows a bar are numbers to Icinga.
  return `${printable(summary).replaceAll('|', '/')} | ${numbers.join(' ')}\n`;
}

/** The answer for a person: the verdict first, then why, then what there is. */
export function renderText(document: StatusDocument, look: Look): string {
  const lines = [
    ...verdictLines(document, look),
    ...wrap(printable(`${document.target}, as of ${timeText(document.assessed_at)}`), '', look),
    ...section('Findings', findingLines(document.findings, look), look),
    ...section('Server', serverLines(document, look), look),
    ...section('Exposure', exposureLines(document, look), look),
    ...document.repositories.flatMap((repository) =>
      section(`Repository ${repository.name}`, repositoryLines(repository, document.assessed_at, look), look),
    ),
    ...section('Sources', sourceLines(document, look), look),
  ];
  return `${lines.join('\n')}\n`;
}

/** The first line is whole, however long: it is what Icinga shows. */
function verdictLines({ status, summary }: StatusDocument, look: Look): readonly string[] {
  const words = VERDICT_WORDS[status];
  const text = printable(summary);
  return [text.startsWith(words) ? paint(words, VERDICT_TONES[status], look) + text.slice(words.length) : text];
}

function section(title: string, lines: readonly string[], look: Look): readonly string[] {
  return lines.length === 0 ? [] : ['', paint(printable(title), 'strong', look), ...lines];
}

function findingLines(findings: readonly StatusFinding[], look: Look): readonly string[] {
  const present = findings.filter((finding) => finding.present === true);
  const unknown = findings.filter(({ present: is }) => is === null).map(({ finding }) => finding);
  const [critical, others] = [
    present.filter(({ severity }) => severity === 'critical'),
    present.filter(({ severity }) => severity !== 'critical'),
  ];
  return [
    ...[...critical, ...others].flatMap((finding) => oneFinding(finding, look)),
    ...(unknown.length === 0 ? [] : wrap(printable(`not known: ${unknown.join(', ')}`), INDENT, look)),
  ];
}

function oneFinding(finding: StatusFinding, look: Look): readonly string[] {
  const { severity, message, evidence, cure } = finding;
  const [first = '', ...rest] = wrap(
    printable(`${severity.toUpperCase()} ${finding.finding}: ${message ?? 'present'}${thresholdOf(finding)}`),
    INDENT,
    look,
  );
  const word = severity.toUpperCase();
  const tone = severity === 'critical' ? 'bad' : 'warning';
  return [
    `${INDENT}${paint(word, tone, look)}${first.slice(INDENT.length + word.length)}`,
    ...rest,
    ...(evidence.length === 0 ? [] : wrap(printable(`seen in: ${evidence.join(', ')}`), INDENT + INDENT, look)),
    ...wrap(printable(`cure: ${cure}`), INDENT + INDENT, look),
  ];
}

/** The message has the value; a limit of 0 goes without saying. */
function thresholdOf({ threshold, unit }: StatusFinding): string {
  return threshold === null || threshold === 0 || unit === null ? '' : ` (limit: ${quantity(threshold, unit)})`;
}

function quantity(value: number, unit: NonNullable<StatusFinding['unit']>): string {
  if (unit === 'seconds') return durationText(value);
  return unit === 'bytes' ? bytesText(value) : countText(value, unit.slice(0, -1));
}

function serverLines({ server, assessed_at: now }: StatusDocument, look: Look): readonly string[] {
  if (server === null) return wrap('the server did not answer', INDENT, look);
  const { answered_at: answered, timeline, lsn, archiver_state: state } = server;
  const parts = [
    `${server.in_recovery ? 'standby' : 'primary'}${timeline === null ? '' : ` on timeline ${timeline}`}`,
    lsn === null ? '' : ` at ${lsn}`,
    state === null ? '' : `, archiver ${state}`,
    answered === null ? '' : `; it answered ${ageText(answered, now)} ago`,
  ];
  return wrap(printable(parts.join('')), INDENT, look);
}

const METHODS: Readonly<Record<NonNullable<StatusDocument['exposure']>['method'], string>> = {
  lsn_ring: 'by the WAL positions walguard saw',
  done_time: 'by when the last archived segment was closed',
  archived_time: 'by when a segment was last archived',
  backup: 'since the newest backup',
};

function exposureLines({ exposure, policy }: StatusDocument, look: Look): readonly string[] {
  const wanted = policy.rpo_seconds === null ? '' : `; wanted are ${durationText(policy.rpo_seconds)} at most`;
  if (exposure === null) return wrap(`not known${wanted}`, INDENT, look);
  const bytes = exposure.bytes === null ? '' : `, ${bytesText(Number(exposure.bytes))} of WAL`;
  const word = exposure.evidence === 'archive' ? '; the archive shows it' : "; PostgreSQL's word only";
  const lost = `${durationText(exposure.seconds)}${bytes} would be lost if the disk died now${wanted}`;
  return wrap(`${lost} (${METHODS[exposure.method]}${exposure.method === 'backup' ? '' : word})`, INDENT, look);
}

function sourceLines({ sources, assessed_at: now }: StatusDocument, look: Look): readonly string[] {
  const rows = sources.map(({ repository, source, method, up, last_success_at: last }) => [
    printable(repository),
    source,
    method,
    up === null ? 'not read yet' : up ? 'up' : 'DOWN',
    last === null ? 'never' : `${ageText(last, now)} ago`,
  ]);
  const errors = sources.flatMap(({ repository, source, method, error }) => {
    if (error === null) return [];
    const hint = error.hint === null ? [] : wrap(printable(`hint: ${error.hint}`), INDENT + INDENT, look);
    return [
      ...wrap(printable(`${repository}, ${source}, ${method}: ${error.code}: ${error.message}`), INDENT, look),
      ...hint,
    ];
  });
  return [...table(['repository', 'source', 'method', 'state', 'last read'], rows, look), ...errors];
}
