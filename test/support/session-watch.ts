import { Client } from 'pg';

import type { PostgresServer } from '../../servers/index.ts';

/** What was seen of a role's sessions. */
export interface SessionSightings {
  readonly sightings: number;
  /** Most sessions at one moment. */
  readonly most: number;
}

export interface SessionWatch extends AsyncDisposable {
  readonly stop: () => Promise<SessionSightings>;
}

/** Counts the sessions of a role, without a pause, until it is stopped or disposed of. */
export async function watchSessions(server: PostgresServer, role: string): Promise<SessionWatch> {
  const client = new Client({ connectionString: server.url(), ssl: false });
  await client.connect();
  const over = new AbortController();
  let sightings = 0;
  let most = 0;
  const watching = (async () => {
    while (!over.signal.aborted) {
      const { rows } = await client.query<{ count: number }>(
        'SELECT count(*)::int FROM pg_stat_activity WHERE usename = $1',
        [role],
      );
      sightings++;
      most = Math.max(most, rows[0]?.count ?? 0);
    }
    await client.end();
  })();
  const stop = async (): Promise<SessionSightings> => {
    over.abort();
    await watching;
    return { sightings, most };
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}
