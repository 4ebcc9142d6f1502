const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Aborts at the first SIGTERM or SIGINT. A second one, of either, ends the process at once: there is no handler left. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    for (const each of STOP_SIGNALS) process.off(each, onSignal);
    stop.abort(signal);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  return stop.signal;
}
