import type { Session } from './session.ts';

/** Drops a connection when so much time has gone by: the limit of a statement is the server's, which may fall silent. */
export function dropAfter(session: Session, timeoutMs: number): void {
  setTimeout(() => session.destroy(), timeoutMs).unref();
}
