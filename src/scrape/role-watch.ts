import type { ErrorCode } from '../core/error-codes.ts';
import { asWalguardError } from '../core/error.ts';
import type { Logger } from '../core/logger.ts';
import type { ConnectionSource } from '../postgres/connection-options.ts';
import { readRole, type ServerRole } from '../postgres/role.ts';
import type { Session } from '../postgres/session.ts';
import type { Budget } from './budget.ts';
import { OwnSession } from './own-session.ts';

/** What a server answered last, or why it did not. */
export type Health = (ServerRole & { readonly isUp: true }) | { readonly isUp: false; readonly code: ErrorCode };

/** An answer is good for a second; a server has two for it. */
const FRESH_MS = 1_000;
const BUDGET_MS = 2_000;
/** Nobody asks any more: the connection is given back. */
const IDLE_MS = 60_000;

/**
 * Asks a server what it is, for load balancers: at most once a second however many ask, over a connection of its own,
 * for on that of the scrapes it would wait behind their queries. The connection is opened when somebody asks first.
 */
export class RoleWatch implements AsyncDisposable {
  readonly #session: OwnSession;
  #asked: { readonly atMs: number; readonly answer: Promise<Health> } | undefined;
  #isUnderWay = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(connection: ConnectionSource, log: Logger) {
    this.#session = new OwnSession(connection, log);
  }

  /** Never rejects, and takes no longer than two seconds. */
  async health(): Promise<Health> {
    const now = performance.now();
    if (this.#asked === undefined || (!this.#isUnderWay && now - this.#asked.atMs >= FRESH_MS))
      this.#asked = { atMs: now, answer: this.#ask() };
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#session.release(), IDLE_MS).unref();
    return await this.#asked.answer;
  }

  async #ask(): Promise<Health> {
    this.#isUnderWay = true;
    try {
      return { isUp: true, ...(await this.#session.ask(BUDGET_MS, (session, budget) => this.#read(session, budget))) };
    } catch (thrown) {
      return { isUp: false, code: asWalguardError(thrown).code };
    } finally {
      this.#isUnderWay = false;
    }
  }

  async #read(session: Session, budget: Budget): Promise<ServerRole> {
    const role = await readRole(session, budget.remainingMs());
    // Told to stop, PgBouncer waits until the clients of its console have gone.
    if (session.console !== undefined) this.#session.release();
    return role;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle);
    // A load balancer that waits for it must not be told that the server is down.
    await this.#asked?.answer;
    await this.#session[Symbol.asyncDispose]();
  }
}
