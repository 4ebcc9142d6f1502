import type { ErrorCode } from '../core/error-codes.ts';
import { asWalguardError } from '../core/error.ts';
import type { Logger } from '../core/logger.ts';
import type { ConnectionSource } from '../postgres/connection-options.ts';
import { readRole, type ServerRole } from '../postgres/role.ts';
import { type Budget, createBudget } from './budget.ts';
import { Sessions } from './sessions.ts';

/** What a server answered last, or why it did not. */
export type Health = (ServerRole & { readonly isUp: true }) | { readonly isUp: false; readonly code: ErrorCode };

/** An answer is good for a second; a server has two for it. */
const FRESH_MS = 1_000;
const BUDGET_MS = 2_000;
/** Nobody asks any more: the connection is given back. */
const IDLE_MS = 60_000;

const STALE_CODES: ReadonlySet<ErrorCode> = new Set(['TARGET_CONNECTION_LOST', 'TARGET_WRONG_ROLE']);

/**
 * Asks a server what it is, for load balancers: at most once a second however many ask, over a connection of its own,
 * for on that of the scrapes it would wait behind their queries. The connection is opened when somebody asks first.
 */
export class RoleWatch implements AsyncDisposable {
  readonly #sessions: Sessions;
  #asked: { readonly atMs: number; readonly answer: Promise<Health> } | undefined;
  #isUnderWay = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(connection: ConnectionSource, log: Logger) {
    this.#sessions = new Sessions(connection, 1, log);
  }

  /** Never rejects, and takes no longer than two seconds. */
  async health(): Promise<Health> {
    const now = performance.now();
    if (this.#asked === undefined || (!this.#isUnderWay && now - this.#asked.atMs >= FRESH_MS))
      this.#asked = { atMs: now, answer: this.#ask() };
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#sessions.release(), IDLE_MS).unref();
    return await this.#asked.answer;
  }

  async #ask(): Promise<Health> {
    this.#isUnderWay = true;
    using budget = createBudget(BUDGET_MS, NEVER);
    const cut = (): void => this.#sessions.destroy();
    budget.signal.addEventListener('abort', cut, { once: true });
    try {
      return { isUp: true, ...(await this.#read(budget)) };
    } catch (thrown) {
      this.#sessions.destroy();
      return { isUp: false, code: budget.signal.aborted ? 'TARGET_UNREACHABLE' : asWalguardError(thrown).code };
    } finally {
      budget.signal.removeEventListener('abort', cut);
      this.#isUnderWay = false;
    }
  }

  /** A connection of before may be gone, or lead to what is no longer wanted: that says nothing of the server now. */
  async #read(budget: Budget): Promise<ServerRole> {
    const isKept = this.#sessions.open > 0;
    try {
      return await this.#readOnce(budget);
    } catch (thrown) {
      if (!isKept || budget.signal.aborted || !STALE_CODES.has(asWalguardError(thrown).code)) throw thrown;
      this.#sessions.destroy();
      return await this.#readOnce(budget);
    }
  }

  async #readOnce(budget: Budget): Promise<ServerRole> {
    const [session] = await this.#sessions.acquire(budget);
    const role = await readRole(session, budget.remainingMs());
    // Told to stop, PgBouncer waits until the clients of its console have gone.
    if (session.console !== undefined) this.#sessions.release();
    return role;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle);
    // A load balancer that waits for it must not be told that the server is down.
    await this.#asked?.answer;
    await this.#sessions[Symbol.asyncDispose]();
  }
}

const NEVER = new AbortController().signal;
