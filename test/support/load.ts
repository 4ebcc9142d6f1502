import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

/** What one session does again and again. */
export interface Work {
  readonly url: string;
  readonly sql: string;
  /** Pause after each time, ms. */
  readonly everyMs: number;
}

/** Starts sessions that work until they are stopped; each statement is a transaction. */
export function startLoad(works: readonly Work[]): Load {
  return new Load(works);
}

/** Sessions at work. Stop it, and it tells whether all went well. */
export class Load implements AsyncDisposable {
  /** Committed so far. */
  transactions = 0;
  readonly #stopping = new AbortController();
  readonly #sessions: Promise<unknown>;

  constructor(works: readonly Work[]) {
    this.#sessions = Promise.all(works.map((work) => this.#run(work)));
    this.#sessions.catch(() => {});
  }

  /** Ends the sessions after what they are doing; throws if one of them failed. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#sessions;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
  }

  async #run({ url, sql, everyMs }: Work): Promise<void> {
    const { signal } = this.#stopping;
    const client = new Client({ connectionString: url, ssl: false });
    client.on('error', () => {});
    await client.connect();
    try {
      while (!signal.aborted) {
        await client.query(sql);
        this.transactions += 1;
        await sleep(everyMs, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      await client.end();
    }
  }
}
