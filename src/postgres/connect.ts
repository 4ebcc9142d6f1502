import { WalguardError, type Where } from '../core/error.ts';
import { addressesOf, inOrder } from './addresses.ts';
import { type ConnectionOptions, hostName, type Host, targetName } from './connection-options.ts';
import { fromFailedLogin } from './connect-errors.ts';
import { type Attempt, attemptLogin, type Connected } from './attempt.ts';
import { isConsole } from './console.ts';
import { logOut, type Place } from './login.ts';
import { readRole, whyUnfit } from './session-attributes.ts';

export type { Connected } from './attempt.ts';

export interface ConnectLimits {
  /** The most it may take, whatever the limits of the connection string. */
  readonly timeoutMs: number;
  /** Only there, not at the other hosts; undefined: wherever one fits. */
  readonly place: Place | undefined;
  /** Is told what was left aside and may surprise. */
  readonly warn: (problem: string) => void;
}

/**
 * Logs in to the first of the hosts that answers and is what target_session_attrs asks for.
 *
 * The next is tried where nothing answers, or something else than what is asked for; what refuses the login ends it.
 *
 * @throws one of the TARGET_ errors, with the cure; for several hosts with the reason of each
 */
export async function connect(options: ConnectionOptions, limits: ConnectLimits): Promise<Connected> {
  const end = performance.now() + limits.timeoutMs;
  const search = new Search(options, limits, () => Math.max(1, end - performance.now()));
  const hosts = limits.place === undefined ? inOrder(options.hosts, options.inRandomOrder) : [limits.place.host];
  for (const [index, host] of hosts.entries()) {
    const found = await search.tryHost(host, hosts.length - index);
    if (found !== undefined) return found;
  }
  return search.finish();
}

/** One walk over the hosts: what was found on the way, and what was not. */
class Search {
  readonly #options: ConnectionOptions;
  readonly #limits: ConnectLimits;
  readonly #remainingMs: () => number;
  readonly #where: Where;
  readonly #failures: { readonly name: string; readonly error: WalguardError }[] = [];
  /** For prefer-standby: the first primary met. */
  #secondBest: Connected | undefined;

  constructor(options: ConnectionOptions, limits: ConnectLimits, remainingMs: () => number) {
    this.#options = options;
    this.#limits = limits;
    this.#remainingMs = remainingMs;
    this.#where = { target: targetName(options) };
  }

  /**
   * Tries the addresses of a host; undefined if none will do.
   *
   * @param hostsLeft this one included; each has its share of the time
   */
  async tryHost(host: Host, hostsLeft: number): Promise<Connected | undefined> {
    const addresses = await this.#lookUp(host, this.#remainingMs() / hostsLeft);
    for (const [index, address] of addresses.entries()) {
      const shareMs = this.#remainingMs() / (hostsLeft - 1 + addresses.length - index);
      const timeoutMs = Math.min(this.#options.connectTimeoutMs, shareMs);
      const place = { host, address };
      const attempt = await this.#attempt({ options: this.#options, place, timeoutMs, warn: this.#limits.warn });
      if (attempt === 'next address') continue;
      return attempt === 'next host' ? undefined : await this.#examine(attempt);
    }
    return undefined;
  }

  /** @throws the reasons of all hosts, unless there is one that will do for want of a better */
  finish(): Connected {
    if (this.#secondBest !== undefined) return this.#secondBest;
    const [first, ...others] = this.#failures;
    if (first === undefined) throw new WalguardError('BUG', 'no host was tried');
    if (others.length === 0) throw first.error;
    const codes = new Set(this.#failures.map(({ error }) => error.code));
    const mixed = codes.has('TARGET_WRONG_ROLE') ? 'TARGET_WRONG_ROLE' : 'TARGET_UNREACHABLE';
    const { code, hint } = codes.size === 1 ? first.error : ({ code: mixed, hint: undefined } as const);
    const reasons = this.#failures.map(({ name, error: { message } }) =>
      message.includes(name) ? message : `${name}: ${message}`,
    );
    throw new WalguardError(code, `none of the servers will do: ${reasons.join('; ')}`, {
      hint: hint ?? 'Check that one of them runs, can be reached, and is what target_session_attrs asks for.',
      where: this.#where,
      cause: new AggregateError(this.#failures.map(({ error }) => error)),
    });
  }

  async #lookUp(host: Host, timeoutMs: number): Promise<readonly string[]> {
    if (this.#limits.place !== undefined) return [this.#limits.place.address];
    try {
      return inOrder(await addressesOf(host, timeoutMs), this.#options.inRandomOrder);
    } catch (failure) {
      this.#note(host, fromFailedLogin({ failure, stage: 'connecting' }, hostName(host), this.#where));
      return [];
    }
  }

  async #attempt(attempt: Attempt): Promise<Connected | 'next address' | 'next host'> {
    const result = await attemptLogin(attempt, this.#where);
    if ('client' in result) return result;
    if (!result.mayGoOn) {
      this.#closeSecondBest();
      throw result.error;
    }
    this.#note(attempt.place.host, result.error);
    return result.error.code === 'TARGET_STARTING' ? 'next host' : 'next address';
  }

  /** As in libpq, one address of a host answers for all of them. */
  async #examine(found: Connected): Promise<Connected | undefined> {
    const { sessionAttrs } = this.#options;
    // The console of PgBouncer has no role, and knows no SQL to ask for one.
    if (sessionAttrs === 'any' || isConsole(found.reports)) return found;
    const timer = setTimeout(() => found.client.connection.stream.destroy(), this.#remainingMs());
    try {
      const role = await readRole(found.client, found.reports);
      const why = whyUnfit(sessionAttrs, role);
      if (why === undefined) {
        this.#closeSecondBest();
        return { ...found, role };
      }
      this.#note(found.place.host, wrongRole(why, sessionAttrs, this.#where));
      if (sessionAttrs === 'prefer-standby' && this.#secondBest === undefined) this.#secondBest = { ...found, role };
      else logOut(found.client);
    } catch (failure) {
      found.client.connection.stream.destroy();
      this.#note(
        found.place.host,
        fromFailedLogin({ failure, stage: 'authenticating' }, hostName(found.place.host), this.#where),
      );
    } finally {
      clearTimeout(timer);
    }
    return undefined;
  }

  #note(host: Host, error: WalguardError): void {
    this.#failures.push({ name: hostName(host), error });
  }

  #closeSecondBest(): void {
    if (this.#secondBest !== undefined) logOut(this.#secondBest.client);
    this.#secondBest = undefined;
  }
}

function wrongRole(why: string, attrs: string, where: Where): WalguardError {
  return new WalguardError('TARGET_WRONG_ROLE', `${why}, and target_session_attrs is ${attrs}`, {
    hint: 'Name all servers of the cluster, or correct target_session_attrs.',
    where,
  });
}
