import type { ConnectionOptions } from '../postgres/connection-options.ts';
import { Session } from '../postgres/session.ts';
import type { Budget } from './budget.ts';

/** What of the time left a further connection may take: without it the first one does the work. */
const FURTHER_SHARE = 0.25;

/** The few long-lived connections to one target. */
export class Sessions implements AsyncDisposable {
  readonly #options: ConnectionOptions;
  readonly #count: number;
  #sessions: readonly Session[] = [];

  /** @param count connections at most, at least 1 */
  constructor(options: ConnectionOptions, count: number) {
    this.#options = options;
    this.#count = count;
  }

  get open(): number {
    return this.#sessions.filter(({ isOpen }) => isOpen).length;
  }

  /**
   * The open sessions, those missing opened now. At least one: a server that has no connection left for the second
   * is scraped over the first, and one that refuses the first is not asked for a second.
   *
   * @throws one of the TARGET_ errors if there is none
   */
  async acquire(budget: Budget): Promise<readonly [Session, ...Session[]]> {
    const [kept, ...others] = this.#sessions.filter(({ isOpen }) => isOpen);
    const first = kept ?? (await this.#openOne(budget, 1));
    const missing = Array.from({ length: this.#count - 1 - others.length });
    const opened = await Promise.allSettled(missing.map(() => this.#openOne(budget, FURTHER_SHARE)));
    const fresh = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    this.#sessions = [first, ...others, ...fresh];
    // The deadline came meanwhile and dropped the sessions of before: with these nobody would end the wait.
    if (budget.signal.aborted) for (const session of this.#sessions) session.destroy();
    return [first, ...others, ...fresh];
  }

  async #openOne(budget: Budget, share: number): Promise<Session> {
    const session = await Session.open(this.#options, budget.remainingMs() * share);
    if (budget.signal.aborted) session.destroy();
    return session;
  }

  /** Drops all connections at once. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy();
    this.#sessions = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = this.#sessions;
    this.#sessions = [];
    await Promise.allSettled(sessions.map((session) => session[Symbol.asyncDispose]()));
  }
}
