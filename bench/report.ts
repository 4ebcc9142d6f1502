import { type FaultFinding, growthOf } from './faults.ts';
import { type Finding, perThousand } from './figures.ts';
import type { LogFinding } from './logs.ts';
import type { Machine } from './machine.ts';
import type { Verdict } from './targets.ts';
import type { WalFinding } from './wal.ts';

/** What scenarios measured. */
export interface Found {
  readonly findings: readonly Finding[];
  /** Of archives of WAL. */
  readonly wal: readonly WalFinding[];
  /** Among faults of the network, oldest first. */
  readonly faults: readonly FaultFinding[];
  /** Of logs of the server. */
  readonly logs: readonly LogFinding[];
}

/** Everything a run found out. */
export interface Report extends Found {
  readonly machine: Machine;
  /** What could not be compared, and why. */
  readonly missing: readonly string[];
  readonly verdicts: readonly Verdict[];
}

/** Writes a report as a page of Markdown. */
export function toMarkdown({ machine, missing, verdicts, findings, wal, faults, logs }: Report): string {
  const { cpu, cores, memoryGb, system, node, postgres, loadAtStart, loadAtEnd } = machine;
  return [
    '# Benchmark',
    `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}, PostgreSQL ${postgres}; load ${loadAtStart.toFixed(1)} before, ${loadAtEnd.toFixed(1)} after.`,
    ...missing.map((each) => `**Missing:** ${each}`),
    verdictTable(verdicts),
    findingTable(findings),
    'CPU is that of one scrape, of the exporter and of all processes of the server. RSS: after the rounds, and the most. Block: the longest of the event loop in five more scrapes.',
    ...(wal.length === 0 ? [] : [walTable(wal)]),
    ...(faults.length === 0 ? [] : [faultTable(faults), faultGrowth(faults)]),
    ...(logs.length === 0 ? [] : [logTable(logs)]),
    '',
  ].join('\n\n');
}

/** The targets, met or not. */
function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ what, unit, target, measured }) => [
    what,
    `<= ${target} ${unit}`.trim(),
    measured === undefined ? '' : `${decimals(measured, unit === '' ? 3 : 1)} ${unit}`.trim(),
    measured === undefined ? 'not measured' : measured <= target ? 'met' : '**missed**',
  ]);
  return table(['what', 'target', 'measured', ''], rows);
}

const COLUMNS = [
  'scenario',
  'who',
  'tables',
  'away ms',
  'p50 ms',
  'p95',
  'p99',
  'CPU ms',
  'server CPU ms',
  'ms / 1,000',
  'CPU / 1,000',
  'RSS MB',
  'peak',
  'block ms',
  'samples',
  'kB',
  'connections',
  'turns',
  'failed',
];

function findingTable(findings: readonly Finding[]): string {
  const rows = findings.map((each) => [
    each.scenario + (each.scenario === 'idle' ? ` ${each.rounds}` : ''),
    each.subject + (each.scrapers === 1 ? '' : ` x ${each.scrapers}`),
    String(each.tables),
    String(each.delayMs),
    decimals(each.latencyMs.p50, 1),
    decimals(each.latencyMs.p95, 1),
    decimals(each.latencyMs.p99, 1),
    decimals(each.cpuMs, 1),
    decimals(each.serverCpuMs, 1),
    decimals(perThousand(each.latencyMs.p50, each.samples), 2),
    decimals(perThousand(each.cpuMs, each.samples), 2),
    decimals(each.idleRssMb, 0),
    decimals(each.peakRssMb, 0),
    decimals(each.longestBlockMs, 1),
    each.samples === undefined ? '' : String(each.samples),
    each.bytes === 0 ? '' : (each.bytes / 1e3).toFixed(0),
    each.connections === undefined ? '' : String(each.connections),
    each.turns === undefined ? '' : String(each.turns),
    each.failed.join(' '),
  ]);
  return table(COLUMNS, rows);
}

function walTable(wal: readonly WalFinding[]): string {
  const rows = wal.map((each) => [
    each.layout,
    each.reading,
    String(each.segments),
    decimals(each.listMs / 1_000, 2),
    decimals(each.assessMs / 1_000, 2),
    decimals(each.longestBlockMs, 1),
    decimals(each.peakRssMb, 0),
    String(each.unverified),
    String(each.gaps),
    String(each.badFiles),
  ]);
  const head = ['archive', 'reading', 'segments', 's', 'assessed in s', 'block ms', 'peak MB'];
  return table([...head, 'unverified', 'gaps', 'bad files'], rows);
}

function faultTable(faults: readonly FaultFinding[]): string {
  const rows = faults.map((each) => [
    String(each.scrapes),
    String(each.up),
    decimals(each.residentMb, 1),
    each.files === undefined ? '' : String(each.files),
    String(each.sessions),
  ]);
  return table(['scrapes', 'pages with pg_up 1', 'RSS MB', 'open files', 'sessions in pg_stat_activity'], rows);
}

function faultGrowth(faults: readonly FaultFinding[]): string {
  return `RSS grew by ${decimals(growthOf(faults), 2)} MB for each 1,000 scrapes, the first 1,000 left out.`;
}

function logTable(logs: readonly LogFinding[]): string {
  const rows = logs.map((each) => [
    each.format,
    each.reader,
    decimals(each.bytes / 1e6, 0),
    decimals(each.seconds, 1),
    decimals(each.cpuSeconds, 1),
    decimals(each.peakMb, 0),
    decimals(timesAsFast(each, logs), 1),
  ]);
  return table(['log', 'who', 'MB', 's', 'CPU s', 'peak MB', 'times as fast as pgBadger'], rows);
}

/** By the CPU of both for the same log; undefined where pgBadger did not read it. */
function timesAsFast({ reader, format, cpuSeconds }: LogFinding, logs: readonly LogFinding[]): number | undefined {
  const other = logs.find((each) => each.reader === 'pgBadger' && each.format === format);
  return reader === 'pgBadger' || other === undefined ? undefined : other.cpuSeconds / cpuSeconds;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function decimals(figure: number | undefined, digits: number): string {
  return figure === undefined ? '' : figure.toFixed(digits);
}
