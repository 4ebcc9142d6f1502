import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';

import { Ticker } from '../../../src/scrape/ticker.ts';

describe('a ticker', () => {
  it('ticks at once and then each interval, one tick at a time, until it is disposed of', async () => {
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const ticker = new Ticker({
      intervalMs: 20,
      lastMs: () => -Infinity,
      async tick() {
        begun.push(performance.now());
        most = Math.max(most, ++running);
        await sleep(30);
        running--;
      },
    });
    expect(begun).toHaveLength(1);
    await vi.waitFor(() => expect(begun.length).toBeGreaterThanOrEqual(4), 5_000);
    await ticker[Symbol.asyncDispose]();
    const count = begun.length;
    expect(running).toBe(0);
    expect(most).toBe(1);
    await sleep(60);
    expect(begun).toHaveLength(count);
    for (const [index, at] of begun.entries())
      if (index > 0) expect(at - (begun[index - 1] ?? 0)).toBeGreaterThanOrEqual(19);
  });

  it('leaves out what others did meanwhile', async () => {
    let ticks = 0;
    let last = performance.now();
    const busy = setInterval(() => (last = performance.now()), 5);
    await using ticker = new Ticker({ intervalMs: 500, lastMs: () => last, tick: async () => void ticks++ });
    expect(ticker).toBeDefined();
    await sleep(700);
    expect(ticks).toBe(0);
    clearInterval(busy);
    await vi.waitFor(() => expect(ticks).toBeGreaterThan(0), 5_000);
  });

  it('tells the tick under way to end', async () => {
    let told: AbortSignal | undefined;
    const ticker = new Ticker({
      intervalMs: 1,
      lastMs: () => -Infinity,
      tick: (stop) => {
        told = stop;
        return new Promise((resolve) => stop.addEventListener('abort', () => resolve()));
      },
    });
    await vi.waitFor(() => expect(told).toBeDefined(), 5_000);
    await ticker[Symbol.asyncDispose]();
    expect(told?.aborted).toBe(true);
  });
});
