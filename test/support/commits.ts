import { setTimeout as sleep } from 'node:timers/promises';

import { parseLsn } from '../../src/core/lsn.ts';
import { type PostgresServer, queryText, superuser } from '../../servers/index.ts';
import { connect } from '../../servers/sql.ts';
import type { Restored } from './restore.ts';

/** One transaction that a server committed, as the server itself tells. */
export interface Commit {
  readonly id: number;
  /** To the microsecond, as a recovery target takes it, and the server's log has it. */
  readonly time: string;
  readonly seconds: number;
  /** A position behind its commit record, and before the next one's. */
  readonly lsn: bigint;
}

/** For `startPostgres`: small segments, the time of each commit is kept, and nobody commits but those who are asked to. */
export const COMMIT_TIMES = {
  initdbArgs: ['--wal-segsize=1'],
  settings: { track_commit_timestamp: 'on', autovacuum: 'off' },
} as const;

export const SEGMENT_BYTES = 1_048_576n;

/** Commits to a server one transaction after another, each a row of `beats`. */
export class Writer implements AsyncDisposable {
  readonly server: PostgresServer;
  readonly #positions = new Map<number, bigint>();
  #running: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;

  constructor(server: PostgresServer) {
    this.server = server;
  }

  /** @param fillerBytes WAL that each transaction writes beside its row */
  start(intervalMs: number, fillerBytes: number): void {
    const stop = new AbortController();
    this.#running = { stop, done: this.#write(intervalMs, fillerBytes, stop.signal) };
  }

  /** Returns when the last transaction is committed; throws what went wrong with one. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.stop.abort();
    await running?.done;
  }

  /** All commits so far, in their order. */
  async commits(): Promise<readonly Commit[]> {
    const rows = await this.server.sql(`SELECT id, ${TIMES} FROM beats ORDER BY id`);
    return rows.flatMap(([id, time, seconds]) => {
      const lsn = this.#positions.get(Number(id));
      return lsn === undefined ? [] : [{ id: Number(id), time: time ?? '', seconds: Number(seconds), lsn }];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
  }

  async #write(intervalMs: number, fillerBytes: number, stop: AbortSignal): Promise<void> {
    const { socketDirectory: host, port } = this.server;
    const session = await connect({ host, port, user: superuser, database: superuser });
    try {
      await queryText(session, 'CREATE TABLE IF NOT EXISTS beats (id serial PRIMARY KEY)');
      while (!stop.aborted) {
        const filled = `SELECT pg_logical_emit_message(true, 'beat', repeat('x', ${fillerBytes}))`;
        const [[id] = []] = await queryText(session, `${filled}; INSERT INTO beats DEFAULT VALUES RETURNING id`);
        const [[lsn] = []] = await queryText(session, 'SELECT pg_current_wal_insert_lsn()');
        this.#positions.set(Number(id), parseLsn(lsn ?? '') ?? 0n);
        await sleep(intervalMs, undefined, { signal: stop }).catch(() => undefined);
      }
    } finally {
      await session.end();
    }
  }
}

const TIMES = `pg_xact_commit_timestamp(xmin)::text,
  extract(epoch FROM pg_xact_commit_timestamp(xmin))`;

/** The newest commit that a restored copy has; 0 if it has none. */
export async function newestIn({ server }: Restored): Promise<number> {
  const [[id] = []] = await server.sql('SELECT max(id) FROM beats');
  return Number(id ?? 0);
}

/** The longest time between one commit and the next; seconds. */
export function longestPause(seconds: readonly number[]): number {
  return Math.max(...seconds.slice(1).map((each, index) => each - (seconds[index] ?? each)));
}
