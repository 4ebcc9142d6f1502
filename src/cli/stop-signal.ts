const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const FAILED = 1;

/**
 * Aborts at the first SIGTERM or SIGINT. A second one, of either, ends the process at once: by exit, for the first
 * process of a container is not ended by a signal it does not handle.
 */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(FAILED);
    stop.abort(signal);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  return stop.signal;
}
