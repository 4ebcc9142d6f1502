/** So many requests at once, and then one each interval. */
export interface RateLimit {
  readonly intervalMs: number;
  readonly burst: number;
}

/** A bucket of as many requests as may come at once; one drops in each interval. True for a request that finds one. */
export function createRateLimit(now: () => number = () => performance.now()): (limit: RateLimit) => boolean {
  let left = Infinity;
  let countedMs = now();
  return ({ intervalMs, burst }) => {
    const at = now();
    left = Math.min(burst, left + (at - countedMs) / intervalMs);
    countedMs = at;
    if (left < 1) return false;
    left--;
    return true;
  };
}
