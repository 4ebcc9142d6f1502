import type { PrivateSession, TextRows } from '../postgres/private-server.ts';
import type { RestoredServer } from './restored-server.ts';

/** Where a database is asked until its time is over. */
export interface AskContext {
  readonly server: RestoredServer;
  readonly signal: AbortSignal;
}

/** Asks one question in a session of its own. @throws PrivateServerError */
export async function ask({ server, signal }: AskContext, datname: string, sql: string): Promise<TextRows> {
  return await withSession({ server, signal }, datname, (session) => session.query(sql));
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

/** The only database that somebody made; where there is none, or there are several, the one that every server has. */
export async function usualDatabase({ server }: AskContext): Promise<string> {
  const session = await server.session();
  const rows = await session?.query(
    "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate AND datname <> 'postgres'",
  );
  const [only, ...others] = (rows ?? []).flatMap(([name]) => name ?? []);
  return only === undefined || others.length > 0 ? 'postgres' : only;
}
