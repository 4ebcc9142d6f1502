import { keepChunks } from '../exposition/chunk-pool.ts';
import type { PlannedQuery } from './plan.ts';
import type { StepResult } from './run-lane.ts';
import type { SeriesLimit } from './series-limit.ts';

/** The last good results of queries that have a ttl, in one database. */
export interface ResultCache {
  /** Parts queries into those whose results are so new that they are served again, and those that must run. */
  readonly divide: (queries: readonly PlannedQuery[], scrape: CachedScrape) => DividedQueries;
  /** Takes up the results of queries that ran; those that are not good are not kept. */
  readonly keep: (queries: readonly PlannedQuery[], results: readonly StepResult[], nowMs: number) => void;
  /** Forgets everything: it is another server, or the same in another role. */
  readonly clear: () => void;
}

export interface CachedScrape {
  readonly beganMs: number;
  readonly limit: SeriesLimit;
}

export interface DividedQueries {
  readonly served: readonly StepResult[];
  readonly due: readonly PlannedQuery[];
}

interface Entry {
  readonly sql: string;
  readonly result: StepResult;
  readonly untilMs: number;
}

export function createResultCache(): ResultCache {
  const entries = new Map<string, Entry>();

  function find({ collector, step }: PlannedQuery, nowMs: number): StepResult | undefined {
    const entry = entries.get(collector.name);
    return entry !== undefined && entry.sql === step.sql && nowMs < entry.untilMs ? entry.result : undefined;
  }

  return {
    divide(queries, { beganMs, limit }) {
      const served: StepResult[] = [];
      const due: PlannedQuery[] = [];
      for (const query of queries) {
        const known = find(query, beganMs);
        if (known?.outcome.status === 'ok' && limit.take(known.outcome.samples)) served.push(known);
        else due.push(query);
      }
      return { served, due };
    },
    keep(queries, results, nowMs) {
      const byName = new Map(results.map((result) => [result.outcome.collector, result]));
      for (const { collector, step } of queries) {
        const result = byName.get(collector.name);
        if (step.ttlMs === undefined || result?.outcome.status !== 'ok') continue;
        for (const { chunks } of result.families) keepChunks(chunks);
        const kept: StepResult = { ...result, outcome: { ...result.outcome, cached: true } };
        entries.set(collector.name, { sql: step.sql, result: kept, untilMs: nowMs + step.ttlMs });
      }
    },
    clear: () => entries.clear(),
  };
}
