import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArchiverState } from '../../src/collectors/archiver/state.ts';
import { type Family, parseExposition } from './exposition.ts';
import { fetchRaw, samplesOf } from './http.ts';

/** One look at the archiver's families. */
export interface Look {
  readonly atMs: number;
  readonly state: ArchiverState;
  readonly families: ReadonlyMap<string, Family>;
}

/** Scrapes walguard's archiver collector at a steady pace and keeps what it said; until disposed of. */
export class ArchiverWatch implements AsyncDisposable {
  readonly looks: Look[] = [];
  readonly #url: string;
  readonly #everyMs: number;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(walguardUrl: string, everyMs = 1_000) {
    this.#url = `${walguardUrl}/metrics?collect[]=archiver`;
    this.#everyMs = everyMs;
    this.#done = this.#run();
    // Awaited when it is disposed of; until then a rejection must not count as unhandled.
    this.#done.catch(() => undefined);
  }

  /** Scrapes now; undefined where the server did not answer in time. */
  async look(): Promise<Look | undefined> {
    // Over a connection of its own: one that is kept may be closed at the moment it is used again.
    const { status, body } = await fetchRaw(this.#url);
    if (status !== 200) throw new Error(`${this.#url} answered ${status}.`);
    const families = parseExposition(body.toString('utf8'), 'text');
    const present = samplesOf(families, 'pg_archiver_state').filter(({ value }) => value === 1);
    const state = present[0]?.labels['state'] as ArchiverState | undefined;
    return state === undefined ? undefined : { atMs: performance.now(), state, families };
  }

  /** The states shown since a moment, each as long as it lasted once, and when each was first shown. */
  pathSince(fromMs: number): readonly Look[] {
    const since = this.looks.filter(({ atMs }) => atMs >= fromMs);
    return since.filter(({ state }, index) => state !== since[index - 1]?.state);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let next = performance.now(); !signal.aborted; next += this.#everyMs) {
      const seen = await this.look().catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      if (seen !== undefined) this.looks.push(seen);
      await sleep(Math.max(0, next + this.#everyMs - performance.now()), undefined, { signal }).catch(() => undefined);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}
