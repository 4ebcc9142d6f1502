import type { Logger } from '../core/logger.ts';
import type { ConnectionOptions, ConnectionSource } from '../postgres/connection-options.ts';
import { Session } from '../postgres/session.ts';
import type { Budget } from './budget.ts';

/** What of the time left a further connection may take: without it the first one does the work. */
const FURTHER_SHARE = 0.25;

/** The few long-lived connections to one target. */
export class Sessions implements AsyncDisposable {
  readonly #source: ConnectionSource;
  readonly #log: Logger;
  readonly #warned = new Set<string>();
  readonly #count: number;
  #sessions: readonly Session[] = [];

  /** @param count connections at most, at least 1 */
  constructor(source: ConnectionSource, count: number, log: Logger) {
    this.#source = source;
    this.#count = count;
    this.#log = log;
  }

  get open(): number {
    return this.#sessions.filter(({ isOpen }) => isOpen).length;
  }

  /**
   * The open sessions, those missing opened now, all at one address. At least one: a server that has no connection
   * left for the second is scraped over the first, and one that refuses the first is not asked for a second. The console
   * of PgBouncer answers one client as fast as two.
   *
   * @throws one of the TARGET_ errors if there is none
   */
  async acquire(budget: Budget): Promise<readonly [Session, ...Session[]]> {
    const [kept, ...others] = this.#sessions.filter(({ isOpen }) => isOpen);
    let known: ConnectionOptions | undefined;
    // Read anew, for passwords change, but once and only if there is something to open.
    const options = (): ConnectionOptions => (known ??= this.#source.read());
    const first = kept ?? (await this.#openOne(options(), budget, undefined));
    const count = first.console === undefined ? this.#count : 1;
    const missing = Array.from({ length: Math.max(0, count - 1 - others.length) });
    const opened = await Promise.allSettled(missing.map(() => this.#openOne(options(), budget, first)));
    const fresh = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    this.#sessions = [first, ...others, ...fresh];
    // The deadline came meanwhile and dropped the sessions of before: with these nobody would end the wait.
    if (budget.signal.aborted) for (const session of this.#sessions) session.destroy();
    return [first, ...others, ...fresh];
  }

  /** @param beside the session whose server it has to be; undefined for the first */
  async #openOne(options: ConnectionOptions, budget: Budget, beside: Session | undefined): Promise<Session> {
    const session = await Session.open(options, {
      timeoutMs: budget.remainingMs() * (beside === undefined ? 1 : FURTHER_SHARE),
      place: beside?.place,
      warn: (problem) => this.#warnOnce(problem),
    });
    if (budget.signal.aborted) session.destroy();
    return session;
  }

  #warnOnce(reason: string): void {
    if (this.#warned.has(reason)) return;
    this.#warned.add(reason);
    this.#log.warn({ target: this.#source.name, reason }, 'a file for connecting is left aside');
  }

  /** Drops all connections at once. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy();
    this.#sessions = [];
  }

  /** Says goodbye on all connections, and waits for nothing. */
  release(): void {
    void this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = this.#sessions;
    this.#sessions = [];
    await Promise.allSettled(sessions.map((session) => session[Symbol.asyncDispose]()));
  }
}
