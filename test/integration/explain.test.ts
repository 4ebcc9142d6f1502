import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createMonitorRole,
  type Major,
  type PostgresServer,
  startPostgres,
  startStandby,
  waitFor,
} from '../../servers/index.ts';
import { samplesOf, scrape } from '../support/http.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type Finished, runWalguard, startWalguard } from '../support/walguard.ts';

interface Answer {
  readonly sql: string;
  readonly answer: boolean;
}

interface Report {
  readonly target: { readonly name: string; readonly version: string; readonly in_recovery: boolean };
  readonly queries: readonly {
    readonly collector: string;
    readonly database: string;
    readonly once: boolean;
    readonly connection: number;
    readonly place: number;
    readonly timeout_seconds: number;
    readonly ttl_seconds: number;
    readonly predicates: readonly Answer[];
  }[];
  readonly derived: readonly string[];
  readonly skipped: readonly {
    readonly collector: string;
    readonly database?: string;
    readonly reason: string;
    readonly predicates: readonly Answer[];
  }[];
  readonly failed: readonly { readonly collector: string; readonly code: string }[];
  readonly off: readonly { readonly collector: string; readonly by: string }[];
}

const PACK = `
pg_cached: {ttl: 60, timeout: 5, priority: 1, tags: [cluster], query: SELECT 1 AS n, metrics: [n: {usage: GAUGE}]}
pg_of_standbys: {query: SELECT 2 AS n, tags: [standby], metrics: [n: {usage: GAUGE}]}
pg_of_gold: {query: SELECT 3 AS n, tags: [gold, cluster], metrics: [n: {usage: GAUGE}]}
pg_with_extension: {query: SELECT 4 AS n, tags: ["extension:pg_buffercache"], metrics: [n: {usage: GAUGE}]}
pg_of_tables:
  per_database: true
  predicate_queries:
    - predicate_query: SELECT true
    - predicate_query: SELECT to_regclass('public.things') IS NOT NULL
    - predicate_query: SELECT pg_backend_pid() > 0
  query: SELECT count(*) AS n FROM things
  metrics: [n: {usage: GAUGE}]
pg_writes: {query: SELECT 6 AS n, predicate_query: SELECT nextval('numbers') > 0, tags: [cluster], metrics: [n: {usage: GAUGE}]}
`;

/** The names of a line's samples, by these labels, sorted. */
function sorted(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].toSorted();
}

describe.each<Major>([13, 18])('walguard explain with PostgreSQL %i', (major) => {
  let folder: TemporaryFolder;
  let primary: PostgresServer;
  let standby: PostgresServer;
  let args: readonly string[];

  beforeAll(async () => {
    folder = await temporaryFolder();
    primary = await startPostgres({ major, databases: ['app', 'app_old'] });
    await createMonitorRole(primary);
    await primary.sql('CREATE SEQUENCE numbers; GRANT USAGE ON SEQUENCE numbers TO walguard');
    await primary.sql('CREATE TABLE things (); GRANT SELECT ON things TO walguard', 'app');
    standby = await startStandby(primary);
    await waitFor('the table to be on the standby', async () => {
      const [row] = await standby.sql("SELECT to_regclass('public.things') IS NOT NULL", 'app');
      return row?.[0] === 't';
    });
    const pack = await folder.write('pack.yaml', PACK);
    args = [
      `--extend.query-path=${pack}`,
      '--databases.include=app*',
      '--no-collector.locks',
      '--collector.table_bloat',
    ];
  });
  afterAll(async () => {
    await standby[Symbol.asyncDispose]();
    await primary[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const urlOf = (server: PostgresServer): string => server.url({ user: 'walguard', password: 'walguard' });

  async function explain(server: PostgresServer, ...more: readonly string[]): Promise<Finished> {
    return await runWalguard(['explain', ...args, ...more], { dataSourceName: urlOf(server) });
  }

  async function reportOf(server: PostgresServer, ...more: readonly string[]): Promise<Report> {
    const { code, stdout, stderr } = await explain(server, '--json', ...more);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return JSON.parse(stdout) as Report;
  }

  it.each(['primary', 'standby'] as const)('says of a %s exactly what a scrape of it then does', async (role) => {
    const server = role === 'primary' ? primary : standby;
    const { target, queries, derived, skipped, failed } = await reportOf(server);
    await using walguard = await startWalguard({ dataSourceName: urlOf(server), args });
    const { families } = await scrape(`${walguard.url}/metrics`);

    const ran = samplesOf(families, 'walguard_collector_success').filter(
      ({ labels }) => !['facts', 'databases'].includes(labels['collector'] ?? ''),
    );
    expect(target).toMatchObject({ in_recovery: role === 'standby' });
    expect(target.version).toMatch(new RegExp(`^${major}\\.`));
    expect(
      sorted([
        ...queries.map(({ collector, database, once }) => `${collector}/${once ? '' : database}`),
        ...[...derived, ...failed.map(({ collector }) => collector)].map((collector) => `${collector}/`),
      ]),
    ).toEqual(sorted(ran.map(({ labels }) => `${labels['collector']}/${labels['datname'] ?? ''}`)));
    const running = new Set(ran.map(({ labels }) => labels['collector']));
    expect(
      sorted(skipped.flatMap(({ collector, reason }) => (running.has(collector) ? [] : [`${collector} ${reason}`]))),
    ).toEqual(
      sorted(
        samplesOf(families, 'walguard_collector_skipped').map(
          ({ labels }) => `${labels['collector']} ${labels['reason']}`,
        ),
      ),
    );
    expect(failed.map(({ collector, code }) => `${collector} ${code}`)).toEqual(['writes QUERY_FAILED']);
  });

  it('says where, how often, in which order and for how long each query runs, and what its predicates answered', async () => {
    const { queries, skipped, off } = await reportOf(primary, '--scrape.connections=1', '--scrape.timeout=2s');

    const [first] = queries;
    expect(first).toMatchObject({
      collector: 'cached',
      connection: 1,
      place: 1,
      timeout_seconds: 2,
      ttl_seconds: 60,
      once: true,
    });
    expect(queries.filter(({ database }) => database === 'postgres').map(({ place }) => place)).toEqual(
      queries.filter(({ database }) => database === 'postgres').map((_, index) => index + 1),
    );
    const ofTables = queries.filter(({ collector }) => collector === 'of_tables');
    expect(
      ofTables.map(({ database, once, predicates }) => ({
        database,
        once,
        answers: predicates.map(({ answer }) => answer),
      })),
    ).toEqual([{ database: 'app', once: false, answers: [true, true, true] }]);
    expect(
      skipped
        .filter(({ collector }) => collector === 'of_tables')
        .map(({ database, reason, predicates }) => [database, reason, predicates.map(({ answer }) => answer)]),
    ).toEqual([
      ['postgres', 'predicate', [true, false]],
      ['app_old', 'predicate', [true, false]],
    ]);
    expect(off).toContainEqual({ collector: 'locks', by: '--no-collector.locks' });
    expect(off).toContainEqual({ collector: 'index_bloat', by: 'default' });
    expect(off.map(({ collector }) => collector)).not.toContain('table_bloat');
  });

  it('writes nothing, though a predicate would', async () => {
    await explain(primary);
    expect(await primary.sql('SELECT is_called FROM numbers')).toEqual([['f']]);
  });

  it('prints a table with reasons in words and their cures', async () => {
    const { code, stdout } = await explain(primary);

    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`^127\\.0\\.0\\.1:\\d+: PostgreSQL ${major}\\.\\d+, primary, database postgres, user walguard\n`),
    );
    expect(stdout).toMatch(/^ {2}connection +collector +database +how often +limit +predicates$/m);
    expect(stdout).toMatch(/^ {2}1, 1\. +cached +postgres +every 60 s +5 s$/m);
    expect(stdout).toMatch(/^ {2}1, \d+\. +of_tables +app +each scrape +1 s +yes to SELECT true; yes to .*$/m);
    expect(stdout).toMatch(/^ {2}role \(is for the other role: a primary, or a standby\): .*\bof_standbys\b/m);
    expect(stdout).toMatch(
      /^ {2}tag \(asks for tags that walguard has not, or has\): of_gold\n {4}hint: Give the tag with --extend\.tag/m,
    );
    expect(stdout).toMatch(/^ {4}of_tables in postgres: yes to SELECT true; no to SELECT to_regclass/m);
    expect(stdout).toMatch(/^ {2}by --no-collector\.locks: locks$/m);
    expect(stdout).toMatch(
      /^ {2}writes: QUERY_FAILED: PostgreSQL says: cannot execute nextval\(\) in a read-only transaction/m,
    );
  });
});

describe('walguard explain', () => {
  it('exits with 1 for a server that cannot be reached, and repeats no password', async () => {
    const { code, stdout, stderr } = await runWalguard([
      'explain',
      '--target=postgresql://walguard:planted@127.0.0.1:1/postgres',
    ]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^TARGET_UNREACHABLE: /);
    expect(stderr).not.toContain('planted');
  });

  it('exits with 2 for what is wrong with the configuration, all of it', async () => {
    const { code, stderr } = await runWalguard(['explain', '--no-collector.lockz', '--target=host=db prot=1']);
    expect(code).toBe(2);
    expect(stderr).toContain('USAGE_UNKNOWN_OPTION: --no-collector.lockz: there is no collector lockz');
    expect(stderr).toContain('TARGET_BAD_DSN: ');
  });
});
