import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { PostgresServer } from '../servers/index.ts';

/** A piece of work that one session does again and again. */
export interface Chore {
  readonly name: string;
  /** Pause before each time, ms. */
  readonly everyMs: number;
  readonly writes: boolean;
  /** `round` counts from 1. */
  readonly run: (client: Client, round: number, stop: AbortSignal) => Promise<unknown>;
}

const customers = 500;
const products = 100;

const shopSql = `
  CREATE TABLE customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, visits int NOT NULL DEFAULT 0);
  CREATE TABLE products (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, stock int NOT NULL, price numeric(8,2) NOT NULL);
  CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer int NOT NULL REFERENCES customers,
    product int NOT NULL REFERENCES products,
    placed_at timestamptz NOT NULL DEFAULT now(),
    invoice text NOT NULL
  );
  ALTER TABLE orders ALTER invoice SET STORAGE EXTERNAL;
  CREATE INDEX ON orders (customer);
  CREATE INDEX ON orders (placed_at);
  INSERT INTO customers (name) SELECT 'customer ' || n FROM generate_series(1, ${customers}) n;
  INSERT INTO products (name, stock, price) SELECT 'product ' || n, 10000, n * 1.25 FROM generate_series(1, ${products}) n;
`;

/** Makes role, database and tables of the shop and returns the shop's own URL. */
export async function createShop(server: PostgresServer): Promise<string> {
  await server.sql(`CREATE ROLE shop LOGIN PASSWORD 'shop'`);
  await server.sql('CREATE DATABASE shop OWNER shop');
  await server.sql(`SET ROLE shop; ${shopSql}`, 'shop');
  await server.sql('CREATE EXTENSION pg_stat_statements', 'shop');
  return server.url({ user: 'shop', password: 'shop', database: 'shop' });
}

/** Five sessions which together write about 350 kB of WAL a second: a 1 MB segment every three seconds. */
export const chores: readonly Chore[] = [
  { name: 'till', everyMs: 180, writes: true, run: sell },
  { name: 'shelf', everyMs: 500, writes: false, run: look },
  { name: 'report', everyMs: 20_000, writes: false, run: report },
  { name: 'forgetful', everyMs: 15_000, writes: true, run: forget },
  { name: 'cleaner', everyMs: 10_000, writes: true, run: clean },
];

/** An order with an invoice of 64 kB that does not compress; every twentieth customer changes their mind. */
async function sell(client: Client, round: number): Promise<void> {
  const product = randomInt(1, products + 1);
  const invoice = randomBytes(48_000).toString('base64');
  await client.query('BEGIN');
  await client.query('UPDATE products SET stock = CASE stock WHEN 1 THEN 10000 ELSE stock - 1 END WHERE id = $1', [
    product,
  ]);
  await client.query('INSERT INTO orders (customer, product, invoice) VALUES ($1, $2, $3)', [
    randomInt(1, customers + 1),
    product,
    invoice,
  ]);
  await client.query(round % 20 === 0 ? 'ROLLBACK' : 'COMMIT');
}

async function look(client: Client): Promise<void> {
  await client.query('SELECT name, price, stock FROM products WHERE id = $1', [randomInt(1, products + 1)]);
  await client.query('SELECT count(*), max(placed_at) FROM orders WHERE customer = $1', [randomInt(1, customers + 1)]);
}

/** Sorts more than work_mem holds, so that it needs a temporary file of a few MB. */
async function report(client: Client): Promise<void> {
  await client.query(`BEGIN; SET LOCAL work_mem = '256kB';
    SELECT DISTINCT product, md5(id::text || n) FROM orders, generate_series(1, 40) n ORDER BY 2 LIMIT 10; COMMIT`);
}

/** A session that is idle in its transaction for ten seconds, with a row locked. */
async function forget(client: Client, _round: number, stop: AbortSignal): Promise<void> {
  await client.query('BEGIN');
  await client.query('UPDATE customers SET visits = visits + 1 WHERE id = 1');
  await sleep(10_000, undefined, { signal: stop });
  await client.query('COMMIT');
}

/** Keeps the last five minutes, so that the demo can stay open for days. */
async function clean(client: Client): Promise<void> {
  await client.query(`DELETE FROM orders WHERE placed_at < now() - interval '5 minutes'`);
}
