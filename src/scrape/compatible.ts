import type { SampleSink } from '../core/collector.ts';
import type { TargetFacts } from '../core/facts.ts';
import { declareFamily, type Family } from '../core/family.ts';
import type { Outcome } from './outcome.ts';

const COLLECTOR = ['collector'];
const VERSION = ['version', 'short_version'];

const SUCCESS = declareFamily(
  'pg_scrape_collector_success',
  'gauge',
  '1 if the collector succeeded in this scrape, in each database where it ran.',
  COLLECTOR,
);
const DURATION = declareFamily(
  'pg_scrape_collector_duration_seconds',
  'gauge',
  'Seconds that walguard_collector_duration_seconds has for the collector, all databases together.',
  COLLECTOR,
);
const LAST_ERROR = declareFamily('pg_exporter_last_scrape_error', 'gauge', '1 if a collector failed in this scrape.');
const LAST_DURATION = declareFamily('pg_exporter_last_scrape_duration_seconds', 'gauge', 'Seconds this scrape took.');
const SCRAPES = declareFamily('pg_exporter_scrapes_total', 'counter', 'Scrapes of this server since walguard started.');
const STATIC = declareFamily('pg_static', 'unknown', "Always 1; the labels are the server's version.", VERSION);

/** What postgres_exporter says of its own scrapes, and dashboards of it ask for. */
export const COMPATIBLE_FAMILIES: readonly Family[] = [SUCCESS, DURATION, LAST_ERROR, LAST_DURATION, SCRAPES, STATIC];

export interface ScrapeSummary {
  readonly outcomes: readonly Outcome[];
  readonly seconds: number;
  /** How many scrapes there were, this one among them. */
  readonly scrapes: number;
  /** Undefined until the server has answered once. */
  readonly facts: TargetFacts | undefined;
}

export function writeCompatible({ outcomes, seconds, scrapes, facts }: ScrapeSummary, sink: SampleSink): void {
  const none = sink.labels([], []);
  for (const [collector, { ok, seconds: lasted }] of sumUp(outcomes)) {
    const labels = sink.labels(COLLECTOR, [collector]);
    sink.add(SUCCESS, labels, ok ? 1 : 0);
    sink.add(DURATION, labels, lasted);
  }
  sink.add(LAST_ERROR, none, outcomes.some(({ status }) => status === 'failed') ? 1 : 0);
  sink.add(LAST_DURATION, none, seconds);
  sink.add(SCRAPES, none, scrapes);
  if (facts === undefined) return;
  const short = `${Math.floor(facts.version / 10_000)}.${facts.version % 10_000}.0`;
  sink.add(STATIC, sink.labels(VERSION, [facts.versionText, short]), 1);
}

/** By collector: the databases in which it ran are one here. */
function sumUp(outcomes: readonly Outcome[]): ReadonlyMap<string, { readonly ok: boolean; readonly seconds: number }> {
  const sums = new Map<string, { readonly ok: boolean; readonly seconds: number }>();
  for (const outcome of outcomes) {
    if (outcome.status === 'skipped') continue;
    const before = sums.get(outcome.collector) ?? { ok: true, seconds: 0 };
    const ok = before.ok && outcome.status === 'ok';
    sums.set(outcome.collector, { ok, seconds: before.seconds + outcome.seconds });
  }
  return sums;
}
