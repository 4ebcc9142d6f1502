import { messageOf } from '../core/error.ts';
import type { Logger } from '../core/logger.ts';
import type { ServedTarget } from './served-target.ts';

/** Servers that are asked no more, until the scrapes of them that are under way have ended. */
export class Departures implements AsyncDisposable {
  readonly #log: Logger;
  readonly #leaving = new Set<Promise<void>>();

  constructor(log: Logger) {
    this.#log = log;
  }

  letGo(served: ServedTarget): void {
    const gone = served[Symbol.asyncDispose]()
      .catch((thrown: unknown) => {
        this.#log.error({ target: served.name, reason: messageOf(thrown) }, 'leaving a target failed');
      })
      .finally(() => this.#leaving.delete(gone));
    this.#leaving.add(gone);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#leaving);
  }
}
