import { setTimeout as sleep } from 'node:timers/promises';

export interface TickerSettings {
  readonly intervalMs: number;
  /** When what a tick does was last done by anybody, by the clock of `performance`; -Infinity for never. */
  readonly lastMs: () => number;
  /** Must not reject. @param stop aborts when it is to end */
  readonly tick: (stop: AbortSignal) => Promise<void>;
}

/** Sees to it that something is done each interval: at once, and where nobody else did it. One tick at a time. */
export class Ticker implements AsyncDisposable {
  readonly #settings: TickerSettings;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(settings: TickerSettings) {
    this.#settings = settings;
    this.#ended = this.#run();
  }

  async #run(): Promise<void> {
    const { intervalMs, lastMs, tick } = this.#settings;
    const { signal } = this.#stop;
    // A tick that leads to nothing must not be followed by the next one at once.
    let triedMs = -Infinity;
    while (!signal.aborted) {
      const waitMs = Math.max(lastMs(), triedMs) + intervalMs - performance.now();
      if (waitMs > 0) {
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
        continue;
      }
      triedMs = performance.now();
      await tick(signal);
    }
  }

  /** Ends the tick under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}
