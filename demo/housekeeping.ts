import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresServer } from '../servers/index.ts';
import type { Load } from './load.ts';

const everyMs = 10_000;
/** Of 1 MB each: about ten minutes. */
const keptSegments = 200;
const mostWalBytes = 2 ** 30;

/** Keeps the demo small however long it stays open: old segments leave the archive, and a broken archive ends the writing. */
export class Housekeeping implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(server: PostgresServer, load: Load) {
    this.#done = this.#work(server, load);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #work(server: PostgresServer, load: Load): Promise<void> {
    const { signal } = this.#stop;
    let full = false;
    while (!signal.aborted) {
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await trimArchive(server.archiveDirectory ?? '');
        const walBytes = await sizeOfWal(server);
        load.writesPaused = walBytes > mostWalBytes;
        if (walBytes > mostWalBytes && !full)
          console.log('pg_wal has grown to 1 GiB: the shop writes no more until it shrinks.');
        full = walBytes > mostWalBytes;
      } catch {
        // The server is gone; whoever watches it says so.
      }
    }
  }
}

async function trimArchive(directory: string): Promise<void> {
  const segments = (await readdir(directory)).filter((name) => /^[0-9A-F]{24}$/.test(name)).toSorted();
  for (const name of segments.slice(0, -keptSegments)) await rm(join(directory, name), { force: true });
}

async function sizeOfWal(server: PostgresServer): Promise<number> {
  const rows = await server.sql('SELECT sum(size) FROM pg_ls_waldir()');
  return Number(rows[0]?.[0] ?? 0);
}
