import { type Finding, perThousand, type Scenario } from './figures.ts';
import type { WalFinding } from './wal.ts';
import type { SubjectName } from './subject.ts';

/** A target and how near the run came to it; the figure is undefined where it was not measured. */
export interface Verdict {
  readonly what: string;
  readonly unit: string;
  readonly target: number;
  readonly measured: number | undefined;
}

/** What the figures of a run come to. A ratio is walguard's figure to the other's. */
export function judge(findings: readonly Finding[], wal: readonly WalFinding[] = []): readonly Verdict[] {
  return [...peerVerdicts(findings), ...floorVerdicts(findings), ...ownVerdicts(findings), ...walVerdicts(wal)];
}

/** The worse of both layouts. */
function walVerdicts(wal: readonly WalFinding[]): readonly Verdict[] {
  const worst = (figure: (each: WalFinding) => number | undefined, found = wal): number | undefined => {
    const figures = found.flatMap((each) => figure(each) ?? []);
    return figures.length === 0 ? undefined : Math.max(...figures);
  };
  const first = wal.filter(({ reading }) => reading === 'first');
  return [
    {
      what: 'archive: first reading and assessment',
      unit: 's',
      target: 5,
      measured: worst(({ listMs, assessMs }) => (listMs + assessMs) / 1_000, first),
    },
    { what: 'archive: peak RSS', unit: 'MB', target: 200, measured: worst(({ peakRssMb }) => peakRssMb) },
    {
      what: 'archive: longest block of the event loop by reading',
      unit: 'ms',
      target: 40,
      measured: worst(({ longestBlockMs }) => longestBlockMs),
    },
  ];
}

function peerVerdicts(findings: readonly Finding[]): readonly Verdict[] {
  const pack = (delayMs: number): number | undefined => {
    const at = (subject: SubjectName): number | undefined => find(findings, 'pack', subject, delayMs)?.latencyMs.p50;
    return ratio(at('walguard'), at('pg_exporter'));
  };
  const defaults = (scenario: Scenario): number | undefined => {
    const at = (subject: SubjectName): number | undefined => {
      const finding = find(findings, scenario, subject);
      return perThousand(finding?.latencyMs.p50, finding?.samples);
    };
    return ratio(at('walguard'), at('postgres_exporter'));
  };
  return [
    { what: 'same pack, local: latency to pg_exporter', unit: '', target: 0.5, measured: pack(0) },
    { what: 'same pack, 5 ms away', unit: '', target: 0.2, measured: pack(5) },
    { what: 'same pack, 20 ms away', unit: '', target: 0.08, measured: pack(20) },
    {
      what: 'default sets, local: latency for 1,000 samples to postgres_exporter',
      unit: '',
      target: 0.4,
      measured: defaults('defaults'),
    },
    { what: 'default sets, 10,000 tables', unit: '', target: 0.2, measured: defaults('many') },
    { what: 'CPU for 1,000 samples to the better peer', unit: '', target: 0.5, measured: cpuRatio(findings) },
  ];
}

/** Each on the server with the tables that were asked for: walguard's dearer set against the cheaper of the peers. */
function cpuRatio(findings: readonly Finding[]): number | undefined {
  const cpuOf = (subject: SubjectName): readonly number[] =>
    findings
      .filter((each) => each.subject === subject && each.delayMs === 0 && ['pack', 'defaults'].includes(each.scenario))
      .flatMap(({ cpuMs, samples }) => perThousand(cpuMs, samples) ?? []);
  const peers = [...cpuOf('pg_exporter'), ...cpuOf('postgres_exporter')];
  const own = cpuOf('walguard');
  return peers.length === 0 || own.length === 0 ? undefined : ratio(Math.max(...own), Math.min(...peers));
}

function floorVerdicts(findings: readonly Finding[]): readonly Verdict[] {
  const floors = findings.filter(({ subject, scenario }) => subject === 'bare client' && scenario !== 'growth');
  return floors.map(({ scenario, delayMs, latencyMs }) => ({
    what: `${scenario}, ${delayMs === 0 ? 'local' : `${delayMs} ms away`}: latency to the bare client`,
    unit: '',
    target: 1.15,
    measured: ratio(find(findings, scenario, 'walguard', delayMs)?.latencyMs.p50, latencyMs.p50),
  }));
}

function ownVerdicts(findings: readonly Finding[]): readonly Verdict[] {
  const many = find(findings, 'many', 'walguard');
  const idle = findings.findLast(({ scenario }) => scenario === 'idle');
  const crowd = (scrapers: number): number | undefined =>
    findings.find((each) => each.scenario === 'scrapers' && each.subject === 'walguard' && each.scrapers === scrapers)
      ?.latencyMs.p99;
  const fleet = findings.find(({ scenario }) => scenario === 'fleet');
  const isOldNode = Number(process.versions.node.split('.')[0]) < 24;
  return [
    { what: '10,000 tables: peak RSS', unit: 'MB', target: 120, measured: many?.peakRssMb },
    { what: '10,000 tables: longest block of the event loop', unit: 'ms', target: 40, measured: many?.longestBlockMs },
    { what: 'idle RSS after 1,000 scrapes', unit: 'MB', target: isOldNode ? 90 : 100, measured: idle?.idleRssMb },
    { what: '50 scrapers: p99 to that of one alone', unit: '', target: 2, measured: ratio(crowd(50), crowd(1)) },
    { what: 'fleet: peak RSS', unit: 'MB', target: 250, measured: fleet?.peakRssMb },
    { what: 'fleet: scrapes that were late', unit: '', target: 0, measured: fleet?.late },
    { what: 'growth: exponent of latency over samples', unit: '', target: 1.1, measured: growthExponent(findings) },
  ];
}

/** 1 if ten times the samples take ten times as long; from the largest page and the one nearest to a tenth of it. */
function growthExponent(findings: readonly Finding[]): number | undefined {
  const points = findings
    .filter(({ scenario, subject }) => scenario === 'growth' && subject === 'walguard')
    .map(({ samples = 0, latencyMs }) => ({ samples, ms: latencyMs.p50 }));
  const last = points.at(-1);
  const first = points.findLast(({ samples }) => samples <= (last?.samples ?? 0) / 8);
  if (first === undefined || last === undefined) return undefined;
  return Math.log(last.ms / first.ms) / Math.log(last.samples / first.samples);
}

function find(
  findings: readonly Finding[],
  scenario: Scenario,
  subject: SubjectName,
  delayMs = 0,
): Finding | undefined {
  return findings.find(
    (each) => each.scenario === scenario && each.subject === subject && each.delayMs === delayMs && each.scrapers === 1,
  );
}

function ratio(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one / other;
}
