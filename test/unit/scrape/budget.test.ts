import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { describe, expect, it } from 'vitest';

import { createBudget } from '../../../src/scrape/budget.ts';

function garbageCollector(): () => void {
  setFlagsFromString('--expose_gc');
  return runInNewContext('gc') as () => void;
}

describe('the budget of a scrape', () => {
  it('ends when its time is over, whatever the garbage collector takes away meanwhile', async () => {
    const collectGarbage = garbageCollector();
    using budget = createBudget(200, new AbortController().signal);
    const pulse = setInterval(collectGarbage, 10);

    await expect.poll(() => budget.signal.aborted, { timeout: 5_000 }).toBe(true);

    clearInterval(pulse);
    expect(budget.remainingMs()).toBe(0);
  });

  it('ends when nobody waits any more', () => {
    const abandoned = new AbortController();
    using budget = createBudget(60_000, abandoned.signal);

    abandoned.abort();

    expect(budget.signal.aborted).toBe(true);
    expect(budget.remainingMs()).toBeGreaterThan(50_000);
  });

  it('has ended if nobody waited from the start', () => {
    using budget = createBudget(60_000, AbortSignal.abort());
    expect(budget.signal.aborted).toBe(true);
  });
});
