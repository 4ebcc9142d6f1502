import pg from 'pg';

import type { Column, ResultHandler } from '../core/collector.ts';
import { WalguardError } from '../core/error.ts';
import { type Row, rowOf } from '../core/row.ts';

interface RowDescription {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
}

interface DataRow {
  readonly fields: readonly (string | null)[];
  /** Of a row that walguard read; the driver's own have only their fields. */
  readonly row?: Row;
}

type Done = (error: Error | null) => void;

/**
 * A query that hands its rows on as they arrive and keeps none. Ending the handler is left to the caller.
 *
 * It overrides what node-postgres 8.23 calls on a query while it reads the answer; a contract test runs it against
 * real servers. After a handler has thrown, the rest of the answer is read and dropped.
 */
export class PipelinedQuery extends pg.Query {
  readonly #handler: ResultHandler;
  readonly #done: Done;
  #thrown: Error | undefined;

  constructor(text: string, handler: ResultHandler, done: Done) {
    super({ text });
    this.#handler = handler;
    this.#done = done;
  }

  handleRowDescription(message: RowDescription): void {
    this.#guard(() => this.#handler.columns(columnsOf(message)));
  }

  handleDataRow(message: DataRow): void {
    if (this.#thrown !== undefined) return;
    try {
      this.#handler.row(message.row ?? rowOf(message.fields));
    } catch (thrown) {
      this.#takeUp(thrown);
    }
  }

  handleCommandComplete(): void {
    // The tag says nothing that the rows did not.
  }

  handleError(error: Error): void {
    this.#fail(this.#thrown ?? error);
  }

  handleReadyForQuery(): void {
    if (this.#thrown === undefined) this.#done(null);
    else this.#fail(this.#thrown);
  }

  #fail(error: Error): void {
    this.#handler.failed?.();
    this.#done(error);
  }

  #guard(run: () => void): void {
    if (this.#thrown !== undefined) return;
    try {
      run();
    } catch (thrown) {
      this.#takeUp(thrown);
    }
  }

  #takeUp(thrown: unknown): void {
    this.#thrown = thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}

function columnsOf({ fields }: RowDescription): readonly Column[] {
  return fields.map(({ name, dataTypeID }) => ({ name, typeOid: dataTypeID }));
}

interface ExtendedConnection {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { readonly name: string; readonly text: string; readonly types: readonly number[] }): void;
  describe(message: { readonly type: 'S'; readonly name: string }): void;
  sync(): void;
}

/**
 * Has the server parse a query without running it. The extended protocol refuses more than one statement, and what
 * returns no rows (BEGIN, SET, a comment alone) is refused here: it would change the session, not read from it.
 */
export class ParseOnlyQuery extends pg.Query {
  readonly #sql: string;
  readonly #done: Done;
  #columns: readonly Column[] | undefined;

  constructor(sql: string, done: Done) {
    super({ text: sql });
    this.#sql = sql;
    this.#done = done;
  }

  override submit: (connection: pg.Connection) => void = (connection) => {
    const extended = connection as unknown as ExtendedConnection;
    extended.parse({ name: '', text: this.#sql, types: [] });
    extended.describe({ type: 'S', name: '' });
    extended.sync();
    return null;
  };

  /** Of the result; none before the server has answered. */
  get columns(): readonly Column[] {
    return this.#columns ?? [];
  }

  handleRowDescription(message: RowDescription): void {
    this.#columns = columnsOf(message);
  }

  handleError(error: Error): void {
    this.#done(error);
  }

  handleReadyForQuery(): void {
    this.#done(this.#columns === undefined ? returnsNoRows() : null);
  }
}

function returnsNoRows(): WalguardError {
  return new WalguardError('QUERY_NOT_ONE_STATEMENT', 'the query returns no rows, so it is no SELECT', {
    hint: 'Write one SELECT.',
  });
}
