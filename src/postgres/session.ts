import type pg from 'pg';

import type { Column, QueryStep, ResultHandler } from '../core/collector.ts';
import { WalguardError, asWalguardError } from '../core/error.ts';
import type { ConsoleFacts, TargetFacts } from '../core/facts.ts';
import { connect, type Connected, type ConnectLimits } from './connect.ts';
import { type ConnectionOptions, type SessionAttrs, targetName } from './connection-options.ts';
import { checkCommand, readConsole } from './console.ts';
import { errorOffset } from './error-offset.ts';
import type { Place } from './login.ts';
import { ParseOnlyQuery, PipelinedQuery } from './pipelined-query.ts';
import { whyUnfit } from './session-attributes.ts';
import { fromServerError, isServerError } from './sqlstate.ts';

const LOCK_TIMEOUT_MS = 100;
const CLOSE_TIMEOUT_MS = 1_000;

/** A statement, how long the server may work on it, and whether it sees more than pg_catalog. */
export type Statement = Pick<QueryStep, 'sql' | 'timeoutMs' | 'seesPublic'>;

/**
 * One long-lived connection. Statements are sent at once and answered in order; each fails alone.
 *
 * Every statement is one simple-protocol message with its own SET LOCAL in front: nothing stays in the session, so a
 * pooler in transaction mode needs no second path.
 */
export class Session implements AsyncDisposable {
  readonly #client: pg.Client;
  readonly #target: string;
  readonly #attrs: SessionAttrs;
  readonly #isOfBytes: boolean;
  /** The address it leads to, where further sessions belong. */
  readonly place: Place;
  /** Undefined on a server; on the console of PgBouncer statements are SHOW commands, sent as they are. */
  readonly console: ConsoleFacts | undefined;
  #open = true;

  private constructor({ client, place, role, reports }: Connected, options: ConnectionOptions) {
    this.#client = client;
    this.#target = targetName(options);
    this.place = place;
    this.console = readConsole(reports, options.user);
    this.#isOfBytes = reports.get('server_encoding') === 'SQL_ASCII';
    // A primary taken for want of a standby stays until the connection ends.
    const isSecondBest = role !== undefined && whyUnfit(options.sessionAttrs, role) !== undefined;
    this.#attrs = isSecondBest ? 'any' : options.sessionAttrs;
    client.once('end', () => (this.#open = false));
    client.once('error', () => (this.#open = false));
  }

  /** @throws one of the TARGET_ errors */
  static async open(options: ConnectionOptions, limits: ConnectLimits): Promise<Session> {
    return new Session(await connect(options, limits), options);
  }

  /** Throws TARGET_WRONG_ROLE once the server is no longer what target_session_attrs asks for. */
  checkRole({ inRecovery, readOnlyByDefault }: Pick<TargetFacts, 'inRecovery' | 'readOnlyByDefault'>): void {
    const why = whyUnfit(this.#attrs, { inRecovery, readOnly: inRecovery || readOnlyByDefault });
    if (why === undefined) return;
    throw new WalguardError('TARGET_WRONG_ROLE', `${why} now, and target_session_attrs is ${this.#attrs}`, {
      where: { target: this.#target },
    });
  }

  /** False once the connection is gone; a session is never repaired, a new one takes its place. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Everything that is sent during the call leaves as one write. */
  batch<T>(send: () => T): T {
    const { stream } = this.#client.connection;
    stream.cork();
    try {
      return send();
    } finally {
      stream.uncork();
    }
  }

  /** Sends a statement at once; resolves when the handler has ended. Rejects with the error that ended it. */
  async run(statement: Statement, handler: ResultHandler): Promise<void> {
    await this.#send((done) => new PipelinedQuery(this.#prelude(statement) + statement.sql, handler, done));
    await handler.end();
  }

  /**
   * Has the server parse a query without running it, and gives the columns it would return.
   *
   * Parsing waits for locks as running does, and SET LOCAL needs a transaction to be local to: hence the BEGIN. It ends
   * in COMMIT, for there is nothing to undo, and PostgreSQL counts rollbacks in what walguard exports.
   *
   * @throws QUERY_NOT_ONE_STATEMENT, or what the server has against the query
   */
  async parse(statement: Statement): Promise<readonly Column[]> {
    if (this.console !== undefined) {
      checkCommand(statement.sql);
      return [];
    }
    const begun = this.#command(`BEGIN;${this.#prelude(statement)}`);
    let query: ParseOnlyQuery | undefined;
    const parsed = this.#send((done) => (query = new ParseOnlyQuery(statement.sql, done)));
    const ended = this.#command('COMMIT');
    const [begin, outcome] = await Promise.allSettled([begun, parsed, ended]);
    // Of a connection that broke, the first to be answered knows why.
    if (begin.status === 'rejected') throw asWalguardError(begin.reason);
    if (outcome.status === 'rejected') throw notOneStatement(asWalguardError(outcome.reason));
    return query?.columns ?? [];
  }

  /** Where in a query the server found an error; undefined if it did not say. */
  offsetOf(error: WalguardError, sql: string): number | undefined {
    return errorOffset(error, sql, this.#isOfBytes);
  }

  #prelude(statement: Statement): string {
    if (this.console !== undefined) return '';
    // Bytes of no known meaning: as UTF-8 the server would refuse each result with one that is not.
    return (this.#isOfBytes ? 'SET LOCAL client_encoding=sql_ascii;' : '') + prelude(statement);
  }

  #command(sql: string): Promise<void> {
    return this.#send((done) => new PipelinedQuery(sql, IGNORE_RESULT, done));
  }

  #send(make: (done: (error: Error | null) => void) => pg.Query): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.query(make((error) => (error === null ? resolve() : reject(this.#translate(error)))));
    });
  }

  #translate(error: Error): WalguardError {
    if (error instanceof WalguardError) return error;
    const where = { target: this.#target };
    if (isServerError(error)) return fromServerError(error, where);
    if (this.isOpen && this.#client.connection.stream.writable) return asWalguardError(error);
    return new WalguardError('TARGET_CONNECTION_LOST', `the connection to ${this.#target} broke: ${error.message}`, {
      hint: 'See the log of the server; the next scrape connects again.',
      where,
      cause: error,
    });
  }

  /** Drops the connection at once. Statements under way reject; the server ends them at their time limit. */
  destroy(): void {
    this.#open = false;
    this.#client.connection.stream.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    // A server that has fallen silent never closes its end.
    const timer = setTimeout(() => this.#client.connection.stream.destroy(), CLOSE_TIMEOUT_MS);
    await this.#client.end();
    clearTimeout(timer);
  }
}

const IGNORE_RESULT: ResultHandler = { columns: () => undefined, row: () => undefined, end: () => undefined };

function prelude({ timeoutMs, seesPublic }: Statement): string {
  return (
    `SET LOCAL statement_timeout=${steadyTimeout(timeoutMs)};SET LOCAL lock_timeout=${LOCK_TIMEOUT_MS};` +
    'SET LOCAL jit=off;SET LOCAL transaction_read_only=on;SET LOCAL intervalstyle=postgres;' +
    `SET LOCAL search_path=pg_catalog,${seesPublic ? 'public,' : ''}pg_temp;`
  );
}

/** Few distinct values: each different SET is an entry of its own in pg_stat_statements. */
function steadyTimeout(timeoutMs: number): number {
  const step = timeoutMs >= 1_000 ? 500 : 100;
  return Math.max(step, Math.floor(timeoutMs / step) * step);
}

function notOneStatement(error: WalguardError): WalguardError {
  if (!error.message.includes('multiple commands')) return error;
  return new WalguardError('QUERY_NOT_ONE_STATEMENT', 'the query is not one statement', {
    hint: 'Write one SELECT; several belong in several collectors.',
    where: error.where,
    cause: error,
  });
}
