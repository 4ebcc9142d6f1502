/** Runs that readers with the same key share: the first starts it, the others join while it is under way. */
export interface SingleFlight<T> {
  /**
   * @param run is told to stop when the last reader has gone
   * @param reader aborts when this reader no longer waits; its promise then still settles with the run
   */
  readonly join: (key: string, run: (abandoned: AbortSignal) => Promise<T>, reader: AbortSignal) => Flight<T>;
}

export interface Flight<T> {
  readonly result: Promise<T>;
  /** This reader found a run already under way. */
  readonly shared: boolean;
}

interface Running<T> {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  readers: number;
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Running<T>>();

  function start(key: string, run: (abandoned: AbortSignal) => Promise<T>): Running<T> {
    const abort = new AbortController();
    const result = run(abort.signal).finally(() => {
      if (flights.get(key) === flight) flights.delete(key);
    });
    const flight: Running<T> = { result, abort, readers: 0 };
    flights.set(key, flight);
    return flight;
  }

  return {
    join(key, run, reader) {
      const running = flights.get(key);
      const flight = running ?? start(key, run);
      flight.readers++;
      const leave = (): void => {
        flight.readers--;
        if (flight.readers > 0) return;
        flight.abort.abort();
        if (flights.get(key) === flight) flights.delete(key);
      };
      if (reader.aborted) leave();
      else reader.addEventListener('abort', leave, { once: true });
      return { result: flight.result, shared: running !== undefined };
    },
  };
}
