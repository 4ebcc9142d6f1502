import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres } from '../../servers/index.ts';
import { samplesOf, scrape, type Scrape } from '../support/http.ts';
import { failedIn } from '../support/outcomes.ts';
import { type Peer, pgExporterPack, startPgBouncerExporter, startPgExporter } from '../support/peers.ts';
import { type PgBouncer, startPgBouncer, statsLogin } from '../support/pgbouncer.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

/** Nothing changes by itself. The peer, and lib/pq in general, sends a parameter that PgBouncer refuses by default. */
const SETTINGS = {
  ignore_startup_parameters: 'extra_float_digits',
  server_check_delay: 3_600,
  server_idle_timeout: 3_600,
};

let server: PostgresServer;
let bouncer: PgBouncer;
let client: Client;

beforeAll(async () => {
  server = await startPostgres();
  await createMonitorRole(server);
  bouncer = await startPgBouncer(server, { mode: 'session', settings: SETTINGS });
  client = new Client({ connectionString: bouncer.url(), ssl: false, application_name: 'shop' });
  client.on('error', () => undefined);
  await client.connect();
  for (const statement of ['BEGIN', 'SELECT 1', 'COMMIT', 'BEGIN', 'SELECT 2']) await client.query(statement);
});
afterAll(async () => {
  await client?.end();
  for (const started of [bouncer, server]) await started?.[Symbol.asyncDispose]();
});

/** Series by name and labels, with the type of their family and the value. */
function seriesOf({ families }: Scrape, pattern: RegExp): ReadonlyMap<string, readonly [type: string, value: number]> {
  const chosen = [...families.values()].filter(({ name }) => pattern.test(name));
  return new Map(
    chosen.flatMap(({ type, samples }) =>
      samples.map(({ name, labels, value }) => {
        const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
        return [`${name}${JSON.stringify(pairs)}`, [type, value]] as const;
      }),
    ),
  );
}

/** Series of the peer that walguard has not, or not so. */
function differences(peer: Scrape, ours: Scrape, pattern: RegExp): readonly string[] {
  const own = seriesOf(ours, pattern);
  return [...seriesOf(peer, pattern)].flatMap(([series, [type, value]]) => {
    const [ourType, ourValue = Number.NaN] = own.get(series) ?? [];
    if (PEER_ITSELF.test(series)) return [];
    if (ourType === type && OF_ITS_OWN.some((each) => each.test(series))) return [];
    const fits = ourType === type && Math.abs(ourValue - value) <= 1e-9;
    return fits ? [] : [`${series}: ${ourType} ${ourValue}, not ${type} ${value}`];
  });
}

/** The one client that has no name is the peer. */
const PEER_ITSELF = /^pgbouncer_client_connections.*"user","stats"/;

/** Values of who asks, and of the moment. */
const OF_ITS_OWN: readonly RegExp[] = [
  /"(database|datname|name)","pgbouncer"/,
  /^pgbouncer_(free|used|login)_clients/,
  /^pgbouncer_list_items.*"(free|used|login)_clients"/,
  // Of the time since the last stats_period, which goes on.
  /^pgbouncer_stat_avg_/,
];

describe('pgbouncer_exporter beside walguard', () => {
  let peer: Peer;
  let walguard: Walguard;

  beforeAll(async () => {
    peer = await startPgBouncerExporter(bouncer.url(statsLogin));
    const args = ['--collector.pgbouncer_client_names'];
    walguard = await startWalguard({ dataSourceName: bouncer.url(statsLogin), args });
  });
  afterAll(async () => {
    for (const started of [walguard, peer]) await started?.[Symbol.asyncDispose]();
  });

  it('has no family, type, label or value that walguard has not', async () => {
    const theirs = await scrape(peer.url);
    const ours = await scrape(`${walguard.url}/metrics`);
    const pattern = /^pgbouncer_(?!exporter_)/;

    expect(seriesOf(theirs, pattern).size).toBeGreaterThan(60);
    expect(samplesOf(theirs.families, 'pgbouncer_pools_client_active_connections', { user: 'walguard' })).toMatchObject(
      [{ value: 1 }],
    );
    expect(differences(theirs, ours, pattern)).toEqual([]);
    expect(failedIn(ours.families)).toEqual([]);
  });
});

describe("pg_exporter's own pack, unchanged, on a console of PgBouncer", () => {
  it('gives the series that pg_exporter gives', async () => {
    await using peer = await startPgExporter(bouncer.url(statsLogin));
    const args = [`--extend.query-path=${pgExporterPack()}`];
    await using walguard = await startWalguard({ dataSourceName: bouncer.url(statsLogin), args });
    const theirs = await scrape(peer.url);
    const ours = await scrape(`${walguard.url}/metrics`);
    const pattern = /^pgbouncer_(list|database|stat|pool)_/;

    expect(seriesOf(theirs, pattern).size).toBeGreaterThan(50);
    expect(differences(theirs, ours, pattern)).toEqual([]);
    expect(failedIn(ours.families)).toEqual([]);
    const skipped = samplesOf(ours.families, 'walguard_collector_skipped');
    expect(skipped.filter(({ labels }) => labels['reason'] === 'pgbouncer').length).toBeGreaterThan(40);
  });
});
