import type { SubjectName } from './subject.ts';

/** Of many latencies, ms. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly least: number;
}

/** What one subject was measured to do in one scenario. What the system did not tell is undefined. */
export interface Finding {
  readonly scenario: Scenario;
  readonly subject: SubjectName;
  readonly tables: number;
  /** Added to each round trip to the server, as asked for. */
  readonly delayMs: number;
  readonly rounds: number;
  /** Who scrape at once, each again when its last page is there. */
  readonly scrapers: number;
  readonly latencyMs: Latency;
  /** A scrape, in the exporter and in the server. */
  readonly cpuMs: number | undefined;
  readonly serverCpuMs: number | undefined;
  readonly idleRssMb: number | undefined;
  readonly peakRssMb: number | undefined;
  /** Of the event loop. */
  readonly longestBlockMs: number | undefined;
  readonly samples: number | undefined;
  readonly bytes: number;
  /** Used by one scrape, and how often the exporter had to wait for the server in it. */
  readonly connections: number | undefined;
  readonly turns: number | undefined;
  /** Collectors that failed in any of the rounds. */
  readonly failed: readonly string[];
  /** Scrapes that were not there in time; undefined where none was due. */
  readonly late?: number;
}

/** What scenarios of many scrapes beside the server leave out: the figures of a single scrape. */
export const NOT_OF_ONE_SCRAPE = {
  delayMs: 0,
  cpuMs: undefined,
  serverCpuMs: undefined,
  longestBlockMs: undefined,
  connections: undefined,
  turns: undefined,
} as const satisfies Partial<Finding>;

export const SCENARIOS = [
  'pack',
  'defaults',
  'many',
  'growth',
  'scrapers',
  'fleet',
  'idle',
  'wal',
  'faults',
  'logs',
] as const;

export type Scenario = (typeof SCENARIOS)[number];

/** @param latencies at least one */
export function summarize(latencies: readonly number[]): Latency {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), least: sorted[0] ?? NaN };
}

/** Time or CPU for each 1,000 samples; undefined without samples. */
export function perThousand(figure: number | undefined, samples: number | undefined): number | undefined {
  return figure === undefined || samples === undefined || samples === 0 ? undefined : (figure * 1_000) / samples;
}
