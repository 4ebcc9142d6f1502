import type { SampleSink } from '../core/collector.ts';
import { declareFamily, type Family } from '../core/family.ts';
import { DROP_REASONS, failReason, QUERY_FAIL_REASONS, TARGET_FAIL_REASONS } from '../core/reasons.ts';
import type { Outcome } from './outcome.ts';

/** The name under which connecting and the facts query are accounted for. */
export const FACTS_COLLECTOR = 'facts';

/** The name under which the list of databases is accounted for. */
export const DATABASES_COLLECTOR = 'databases';

const COLLECTOR = ['collector', 'datname'];
const REASON = ['collector', 'reason'];

const SUCCESS = declareFamily(
  'walguard_collector_success',
  'gauge',
  '1 if the collector succeeded in this scrape.',
  COLLECTOR,
);
const DURATION = declareFamily(
  'walguard_collector_duration_seconds',
  'gauge',
  "Seconds from the end of the connection's previous query to the end of this collector's.",
  COLLECTOR,
);
const ROWS = declareFamily('walguard_collector_rows', 'gauge', "Rows the collector's query returned.", COLLECTOR);
const SAMPLES = declareFamily(
  'walguard_collector_samples',
  'gauge',
  'Samples the collector gave to this page.',
  COLLECTOR,
);
const LAST_SUCCESS = declareFamily(
  'walguard_collector_last_success_timestamp_seconds',
  'gauge',
  "Unix time by walguard's clock at which the collector last ran and succeeded; older than the scrape for a cached result.",
  COLLECTOR,
);
const FAILURES = declareFamily('walguard_collector_failures_total', 'counter', 'Failed runs of the collector.', REASON);
const DROPPED = declareFamily('walguard_samples_dropped_total', 'counter', 'Samples left out of the page.', REASON);
const SKIPPED = declareFamily(
  'walguard_collector_skipped',
  'gauge',
  '1 if the collector does not apply to this server.',
  REASON,
);

/** The families of walguard's own that a target's page holds. */
export const TALLY_FAMILIES: readonly Family[] = [
  SUCCESS,
  DURATION,
  ROWS,
  SAMPLES,
  LAST_SUCCESS,
  FAILURES,
  DROPPED,
  SKIPPED,
];

/** What is counted over all scrapes of one target. */
export interface Tally {
  /** Takes up the outcomes of one scrape and writes their families. */
  readonly report: (outcomes: readonly Outcome[], sink: SampleSink) => void;
}

/** By collector and database: seconds since 1970. */
type LastSuccess = Map<string, Map<string, number>>;

export function createTally(): Tally {
  const failures = new Map<string, Map<string, number>>();
  const dropped = new Map<string, Map<string, number>>();
  const lastSuccess: LastSuccess = new Map();

  function count(outcome: Outcome): void {
    const { collector } = outcome;
    const failed = countersOf(failures, collector, failReasonsOf(collector));
    const drops = countersOf(dropped, collector, DROP_REASONS);
    if (outcome.status === 'ok') {
      if (outcome.cached === true) return;
      const times = lastSuccess.get(collector) ?? new Map<string, number>();
      lastSuccess.set(collector, times.set(outcome.database ?? '', Date.now() / 1_000));
      for (const [reason, samples] of outcome.dropped) drops.set(reason, (drops.get(reason) ?? 0) + samples);
    } else if (outcome.status === 'failed') {
      const reason = failReason(outcome.error.code);
      failed.set(reason, (failed.get(reason) ?? 0) + 1);
    }
  }

  return {
    report(outcomes, sink) {
      for (const outcome of outcomes) {
        if (outcome.status === 'skipped') {
          sink.add(SKIPPED, sink.labels(REASON, [outcome.collector, outcome.reason]), 1);
          continue;
        }
        count(outcome);
        writeOutcome(outcome, lastSuccess.get(outcome.collector)?.get(outcome.database ?? ''), sink);
      }
      forgetGone(lastSuccess, outcomes);
      writeCounters(FAILURES, failures, sink);
      writeCounters(DROPPED, dropped, sink);
    },
  };
}

/** Of a database that is no more, or in which the collector runs no more, nothing is kept. */
function forgetGone(lastSuccess: LastSuccess, outcomes: readonly Outcome[]): void {
  const present = new Map<string, Set<string>>();
  for (const { collector, database = '' } of outcomes)
    present.set(collector, (present.get(collector) ?? new Set()).add(database));
  for (const [collector, databases] of present) {
    const known = lastSuccess.get(collector);
    for (const database of known?.keys() ?? []) if (!databases.has(database)) known?.delete(database);
  }
}

function writeOutcome(
  outcome: Exclude<Outcome, { status: 'skipped' }>,
  last: number | undefined,
  sink: SampleSink,
): void {
  const labels = sink.labels(COLLECTOR, [outcome.collector, outcome.database ?? '']);
  const ok = outcome.status === 'ok';
  sink.add(SUCCESS, labels, ok ? 1 : 0);
  sink.add(DURATION, labels, outcome.seconds);
  if (ok) {
    sink.add(ROWS, labels, outcome.rows);
    sink.add(SAMPLES, labels, outcome.samples);
  }
  if (last !== undefined) sink.add(LAST_SUCCESS, labels, last);
}

function writeCounters(
  family: Family,
  counters: ReadonlyMap<string, ReadonlyMap<string, number>>,
  sink: SampleSink,
): void {
  for (const [collector, byReason] of counters) {
    for (const [reason, count] of byReason) sink.add(family, sink.labels(REASON, [collector, reason]), count);
  }
}

function countersOf(
  counters: Map<string, Map<string, number>>,
  collector: string,
  reasons: readonly string[],
): Map<string, number> {
  const known = counters.get(collector) ?? new Map(reasons.map((reason) => [reason, 0]));
  counters.set(collector, known);
  return known;
}

/** Counters start at 0 for every reason that can come up, so that the first failure is an increase. */
function failReasonsOf(collector: string): readonly string[] {
  return collector === FACTS_COLLECTOR ? [...TARGET_FAIL_REASONS, ...QUERY_FAIL_REASONS] : QUERY_FAIL_REASONS;
}
