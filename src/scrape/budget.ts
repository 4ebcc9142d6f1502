/** The time one scrape has. Disposing it stops its clock. */
export interface Budget extends Disposable {
  readonly remainingMs: () => number;
  /** Aborts when the time is over, or when nobody waits for the scrape any more. */
  readonly signal: AbortSignal;
}

/**
 * A budget that starts now and ends after `totalMs`, or earlier if `abandoned` aborts.
 *
 * With a timer of its own: a signal made by AbortSignal.any() holds AbortSignal.timeout() weakly on Node 20, and one
 * that was collected as garbage never fires.
 */
export function createBudget(totalMs: number, abandoned: AbortSignal): Budget {
  const end = performance.now() + totalMs;
  const over = new AbortController();
  const abort = (): void => over.abort();
  const timer = setTimeout(abort, Math.max(0, totalMs));
  abandoned.addEventListener('abort', abort, { once: true });
  if (abandoned.aborted) abort();
  return {
    remainingMs: () => Math.max(0, end - performance.now()),
    signal: over.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      abandoned.removeEventListener('abort', abort);
    },
  };
}
