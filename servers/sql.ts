import { Client } from 'pg';

/** Rows of text cells as PostgreSQL wrote them; null is SQL's NULL. */
export type TextRows = readonly (readonly (string | null)[])[];

export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/**
 * Runs SQL on a connection of its own and returns the rows of the last statement, `[]` when it has none.
 * Several statements in one text are one transaction. Throws what the server or the driver throws.
 */
export async function runSql(login: Login, text: string): Promise<TextRows> {
  const client = await connect(login);
  try {
    return await queryText(client, text);
  } finally {
    await client.end();
  }
}

/** A connection that does not bring the process down when the server breaks it; the caller ends it. */
export async function connect(login: Login): Promise<Client> {
  const client = new Client({
    ...login,
    ssl: false,
    application_name: 'walguard-servers',
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Rows of the last statement of the text, all cells as text. */
export async function queryText(client: Client, text: string): Promise<TextRows> {
  const types = { getTypeParser: () => (value: string) => value };
  const results: unknown = await client.query<(string | null)[]>({ text, rowMode: 'array', types });
  const last: unknown = Array.isArray(results) ? results.at(-1) : results;
  return (last as { readonly rows: TextRows }).rows;
}
