import pg from 'pg';

import { messageOf } from '../core/error.ts';

/** A server that only its own socket leads to. */
export interface PrivatePlace {
  readonly socketDirectory: string;
  readonly port: number;
  readonly user: string;
}

/** Rows of text cells as PostgreSQL wrote them; null is SQL's NULL. */
export type TextRows = readonly (readonly (string | null)[])[];

const CONNECT_MS = 10_000;
/** What a role or database of the original brings along must not run here, and nothing is to be changed. */
const OPTIONS = '-c default_transaction_read_only=on -c session_preload_libraries= -c local_preload_libraries=';

/** Says that the server does not take connections, or not yet, or has gone; its message is the server's or the system's. */
export class PrivateServerError extends Error {
  /** SQLSTATE; undefined if it was not the server that said it. */
  readonly sqlstate: string | undefined;

  constructor(thrown: unknown) {
    super(messageOf(thrown), { cause: thrown });
    this.name = 'PrivateServerError';
    this.sqlstate = thrown instanceof pg.DatabaseError ? thrown.code : undefined;
  }
}

/** One connection to one database of a restored server; nothing of libpq's environment counts. */
export class PrivateSession implements AsyncDisposable {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  /** @throws PrivateServerError */
  static async open(place: PrivatePlace, database: string): Promise<PrivateSession> {
    const client = new pg.Client({
      host: place.socketDirectory,
      port: place.port,
      user: place.user,
      database,
      // Without one the driver would look for it in a file of the user's.
      password: 'none',
      ssl: false,
      options: OPTIONS,
      application_name: 'walguard drill',
      connectionTimeoutMillis: CONNECT_MS,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return new PrivateSession(client);
    } catch (thrown) {
      client.connection.stream.destroy();
      throw new PrivateServerError(thrown);
    }
  }

  /** Runs one statement. @throws PrivateServerError */
  async query(text: string): Promise<TextRows> {
    const types = { getTypeParser: () => (value: string) => value };
    try {
      const result: unknown = await this.#client.query({ text, rowMode: 'array', types });
      const last: unknown = Array.isArray(result) ? result.at(-1) : result;
      return (last as { readonly rows: TextRows }).rows;
    } catch (thrown) {
      throw new PrivateServerError(thrown);
    }
  }

  /** Lets go of it at once, whatever runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.connection.stream.destroy();
    await Promise.resolve();
  }
}
