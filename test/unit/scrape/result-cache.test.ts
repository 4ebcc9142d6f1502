import { describe, expect, it } from 'vitest';
import { WalguardError } from '../../../src/core/error.ts';
import type { PlannedQuery } from '../../../src/scrape/plan.ts';
import { createResultCache, type ResultCache } from '../../../src/scrape/result-cache.ts';
import type { StepResult } from '../../../src/scrape/run-lane.ts';
import { createSeriesLimit, NO_LIMIT } from '../../../src/scrape/series-limit.ts';
import { collectorOf, idleQuery } from '../support/collectors.ts';

function queryOf(ttlMs?: number, sql = 'SELECT 1'): PlannedQuery {
  return { collector: collectorOf('a'), step: { ...idleQuery, sql, ...(ttlMs === undefined ? {} : { ttlMs }) } };
}

const good: StepResult = {
  outcome: { status: 'ok', collector: 'a', seconds: 0.1, rows: 1, samples: 1, dropped: new Map() },
  families: [],
};
const bad: StepResult = {
  outcome: { status: 'failed', collector: 'a', seconds: 0.1, error: new WalguardError('QUERY_FAILED', 'no') },
  families: [],
};

/** What a cache serves for a query at a moment; undefined if it must run. */
function find(cache: ResultCache, query: PlannedQuery, beganMs: number): StepResult | undefined {
  const { served, due } = cache.divide([query], { beganMs, limit: NO_LIMIT });
  expect(due).toEqual(served.length === 0 ? [query] : []);
  return served[0];
}

describe('the cache of results', () => {
  it('has a result until its ttl is over, and says that it is of before', () => {
    const cache = createResultCache();
    cache.keep([queryOf(10)], [good], 100);
    expect(find(cache, queryOf(10), 109)).toEqual({ ...good, outcome: { ...good.outcome, cached: true } });
    expect(find(cache, queryOf(10), 110)).toBeUndefined();
  });

  it('keeps nothing without a ttl, and no failure; the good result before a failure stays', () => {
    const cache = createResultCache();
    cache.keep([queryOf()], [good], 0);
    expect(find(cache, queryOf(), 0)).toBeUndefined();
    cache.keep([queryOf(10)], [bad], 0);
    expect(find(cache, queryOf(10), 1)).toBeUndefined();
    cache.keep([queryOf(10)], [good], 0);
    cache.keep([queryOf(10)], [bad], 1);
    expect(find(cache, queryOf(10), 2)).toBeDefined();
  });

  it('does not take the result of another branch, nor one of before it was cleared', () => {
    const cache = createResultCache();
    cache.keep([queryOf(10)], [good], 0);
    expect(find(cache, queryOf(10, 'SELECT 2'), 1)).toBeUndefined();
    cache.clear();
    expect(find(cache, queryOf(10), 1)).toBeUndefined();
  });

  it('serves nothing for which the page has no room', () => {
    const cache = createResultCache();
    cache.keep([queryOf(10)], [good], 0);
    const limit = createSeriesLimit({ perCollector: 10, perPage: 1 });
    expect(cache.divide([queryOf(10)], { beganMs: 1, limit }).served).toHaveLength(1);
    expect(cache.divide([queryOf(10)], { beganMs: 1, limit }).due).toHaveLength(1);
  });
});
