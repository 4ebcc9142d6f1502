import { Client } from 'pg';
import { describe, expect, it } from 'vitest';

import { messageOf } from '../../src/core/error.ts';
import { readRows } from '../../src/postgres/data-rows.ts';
import { newestSharedServer } from '../support/shared-servers.ts';

/** Results of all shapes: none, one, many, long, not ASCII, with NULL and empty cells, with an error at their end. */
const queries = [
  'SELECT 1 WHERE false',
  `SELECT NULL, '', 'x', 'é', '漢字', '😀', repeat('é', 40), repeat('x', 65), 1.5, true, -7, '\\x00ff'::bytea`,
  `SELECT n, 'table_' || n, CASE WHEN n % 3 = 0 THEN NULL ELSE n::bigint * 1000000000 END FROM generate_series(1, 20000) AS n`,
  `SELECT n, repeat('漢', n) FROM generate_series(1, 500) AS n`,
  `SELECT repeat('x', 300000)`,
  'SELECT',
  'SELECT 1 / (5 - n) FROM generate_series(1, 9) AS n',
];

/** What the driver makes of the answers, and how many of the rows it did not read itself. */
async function askAll(prepare: (client: Client) => void): Promise<{ readonly answers: unknown; readonly own: number }> {
  const client = new Client({ connectionString: newestSharedServer().monitorUrl, ssl: false });
  let own = 0;
  prepare(client);
  // What the driver reads is of a class of its own.
  client.connection.on('dataRow', (row: object) => (own += Object.getPrototypeOf(row) === Object.prototype ? 1 : 0));
  await client.connect();
  const types = { getTypeParser: () => (text: string) => text };
  const answers = [];
  for (const text of queries) {
    const asked = client.query<unknown[]>({ text, rowMode: 'array', types });
    answers.push(await asked.then(({ rows }) => rows).catch(messageOf));
  }
  await client.end();
  return { answers, own };
}

describe('reading rows in place of the driver', () => {
  it('gives what the driver gives, for nearly all rows without it', async () => {
    const theirs = await askAll(() => undefined);
    const ours = await askAll((client) => readRows(client.connection));

    expect(ours.answers).toEqual(theirs.answers);
    expect(theirs.own).toBe(0);
    expect(ours.own).toBeGreaterThan(20_000);
  });
});
