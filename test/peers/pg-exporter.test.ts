import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type Major, type PostgresServer, startPostgres } from '../../servers/index.ts';
import type { Sample } from '../support/exposition.ts';
import { scrape } from '../support/http.ts';
import { failedIn } from '../support/outcomes.ts';
import { type Peer, pgExporterPack, startPgExporter } from '../support/peers.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const majors = [13, 18] as const satisfies readonly Major[];

/** What a program of Go says of itself. */
const ownSeries = /^(go|process|promhttp)_/;

/** Series whose values differ though they stand still, each with the reason. */
const differences: readonly { readonly series: RegExp; readonly because: string }[] = [
  {
    series: /^pg_(activity|wait|lock|xact_age)_/,
    because: 'they count the sessions that ask, and walguard has two of them',
  },
  { series: /^pg_query_/, because: 'they count the statements of those who ask' },
  { series: /^pg_db_xact_(commit|total)\[/, because: 'they count the transactions of those who ask' },
];

function keyOf({ name, labels }: Sample): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${name}${JSON.stringify(pairs)}`;
}

/** The samples of a page by their series. */
async function seriesOf(url: string): Promise<ReadonlyMap<string, Sample>> {
  const { families } = await scrape(url);
  const samples = [...families.values()]
    .flatMap((family) => family.samples)
    .filter(({ name }) => !ownSeries.test(name));
  return new Map(samples.map((sample) => [keyOf(sample), sample]));
}

describe.each(majors)("pg_exporter's own pack, unchanged, on PostgreSQL %i", (major) => {
  let server: PostgresServer;
  let peer: Peer;
  let walguard: Walguard;
  let idle: Client;

  beforeAll(async () => {
    // Without autovacuum and checkpoints nobody writes between two looks.
    server = await startPostgres({
      major,
      archive: true,
      settings: { autovacuum: 'off', checkpoint_timeout: '1h', shared_preload_libraries: 'pg_stat_statements' },
      databases: ['shop'],
    });
    await server.sql(
      `CREATE EXTENSION pg_stat_statements;
       CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text);
       INSERT INTO orders (body) SELECT repeat('x', n) FROM generate_series(1, 200) n;
       CREATE TABLE parts (id int) PARTITION BY RANGE (id); CREATE TABLE parts_rest PARTITION OF parts DEFAULT;
       CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2'; SELECT twice(id::int) FROM orders;
       ANALYZE`,
      'shop',
    );
    await server.sql(`SELECT pg_create_physical_replication_slot('standby', true)`);
    await createMonitorRole(server);
    // For the one histogram of the pack: a transaction that stays open.
    idle = new Client(server.url({ database: 'shop' }));
    await idle.connect();
    await idle.query('BEGIN');
    await idle.query('SELECT 1');
    const url = server.url({ user: 'walguard', password: 'walguard', database: 'shop' });
    peer = await startPgExporter(url);
    walguard = await startWalguard({ dataSourceName: url, args: [`--extend.query-path=${pgExporterPack()}`] });
  });
  afterAll(async () => {
    await idle?.end();
    await walguard?.[Symbol.asyncDispose]();
    await peer?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  it('gives every series that pg_exporter gives, with its value where that stands still', async () => {
    const before = await seriesOf(peer.url);
    const ours = await seriesOf(`${walguard.url}/metrics`);
    const after = await seriesOf(peer.url);

    const wanted = [...before].filter(([, { value }]) => !Number.isNaN(value));
    const missing = wanted.filter(([key]) => !ours.has(key)).map(([key]) => key);
    const still = wanted.filter(([key, { value }]) => after.get(key)?.value === value && ours.has(key));
    const other = still.flatMap(([key, { value }]) =>
      ours.get(key)?.value === value ? [] : [`${key}: ${ours.get(key)?.rawValue}, there ${value}`],
    );
    console.log(`${major}: ${before.size} series, ${wanted.length} of them numbers, ${still.length} that stood still`);
    const isKnown = (text: string): boolean => differences.some(({ series }) => series.test(text));
    expect(missing).toEqual([]);
    expect(other.filter((key) => !isKnown(key))).toEqual([]);
    expect(still.length).toBeGreaterThan(250);
    const buckets = wanted.filter(([, { name }]) => /^pg_xact_age_(idle_)?seconds_bucket$/.test(name));
    expect(buckets.length).toBeGreaterThanOrEqual(12 + 9);
  });

  it('has no collector that fails', async () => {
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(failedIn(families)).toEqual([]);
  });
});
