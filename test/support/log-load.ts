import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

import { type Major, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';

/** What a log's prefix is in the load; all of it is known to pgBadger. */
export const LOAD_PREFIX = '%m [%p] %q%u@%d,%a,%h ';

/** A server that has written a log of everything that goes wrong, and of a good deal that does not; it is stopped. */
export interface LogLoad extends AsyncDisposable {
  readonly server: PostgresServer;
  /** By what log_destination calls it. */
  readonly files: Readonly<Record<string, string>>;
}

const SETTINGS = {
  logging_collector: 'on',
  log_directory: 'log',
  log_filename: 'load.log',
  log_rotation_age: '0',
  log_rotation_size: '0',
  log_line_prefix: LOAD_PREFIX,
  log_checkpoints: 'on',
  log_connections: 'on',
  log_disconnections: 'on',
  log_lock_waits: 'on',
  log_temp_files: '0',
  log_min_duration_statement: '0',
  log_autovacuum_min_duration: '0',
  autovacuum_naptime: '1s',
  autovacuum_vacuum_threshold: '10',
  autovacuum_vacuum_scale_factor: '0',
  autovacuum_analyze_threshold: '10',
  autovacuum_analyze_scale_factor: '0',
  deadlock_timeout: '100ms',
  work_mem: '64kB',
  archive_mode: 'on',
  archive_command: 'exit 3',
  max_wal_size: '32MB',
  checkpoint_warning: '300s',
};

/** Runs the load on a server of its own, which takes some seconds. */
export async function makeLogLoad(major: Major): Promise<LogLoad> {
  const destinations = major >= 15 ? ['stderr', 'csvlog', 'jsonlog'] : ['stderr', 'csvlog'];
  const settings = { ...SETTINGS, log_destination: destinations.join(',') };
  const server = await startPostgres({ major, settings, databases: ['shop'] });
  const endings: Readonly<Record<string, string>> = { stderr: 'log', csvlog: 'csv', jsonlog: 'json' };
  const files = Object.fromEntries(
    destinations.map((each) => [each, join(server.dataDirectory, 'log', `load.${endings[each]}`)]),
  );
  try {
    await work(server);
    await failStatements(server);
    await waitForLocks(server);
    await refuseLogins(server);
    await vacuum(server);
    await crash(server);
    await server.stop('fast');
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return { server, files, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** @param use gets a client of the database shop that is called load */
async function inSession<T>(server: PostgresServer, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: server.url({ database: 'shop' }), application_name: 'load' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function work(server: PostgresServer): Promise<void> {
  await inSession(server, async (client) => {
    await client.query('CREATE TABLE orders (id int PRIMARY KEY, customer int, note text)');
    await client.query("INSERT INTO orders SELECT i, i % 100, repeat('x', 200) FROM generate_series(1, 50000) AS i");
    for (let id = 1; id <= 40; id += 1) {
      await client.query(`SELECT note FROM orders WHERE id = ${id} AND note <> 'it''s no. ${id}'`);
      await client.query('UPDATE orders SET customer = $1 WHERE id = $2', [id, id]);
      await client.query({
        name: 'by_customer',
        text: 'SELECT count(*) FROM orders WHERE customer = $1',
        values: [id],
      });
      await client.query(`SELECT id FROM orders WHERE id IN (${id}, ${id + 1}, ${id + 2})`);
    }
    await client.query('SELECT id FROM orders ORDER BY note, customer, id DESC');
    await client.query("SELECT 'several\nlines' AS answer -- a remark\n/* and another */");
    await client.query('CHECKPOINT');
    await client.query(
      'INSERT INTO orders SELECT i, 1, repeat(md5(i::text), 20) FROM generate_series(50001, 150000) AS i',
    );
    await client.query("ALTER ROLE postgres VALID UNTIL 'infinity'");
  });
}

const FAILURES = [
  'SELECT 1 / 0',
  'SELECT * FROM no_such_table',
  'SELECT nothing FROM orders',
  'SELEKT 1',
  "SELECT 'abc'::int",
  'INSERT INTO orders VALUES (1, 1, NULL)',
  'SELECT pg_sleep(5)',
  'ROLLBACK',
];

async function failStatements(server: PostgresServer): Promise<void> {
  await inSession(server, async (client) => {
    await client.query('SET statement_timeout = 200');
    for (let round = 0; round < 3; round += 1) {
      for (const statement of FAILURES) await client.query(statement).catch(() => undefined);
    }
    await client.query("DO $$ BEGIN RAISE WARNING 'careful %', 7; END $$");
  });
}

async function waitForLocks(server: PostgresServer): Promise<void> {
  await inSession(server, (first) =>
    inSession(server, async (second) => {
      await first.query('BEGIN');
      await first.query('UPDATE orders SET customer = 0 WHERE id = 1');
      const waits = second.query('UPDATE orders SET customer = 2 WHERE id = 1');
      await server.waitForSql("EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')");
      await first.query('SELECT pg_sleep(0.3)');
      await first.query('COMMIT');
      await waits;
      for (const [client, id] of [
        [first, 1],
        [second, 2],
      ] as const) {
        await client.query('BEGIN');
        await client.query(`UPDATE orders SET customer = 3 WHERE id = ${id}`);
      }
      await Promise.allSettled([
        first.query('UPDATE orders SET customer = 4 WHERE id = 2'),
        second.query('UPDATE orders SET customer = 4 WHERE id = 1'),
      ]);
      await Promise.allSettled([first.query('ROLLBACK'), second.query('ROLLBACK')]);
    }),
  );
}

async function refuseLogins(server: PostgresServer): Promise<void> {
  const urls = [
    server.url({ password: 'wrong' }),
    server.url({ user: 'nobody_at_all', password: 'wrong' }),
    server.url({ database: 'no_such_database' }),
  ];
  for (const connectionString of urls) {
    const client = new Client({ connectionString });
    client.on('error', () => undefined);
    await client.connect().catch(() => undefined);
    await client.end().catch(() => undefined);
  }
}

function logOf(server: PostgresServer): string {
  return join(server.dataDirectory, 'log', 'load.log');
}

async function vacuum(server: PostgresServer): Promise<void> {
  await inSession(server, (client) => client.query('DELETE FROM orders WHERE id > 100000'));
  const isDone = 'EXISTS (SELECT FROM pg_stat_all_tables WHERE autovacuum_count > 0 AND autoanalyze_count > 0)';
  await server.waitForSql(isDone, 60_000, 'shop');
  const hasRemoved = async (): Promise<boolean> =>
    /tuples: [1-9]\d* removed/.test(await readFile(logOf(server), 'utf8'));
  await waitFor('dead rows to be removed', hasRemoved, 60_000);
}

/**
 * A process of the server is killed, and it recovers. Nobody connects meanwhile: what is told to end at once may have
 * written its message in one format and not yet in the others.
 */
async function crash(server: PostgresServer): Promise<void> {
  await inSession(server, async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
    const isNoticed = async (): Promise<boolean> => (await readFile(logOf(server), 'utf8')).includes('reinitializing');
    await waitFor('the killed backend to be noticed', isNoticed, 10_000);
  });
  await server.waitForSql('NOT pg_is_in_recovery()', 30_000).catch(() => server.waitForSql('true', 30_000));
}
