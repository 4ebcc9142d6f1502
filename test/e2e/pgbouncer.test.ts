import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, type TextRows } from '../../servers/index.ts';
import type { Family } from '../support/exposition.ts';
import { createGate, type Gate, gatePack } from '../support/gate.ts';
import { prepareForGolden } from '../support/golden.ts';
import { samplesOf, scrape, type Scrape, valueOf } from '../support/http.ts';
import { failedIn, failuresOf, succeededIn } from '../support/outcomes.ts';
import { type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { startRecordingProxy } from '../support/recording-proxy.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

/** What a warm scrape may take without a pooler too; see test/integration/round-trips.test.ts. */
const MOST_WARM_TURNS = 4;

/** Families that tell of who scrapes, and not of the server. */
const OF_THE_SCRAPE: readonly RegExp[] = [
  // walguard's own process, and what it says of its scrapes: durations, connections, its address.
  /^(process|nodejs|walguard)_/,
  // How long this scrape and its collectors took.
  /^pg_exporter_|^pg_scrape_collector_duration_seconds$/,
];

/** Families that tell of the moment in which they are read, as the session that reads them is at work then. */
const OF_THE_MOMENT: readonly RegExp[] = [
  // The sessions that scrape: two, or one that PgBouncer gives to one client after the other.
  /^pg_stat_activity_/,
  // The locks their own queries hold.
  /^pg_locks_/,
];

/** Families whose series are the same, but whose values are not the server's alone. */
const VALUE_OF_ITS_OWN: readonly RegExp[] = [
  // Counted from the first scrape of the walguard that tells it.
  /^pg_wal_bytes_total$/,
  // The disk is everybody's.
  /^pg_wal_directory_available_bytes$/,
];

/** As unlike walguard's own as can be: what a server's sessions have unless somebody says otherwise. */
const serverSettings = {
  statement_timeout: '7min',
  lock_timeout: '13s',
  jit: 'on',
  search_path: 'somewhere, public',
  IntervalStyle: 'iso_8601',
  TimeZone: 'Asia/Kathmandu',
  DateStyle: 'SQL, DMY',
};

const ways = [
  { major: 13, mode: 'transaction', auth: 'userlist' },
  { major: 13, mode: 'session', auth: 'query' },
  { major: 18, mode: 'transaction', auth: 'query' },
  { major: 18, mode: 'session', auth: 'userlist' },
] as const;

describe.each(ways)('PgBouncer in $mode mode with passwords by $auth, before PostgreSQL $major', (way) => {
  let server: PostgresServer;
  let bouncer: PgBouncer;
  let direct: Walguard;
  let pooled: Walguard;

  beforeAll(async () => {
    server = await startPostgres({
      major: way.major,
      archive: true,
      initdbArgs: ['--wal-segsize=1'],
      settings: { ...serverSettings, wal_level: 'logical', max_prepared_transactions: '5', autovacuum: 'off' },
    });
    const monitorUrl = await createMonitorRole(server);
    await prepareForGolden((text) => server.sql(text));
    bouncer = await startPgBouncer(server, way);
    direct = await startWalguard({ dataSourceName: monitorUrl });
    pooled = await startWalguard({ dataSourceName: bouncer.url() });
    for (const walguard of [direct, pooled, direct, pooled]) await scrape(`${walguard.url}/metrics`);
  });
  afterAll(async () => {
    for (const started of [pooled, direct, bouncer, server]) await started?.[Symbol.asyncDispose]();
  });

  it('gives the page that the server itself gives', async () => {
    const before = await scrape(`${direct.url}/metrics`);
    const between = await scrape(`${pooled.url}/metrics`);
    const after = await scrape(`${direct.url}/metrics`);

    expect(failedIn(between.families)).toEqual([]);
    expect(succeededIn(between.families)).toEqual(succeededIn(before.families));
    expect(describeFamilies(between)).toEqual(describeFamilies(before));
    expect(labelSets(between)).toEqual(labelSets(before));
    expect(seriesOutside(between, before, after)).toEqual([]);
  });

  it("has the server's own settings on it, not walguard's nor a client's", async () => {
    const { families } = await scrape(`${pooled.url}/metrics`);

    expect(valueOf(families, 'pg_settings_statement_timeout_seconds')).toBe(7 * 60);
    expect(valueOf(families, 'pg_settings_lock_timeout_seconds')).toBe(13);
    expect(valueOf(families, 'pg_settings_jit')).toBe(1);
    expect(valueOf(families, 'pg_settings_transaction_read_only')).toBe(0);
  });

  it(`takes at most ${MOST_WARM_TURNS} turns for a warm scrape`, async () => {
    await using proxy = await startRecordingProxy({ port: bouncer.port });
    await using behind = await startWalguard({ dataSourceName: bouncer.url({ port: proxy.port }) });
    for (const _ of [1, 2]) await scrape(`${behind.url}/metrics`);
    proxy.reset();

    const { families } = await scrape(`${behind.url}/metrics`);

    console.log(`PgBouncer, ${way.mode} mode: ${proxy.turns} turns warm, ${proxy.openConnections} connections`);
    expect(failedIn(families)).toEqual([]);
    expect(proxy.turns).toBeGreaterThan(0);
    expect(proxy.turns).toBeLessThanOrEqual(MOST_WARM_TURNS);
  });
});

const brokenPack = `
pg_divides: {query: SELECT 1/0 AS a, metrics: [{a: {usage: GAUGE}}]}
pg_misspelt: {query: SELEC 1 AS a, metrics: [{a: {usage: GAUGE}}]}
pg_two: {query: "SELECT 1 AS a; SELECT 2 AS a", metrics: [{a: {usage: GAUGE}}]}
pg_begins: {query: BEGIN, metrics: [{a: {usage: GAUGE}}]}
pg_prepares: {query: PREPARE left_behind AS SELECT 1, metrics: [{a: {usage: GAUGE}}]}
pg_sets: {query: SET jit = off, metrics: [{a: {usage: GAUGE}}]}
pg_writes: {query: SELECT nextval('public.numbers') AS a, metrics: [{a: {usage: GAUGE}}]}
pg_sleeps: {query: SELECT 1 AS a FROM pg_sleep(90), timeout: 0.2, metrics: [{a: {usage: GAUGE}}]}
`;
const broken = ['begins', 'divides', 'misspelt', 'prepares', 'sets', 'sleeps', 'two', 'writes'];

describe.each([13, 18] as const)('a server connection of PostgreSQL %i that PgBouncer gives to all', (major) => {
  let server: PostgresServer;
  let bouncer: PgBouncer;
  let gate: Gate;
  let folder: TemporaryFolder;
  /** What another client found before walguard ever came. */
  let untouched: TextRows;

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startPostgres({ major, settings: serverSettings });
    await createMonitorRole(server);
    await server.sql('CREATE SEQUENCE numbers; GRANT USAGE ON SEQUENCE numbers TO walguard');
    gate = await createGate(server);
    bouncer = await startPgBouncer(server, { mode: 'transaction', settings: { default_pool_size: 1 } });
    untouched = await askAsStranger(bouncer);
  });
  afterAll(async () => {
    for (const started of [bouncer, server, folder]) await started?.[Symbol.asyncDispose]();
  });

  function start(pack: string): Promise<Walguard> {
    return folder
      .write('pack.yaml', pack)
      .then((path) => startWalguard({ dataSourceName: bouncer.url(), args: [`--extend.query-path=${path}`] }));
  }

  /** Process numbers of the server connections PgBouncer holds. */
  async function serverPids(): Promise<TextRows> {
    return await server.sql(`SELECT pid FROM pg_stat_activity WHERE usename = 'walguard' ORDER BY pid`);
  }

  it('has the settings of the server for others', async () => {
    const [settings] = untouched;
    expect(settings).toEqual(expect.arrayContaining(['7min', '13s', 'on', 'iso_8601', 'Asia/Kathmandu', 'SQL, DMY']));
  });

  it('serves both connections of walguard, and has all settings of the server for others afterwards', async () => {
    const pids = await serverPids();
    await using walguard = await start(gatePack);
    for (const _ of [1, 2, 3]) {
      const { families } = await scrape(`${walguard.url}/metrics`);
      expect(failedIn(families)).toEqual([]);
      expect(valueOf(families, 'walguard_postgres_connections')).toBe(2);
      expect(await askAsStranger(bouncer)).toEqual(untouched);
    }
    expect(pids).toHaveLength(1);
    expect(await serverPids()).toEqual(pids);
  });

  it('is as it was after collectors that fail, in parsing and in running', async () => {
    const pids = await serverPids();
    await using walguard = await start(brokenPack);
    for (const _ of [1, 2]) {
      const { families } = await scrape(`${walguard.url}/metrics`);
      expect(failedIn(families)).toEqual(broken);
      expect(await askAsStranger(bouncer)).toEqual(untouched);
    }
    expect(await serverPids()).toEqual(pids);
  });

  it('is replaced after a scrape that was cut at its deadline, by one as it was', async () => {
    await using walguard = await start(gatePack);
    await scrape(`${walguard.url}/metrics`);
    await gate.close();
    const cut = await scrape(`${walguard.url}/metrics`, { 'X-Prometheus-Scrape-Timeout-Seconds': '5' });
    const found = askAsStranger(bouncer);
    await gate.open();

    expect(failuresOf(cut.families, 'gate')).toEqual({ deadline: 1 });
    expect(await found).toEqual(untouched);
    const whole = await scrape(`${walguard.url}/metrics`);
    expect(failedIn(whole.families)).toEqual([]);
    expect(await askAsStranger(bouncer)).toEqual(untouched);
  });
});

it('PgBouncer need not set anything for walguard on a server connection of usual settings', async () => {
  await using server = await startPostgres({ settings: { log_statement: 'all' } });
  await createMonitorRole(server);
  await using bouncer = await startPgBouncer(server, { mode: 'transaction' });
  await using walguard = await startWalguard({ dataSourceName: bouncer.url() });
  await scrape(`${walguard.url}/metrics`);
  const before = (await server.log()).length;

  await scrape(`${walguard.url}/metrics`);

  const said = (await server.log()).slice(before).split('\n');
  expect(said.filter((line) => line.includes('SET LOCAL jit=off')).length).toBeGreaterThan(20);
  expect(said.filter((line) => /statement: SET (?!LOCAL)/.test(line))).toEqual([]);
});

it('PgBouncer leads to the other databases of the server too, and none that it does not know is an error', async () => {
  await using server = await startPostgres();
  await createMonitorRole(server);
  for (const name of ['app', 'unknown_to_it']) await server.sql(`CREATE DATABASE ${name}`);
  await using bouncer = await startPgBouncer(server, { mode: 'transaction', databases: ['postgres', 'app'] });
  await using walguard = await startWalguard({ dataSourceName: bouncer.url(), args: ['--databases.include=*'] });

  for (const _ of ['first', 'second']) {
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(failedIn(families)).toEqual([]);
    expect(samplesOf(families, 'pg_invalid_indexes').map(({ labels }) => labels['datname'])).toEqual([
      'postgres',
      'app',
    ]);
  }
});

/** A client that comes in through PgBouncer by itself: the settings it finds, and what others left in the session. */
async function askAsStranger(bouncer: PgBouncer): Promise<TextRows> {
  const client = new Client({ connectionString: bouncer.url(), ssl: false, application_name: 'stranger' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const names = [...Object.keys(serverSettings), 'transaction_read_only', 'application_name', 'client_encoding'];
    const cells = names.map((name) => `current_setting('${name}')`);
    const left = '(SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors)';
    const { rows } = await client.query<(string | null)[]>({
      text: `SELECT ${cells.join(', ')}, ${left}, now() = statement_timestamp()`,
      rowMode: 'array',
    });
    return rows.map((row) => row.map(String));
  } finally {
    await client.end();
  }
}

function isOf(patterns: readonly RegExp[], { name }: Family): boolean {
  return patterns.some((pattern) => pattern.test(name));
}

function ofTheServer({ families }: Scrape): readonly Family[] {
  return [...families.values()].filter((family) => !isOf([...OF_THE_SCRAPE, /^pg_stat_activity_max_tx_/], family));
}

function describeFamilies(page: Scrape): readonly string[] {
  return ofTheServer(page).map(({ name, type, help }) => `${name} ${type} ${help}`);
}

/** The series of each family; of those of the moment the names of their labels alone. */
function labelSets(page: Scrape): readonly string[] {
  const lines = ofTheServer(page).flatMap((family) =>
    family.samples.map(({ name, labels }) =>
      isOf(OF_THE_MOMENT, family) ? `${name} ${Object.keys(labels).join()}` : seriesKey(name, labels),
    ),
  );
  return [...new Set(lines)].toSorted();
}

/** Series whose value is neither that of the page before nor that of the page after, nor between them. */
function seriesOutside(page: Scrape, before: Scrape, after: Scrape): readonly string[] {
  return ofTheServer(page)
    .filter((family) => !isOf([...OF_THE_MOMENT, ...VALUE_OF_ITS_OWN], family))
    .flatMap(({ samples }) => samples)
    .filter(({ name, labels, value }) => {
      const bounds = [before, after].flatMap(({ families }) =>
        samplesOf(families, name, labels)
          .filter((other) => Object.keys(other.labels).length === Object.keys(labels).length)
          .map((other) => other.value),
      );
      return (
        !(value >= Math.min(...bounds) && value <= Math.max(...bounds)) &&
        !bounds.some((bound) => Object.is(bound, value))
      );
    })
    .map(({ name, labels, rawValue }) => `${seriesKey(name, labels)} ${rawValue}`);
}

function seriesKey(name: string, labels: Readonly<Record<string, string>>): string {
  return `${name}${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
}
