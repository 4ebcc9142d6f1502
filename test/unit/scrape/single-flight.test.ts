import { describe, expect, it } from 'vitest';
import { createSingleFlight } from '../../../src/scrape/single-flight.ts';

/** Runs that end when the test says so. */
function createRuns() {
  const runs: {
    readonly abandoned: AbortSignal;
    readonly end: (value: string) => void;
    readonly fail: (error: Error) => void;
  }[] = [];
  const run = (abandoned: AbortSignal): Promise<string> => {
    const { promise, resolve, reject } = withResolvers<string>();
    runs.push({ abandoned, end: resolve, fail: reject });
    return promise;
  };
  return { runs, run };
}

function withResolvers<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

function reader(): AbortSignal {
  return new AbortController().signal;
}

describe('a run that readers share', () => {
  it('is joined by who asks for the same while it is under way', async () => {
    const flights = createSingleFlight<string>();
    const { runs, run } = createRuns();
    const first = flights.join('all', run, reader());
    const second = flights.join('all', run, reader());
    expect(runs).toHaveLength(1);
    expect([first.shared, second.shared]).toEqual([false, true]);
    runs[0]?.end('page');
    expect(await Promise.all([first.result, second.result])).toEqual(['page', 'page']);
  });

  it('is not joined by who asks for something else', async () => {
    const flights = createSingleFlight<string>();
    const { runs, run } = createRuns();
    const all = flights.join('all', run, reader());
    const some = flights.join('some', run, reader());
    expect([runs.length, some.shared]).toEqual([2, false]);
    runs[1]?.end('some');
    runs[0]?.end('all');
    expect(await Promise.all([all.result, some.result])).toEqual(['all', 'some']);
  });

  it('is not joined when it has ended', async () => {
    const flights = createSingleFlight<string>();
    const { runs, run } = createRuns();
    const first = flights.join('all', run, reader());
    runs[0]?.end('old');
    await first.result;
    const second = flights.join('all', run, reader());
    runs[1]?.end('new');
    expect([second.shared, await second.result]).toEqual([false, 'new']);
  });

  it('fails for all of its readers, and not for the next ones', async () => {
    const flights = createSingleFlight<string>();
    const { runs, run } = createRuns();
    const both = [flights.join('all', run, reader()).result, flights.join('all', run, reader()).result];
    runs[0]?.fail(new Error('broken'));
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = flights.join('all', run, reader());
    runs[1]?.end('page');
    expect([next.shared, await next.result]).toEqual([false, 'page']);
  });

  it('goes on while a reader is left', () => {
    const flights = createSingleFlight<string>();
    const { runs, run } = createRuns();
    const [one, other] = [new AbortController(), new AbortController()];
    flights.join('all', run, one.signal);
    flights.join('all', run, other.signal);
    one.abort();
    expect(runs[0]?.abandoned.aborted).toBe(false);
    other.abort();
    expect(runs[0]?.abandoned.aborted).toBe(true);
  });

  it('counts a reader that goes once', () => {
    const flights = createSingleFlight<string>();
    const { runs, run } = createRuns();
    const gone = new AbortController();
    flights.join('all', run, gone.signal);
    flights.join('all', run, reader());
    gone.abort();
    gone.abort();
    expect(runs[0]?.abandoned.aborted).toBe(false);
  });

  it('is given up at once for a reader that had gone before it came', () => {
    const flights = createSingleFlight<string>();
    const { runs, run } = createRuns();
    flights.join('all', run, AbortSignal.abort());
    expect(runs[0]?.abandoned.aborted).toBe(true);
  });

  it('is kept by the others when one comes that had gone before', () => {
    const flights = createSingleFlight<string>();
    const { runs, run } = createRuns();
    flights.join('all', run, reader());
    const late = flights.join('all', run, AbortSignal.abort());
    expect([late.shared, runs[0]?.abandoned.aborted]).toEqual([true, false]);
  });
});

describe('a run that was given up', () => {
  it('is not joined any more: the next reader starts a new one', async () => {
    const flights = createSingleFlight<string>();
    const { runs, run } = createRuns();
    const gone = new AbortController();
    flights.join('all', run, gone.signal);
    gone.abort();
    const next = flights.join('all', run, reader());
    expect([next.shared, runs.length, runs[1]?.abandoned.aborted]).toEqual([false, 2, false]);
    runs[1]?.end('new');
    expect(await next.result).toBe('new');
  });

  it('does not take the new one with it when it ends', async () => {
    const flights = createSingleFlight<string>();
    const { runs, run } = createRuns();
    const gone = new AbortController();
    const old = flights.join('all', run, gone.signal);
    gone.abort();
    const next = flights.join('all', run, reader());
    runs[0]?.end('old');
    await old.result;
    const joined = flights.join('all', run, reader());
    expect([joined.shared, runs.length]).toEqual([true, 2]);
    runs[1]?.end('new');
    expect(await Promise.all([next.result, joined.result])).toEqual(['new', 'new']);
  });

  it('still ends for the reader that has gone', async () => {
    const flights = createSingleFlight<string>();
    const { runs, run } = createRuns();
    const gone = new AbortController();
    const { result } = flights.join('all', run, gone.signal);
    gone.abort();
    runs[0]?.end('nobody reads it');
    expect(await result).toBe('nobody reads it');
  });
});

describe('the result of a run that readers share', () => {
  it('is unused when each of them has released it, also who has gone', async () => {
    const unused: string[] = [];
    const flights = createSingleFlight<string>((result) => unused.push(result));
    const { runs, run } = createRuns();
    const first = flights.join('a', run, reader());
    const gone = new AbortController();
    const second = flights.join('a', run, gone.signal);
    gone.abort();
    runs[0]?.end('page');
    await Promise.all([first.result, second.result]);
    first.release();
    await Promise.resolve();
    expect(unused).toEqual([]);
    second.release();
    await first.result;
    expect(unused).toEqual(['page']);
  });

  it('is never unused where the run has failed', async () => {
    const unused: string[] = [];
    const flights = createSingleFlight<string>((result) => unused.push(result));
    const { runs, run } = createRuns();
    const { result, release } = flights.join('a', run, reader());
    runs[0]?.fail(new Error('no'));
    await expect(result).rejects.toThrow('no');
    release();
    await Promise.resolve();
    expect(unused).toEqual([]);
  });
});
