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
  /** To be called once by each reader, when it needs the result no more. */
  readonly release: () => void;
}

interface Running<T> {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  readers: number;
  /** Those that have not released the result yet, also if they have gone. */
  holders: number;
}

/** @param unused is told of each result that all its readers have released */
export function createSingleFlight<T>(unused: (result: T) => void = () => undefined): SingleFlight<T> {
  const flights = new Map<string, Running<T>>();

  function start(key: string, run: (abandoned: AbortSignal) => Promise<T>): Running<T> {
    const abort = new AbortController();
    const result = run(abort.signal).finally(() => {
      if (flights.get(key) === flight) flights.delete(key);
    });
    const flight: Running<T> = { result, abort, readers: 0, holders: 0 };
    flights.set(key, flight);
    return flight;
  }

  return {
    join(key, run, reader) {
      const running = flights.get(key);
      const flight = running ?? start(key, run);
      flight.readers++;
      flight.holders++;
      const leave = (): void => {
        flight.readers--;
        if (flight.readers > 0) return;
        flight.abort.abort();
        if (flights.get(key) === flight) flights.delete(key);
      };
      if (reader.aborted) leave();
      else reader.addEventListener('abort', leave, { once: true });
      const release = (): void => {
        flight.holders--;
        if (flight.holders === 0) void flight.result.then(unused, () => undefined);
      };
      return { result: flight.result, shared: running !== undefined, release };
    },
  };
}
