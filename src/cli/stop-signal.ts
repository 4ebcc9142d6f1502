const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Aborts at the first SIGTERM or SIGINT. A second one ends the process at once, as if there were no handler. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of STOP_SIGNALS) process.once(signal, () => stop.abort(signal));
  return stop.signal;
}
