import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Chore, chores } from './shop.ts';

const reconnectAfterMs = 1000;

/** Starts a small shop's work on a database that `createShop` prepared; `url` logs in as the shop. */
export function startLoad(url: string): Load {
  return new Load(url, chores);
}

/** Keeps one session a chore busy until it is disposed of; a broken connection is made again. */
export class Load implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #sessions: readonly Promise<void>[];
  #paused = false;

  constructor(url: string, all: readonly Chore[]) {
    this.#sessions = all.map((chore) => this.#keepBusy(url, chore));
  }

  /** Whether chores that write are left out for now. */
  set writesPaused(paused: boolean) {
    this.#paused = paused;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#sessions);
  }

  async #keepBusy(url: string, chore: Chore): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#session(url, chore);
      } catch {
        // The server restarts, somebody ended the session, or it is time to stop.
        await sleep(reconnectAfterMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #session(url: string, chore: Chore): Promise<void> {
    const { signal } = this.#stop;
    const client = new Client({
      connectionString: url,
      ssl: false,
      application_name: `shop ${chore.name}`,
      connectionTimeoutMillis: 5000,
    });
    client.on('error', () => {});
    const end = () => void client.end();
    try {
      await client.connect();
      signal.addEventListener('abort', end);
      for (let round = 1; ; round += 1) {
        await sleep(chore.everyMs, undefined, { signal });
        if (!(chore.writes && this.#paused)) await chore.run(client, round, signal);
      }
    } finally {
      signal.removeEventListener('abort', end);
      await client.end();
    }
  }
}
