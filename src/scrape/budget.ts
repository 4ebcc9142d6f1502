/** The time one scrape has. */
export interface Budget {
  readonly remainingMs: () => number;
  /** Aborts when the time is over, or when nobody waits for the scrape any more. */
  readonly signal: AbortSignal;
}

/** A budget that starts now and ends after `totalMs`, or earlier if `abandoned` aborts. */
export function createBudget(totalMs: number, abandoned: AbortSignal): Budget {
  const end = performance.now() + totalMs;
  return {
    remainingMs: () => Math.max(0, end - performance.now()),
    signal: AbortSignal.any([AbortSignal.timeout(Math.max(0, Math.round(totalMs))), abandoned]),
  };
}
