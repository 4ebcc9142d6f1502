import type { PrivateSession, TextRows } from '../postgres/private-server.ts';
import type { RestoredServer } from './restored-server.ts';

/** Where a database is asked until its time is over. */
export interface AskContext {
  readonly server: RestoredServer;
  readonly signal: AbortSignal;
}

/** Asks one question in a session of its own. @param datname undefined: the one that the drill is in */
export async function ask({ server, signal }: AskContext, datname: string | undefined, sql: string): Promise<TextRows> {
  return await withSession({ server, signal }, datname ?? 'postgres', (session) => session.query(sql));
}

/** Lends a session of its own; when time is over it is taken away, whatever it does. @throws PrivateServerError */
export async function withSession<T>(
  { server, signal }: AskContext,
  datname: string,
  use: (session: PrivateSession) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  await using session = await server.open(datname);
  const end = (): void => void session[Symbol.asyncDispose]();
  signal.addEventListener('abort', end);
  try {
    return await use(session);
  } finally {
    signal.removeEventListener('abort', end);
  }
}
