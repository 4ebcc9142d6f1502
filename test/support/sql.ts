import { Client } from 'pg';
import { queryText, type TextRows } from '../../servers/index.ts';

/**
 * Runs SQL on a connection of its own to the server and database of a URL: the rows of the last statement, every cell
 * as text, null for NULL. Throws what the server or the driver throws.
 */
export async function rowsOf(url: string, text: string): Promise<TextRows> {
  const client = new Client({ connectionString: url, ssl: false, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return await queryText(client, text);
  } finally {
    await client.end();
  }
}
