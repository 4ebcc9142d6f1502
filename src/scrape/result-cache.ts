import type { PlannedQuery } from './plan.ts';
import type { StepResult } from './run-lane.ts';

/** The last good results of queries that have a ttl. */
export interface ResultCache {
  /** What a query gave so lately that it is served again; undefined if the query must run. */
  readonly find: (query: PlannedQuery, nowMs: number) => StepResult | undefined;
  /** Takes up a result; one that is not good is not kept. */
  readonly keep: (query: PlannedQuery, result: StepResult, nowMs: number) => void;
  /** Forgets everything: it is another server, or the same in another role. */
  readonly clear: () => void;
}

interface Entry {
  readonly sql: string;
  readonly result: StepResult;
  readonly untilMs: number;
}

export function createResultCache(): ResultCache {
  const entries = new Map<string, Entry>();
  return {
    find({ collector, step }, nowMs) {
      const entry = entries.get(collector.name);
      return entry !== undefined && entry.sql === step.sql && nowMs < entry.untilMs ? entry.result : undefined;
    },
    keep({ collector, step: { sql, ttlMs } }, { outcome, families }, nowMs) {
      if (ttlMs === undefined || outcome.status !== 'ok') return;
      const result: StepResult = { outcome: { ...outcome, cached: true }, families };
      entries.set(collector.name, { sql, result, untilMs: nowMs + ttlMs });
    },
    clear: () => entries.clear(),
  };
}
