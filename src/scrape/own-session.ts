import type { ErrorCode } from '../core/error-codes.ts';
import { asWalguardError, WalguardError } from '../core/error.ts';
import type { Logger } from '../core/logger.ts';
import type { ConnectionSource } from '../postgres/connection-options.ts';
import type { Session } from '../postgres/session.ts';
import { type Budget, createBudget } from './budget.ts';
import { Sessions } from './sessions.ts';

const STALE_CODES: ReadonlySet<ErrorCode> = new Set(['TARGET_CONNECTION_LOST', 'TARGET_WRONG_ROLE']);

/**
 * Asks a server over a connection of its own, for on that of the scrapes it would wait behind their queries. The
 * connection is opened when something is asked first.
 */
export class OwnSession implements AsyncDisposable {
  readonly #sessions: Sessions;
  readonly #name: string;

  constructor(connection: ConnectionSource, log: Logger) {
    this.#sessions = new Sessions(connection, 1, log);
    this.#name = connection.name;
  }

  /** Throws what `run` throws, one of the TARGET_ errors if the server cannot be reached, all within the time. */
  async ask<T>(timeoutMs: number, run: (session: Session, budget: Budget) => Promise<T>): Promise<T> {
    using budget = createBudget(timeoutMs, NEVER);
    const cut = (): void => this.#sessions.destroy();
    budget.signal.addEventListener('abort', cut, { once: true });
    try {
      return await this.#askOnceMore(budget, run);
    } catch (thrown) {
      const error = asWalguardError(thrown);
      if (error.code.startsWith('TARGET_')) this.#sessions.destroy();
      throw budget.signal.aborted ? tooLate(this.#name, timeoutMs, error) : error;
    } finally {
      budget.signal.removeEventListener('abort', cut);
    }
  }

  /** A connection of before may be gone, or lead to what is no longer wanted: that says nothing of the server now. */
  async #askOnceMore<T>(budget: Budget, run: (session: Session, budget: Budget) => Promise<T>): Promise<T> {
    const isKept = this.#sessions.open > 0;
    try {
      return await this.#askOnce(budget, run);
    } catch (thrown) {
      if (!isKept || budget.signal.aborted || !STALE_CODES.has(asWalguardError(thrown).code)) throw thrown;
      this.#sessions.destroy();
      return await this.#askOnce(budget, run);
    }
  }

  async #askOnce<T>(budget: Budget, run: (session: Session, budget: Budget) => Promise<T>): Promise<T> {
    const [session] = await this.#sessions.acquire(budget);
    return await run(session, budget);
  }

  /** Drops the connection; what is being asked fails. */
  destroy(): void {
    this.#sessions.destroy();
  }

  /** Says goodbye, and waits for nothing. */
  release(): void {
    this.#sessions.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sessions[Symbol.asyncDispose]();
  }
}

const NEVER = new AbortController().signal;

function tooLate(target: string, timeoutMs: number, cause: WalguardError): WalguardError {
  return new WalguardError('TARGET_UNREACHABLE', `${target} did not answer within ${timeoutMs / 1_000} s`, {
    hint: 'See whether the server is overloaded, or a firewall drops its answers.',
    where: { target },
    cause,
  });
}
