import { Worker } from 'node:worker_threads';

/** A password and the hash it may be of. */
export interface Comparison {
  readonly password: string;
  readonly hash: string;
}

interface Waiting extends Comparison {
  readonly settle: (outcome: boolean | undefined) => void;
}

/** Above what an honest crowd asks at once; a tenth of a second each. */
const MOST_WAITING = 50;
const WORKER_MEGABYTES = 32;

/** Compares passwords with bcrypt hashes in a thread of its own, one after the other. Disposing it ends the thread. */
export class Comparisons implements AsyncDisposable {
  #worker: Worker | undefined;
  /** The first is being compared. */
  readonly #waiting: Waiting[] = [];

  /** Undefined if there are too many already, or the thread ended. */
  async compare(comparison: Comparison): Promise<boolean | undefined> {
    if (this.#waiting.length >= MOST_WAITING) return undefined;
    return await new Promise((settle) => {
      this.#waiting.push({ ...comparison, settle });
      if (this.#waiting.length === 1) this.#next();
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage({ password: first.password, hash: first.hash } satisfies Comparison);
  }

  #start(): Worker {
    const worker = new Worker(new URL('bcrypt-worker.js', import.meta.url), {
      // Neither walguard's arguments nor its variables, of which some are secrets, are its business.
      argv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: WORKER_MEGABYTES },
    });
    worker.unref();
    worker.on('message', (isRight: boolean) => {
      this.#waiting.shift()?.settle(isRight);
      this.#next();
    });
    // It is followed by 'exit', which tells those who wait.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      this.#worker = undefined;
      for (const { settle } of this.#waiting.splice(0)) settle(undefined);
    });
    return worker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }
}
