import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { PostgresServer } from '../../servers/index.ts';
import { samplesOf, scrape, valueOf } from '../support/http.ts';
import { dropsOf, failedIn, failuresOf, succeededIn, successOf } from '../support/outcomes.ts';
import { type PackLab, startPackLab } from '../support/pack-lab.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const brokenPack = `
pg_fine_first: {query: SELECT 1 AS a, metrics: [{a: {usage: GAUGE}}]}
pg_divides: {query: SELECT 1/0 AS a, metrics: [{a: {usage: GAUGE}}]}
pg_fails_late: {query: "SELECT n AS a, n::text AS l, 100/(500 - n) AS b FROM generate_series(1, 1000) n",
  metrics: [{l: {usage: LABEL}}, {a: {usage: GAUGE}}, {b: {usage: GAUGE}}]}
pg_misspelt: {query: SELEC 1 AS a, metrics: [{a: {usage: GAUGE}}]}
pg_no_table: {query: SELECT 1 AS a FROM no_such_table, metrics: [{a: {usage: GAUGE}}]}
pg_no_column: {query: SELECT 1 AS b, metrics: [{a: {usage: GAUGE}}]}
pg_no_right: {query: SELECT count(*) AS a FROM pg_authid, metrics: [{a: {usage: GAUGE}}]}
pg_too_long: {query: "SELECT 1 AS a FROM pg_sleep(60)", timeout: 0.2, metrics: [{a: {usage: GAUGE}}]}
pg_two_statements: {query: SELECT 1 AS a; SELECT 2 AS a, metrics: [{a: {usage: GAUGE}}]}
pg_commits_first: {query: "COMMIT; INSERT INTO written VALUES ('commits')", metrics: [{a: {usage: GAUGE}}]}
pg_begins: {query: BEGIN, metrics: [{a: {usage: GAUGE}}]}
pg_parameter: {query: SELECT $1 AS a, metrics: [{a: {usage: GAUGE}}]}
pg_inserts: {query: "INSERT INTO written VALUES ('inserts') RETURNING 1 AS a", metrics: [{a: {usage: GAUGE}}]}
pg_inserts_inside: {query: "WITH w AS (INSERT INTO written VALUES ('inside') RETURNING 1 AS a) SELECT a FROM w",
  metrics: [{a: {usage: GAUGE}}]}
pg_inserts_in_function: {query: SELECT write_row() AS a, metrics: [{a: {usage: GAUGE}}]}
pg_creates: {query: CREATE TABLE made (a int), metrics: [{a: {usage: GAUGE}}]}
pg_sequence: {query: SELECT nextval('counted') AS a, metrics: [{a: {usage: GAUGE}}]}
pg_fine_last: {query: SELECT 2 AS a, metrics: [{a: {usage: GAUGE}}]}
pg_not_here: {query: SELECT 1 AS a, min_version: 900000, metrics: [{a: {usage: GAUGE}}]}
pg_standbys_only: {query: SELECT 1 AS a, tags: [standby], metrics: [{a: {usage: GAUGE}}]}
`;

const failing: readonly (readonly [collector: string, reason: string, cure: RegExp])[] = [
  ['divides', 'query_failed', /log of the server/],
  ['fails_late', 'query_failed', /log of the server/],
  ['misspelt', 'query_failed', /Correct the SQL/],
  ['no_table', 'query_failed', /runonserver/],
  ['no_column', 'bad_result', /as they are declared/],
  ['no_right', 'permission', /GRANT/],
  ['too_long', 'timeout', /longer timeout/],
  ['two_statements', 'query_failed', /Write one SELECT/],
  ['commits_first', 'query_failed', /Write one SELECT/],
  ['begins', 'query_failed', /Write one SELECT/],
  ['parameter', 'query_failed', /no parameters/],
  ['inserts', 'query_failed', /take the write out/],
  ['inserts_inside', 'query_failed', /take the write out/],
  ['inserts_in_function', 'query_failed', /take the write out/],
  ['creates', 'query_failed', /Write one SELECT/],
  ['sequence', 'query_failed', /take the write out/],
];

const oddPack = `
pg_twice:
  query: |
    SELECT * FROM (VALUES ('x', 1, 10), ('y', 2, 20), ('x', 3, 30), ('z', NULL, NULL), ('z', 4, NULL)) t (l, a, b)
  metrics: [{l: {usage: LABEL}}, {a: {usage: GAUGE}}, {b: {usage: COUNTER}}]
pg_words:
  query: SELECT * FROM (VALUES ('x', 'many'), ('y', '7'), ('z', '0x10'), ('w', ''), ('v', 'NaN')) t (l, a)
  metrics: [{l: {usage: LABEL}}, {a: {usage: GAUGE}}]
pg_nothing:
  query: SELECT NULL::int AS a, NULL::text AS l, NULL::timestamptz AS t, NULL::int AS d, true AS e
  metrics: [{l: {usage: LABEL}}, {a: {usage: GAUGE}}, {t: {usage: GAUGE}}, {d: {usage: GAUGE, default: 5}}, {e: {usage: GAUGE}}]
pg_no_rows:
  query: SELECT 1 AS a WHERE false
  metrics: [{a: {usage: GAUGE}}]
pg_labels:
  query: |
    SELECT E'back\\\\slash "quote"\\nline \\t tab é 🐘' AS l, 9223372036854775807 AS big, 0.1::float4 AS small,
           interval '1 day 00:00:01.5' AS i, pg_lsn '1/0' AS lsn, timestamptz '2001-02-03 04:05:06.789+01' AS t
  metrics:
    - l: {usage: LABEL}
    - big: {usage: GAUGE}
    - small: {usage: GAUGE}
    - i: {usage: GAUGE}
    - lsn: {usage: GAUGE}
    - t: {usage: GAUGE}
`;

const lockPack = `
pg_locked: {query: SELECT count(*) AS a FROM locked, timeout: 60, metrics: [{a: {usage: GAUGE}}]}
pg_locked_too: {query: SELECT pg_table_size('locked') AS a, timeout: 60, metrics: [{a: {usage: GAUGE}}]}
`;

describe('a pack of the user', () => {
  let lab: PackLab;

  beforeAll(async () => {
    lab = await startPackLab({ archive: true });
    // What is refused must be refused for being a write, not for a missing right.
    await lab.server.sql(`
      CREATE TABLE written (by text); CREATE SEQUENCE counted; CREATE TABLE locked (a int);
      GRANT ALL ON written, counted, locked TO walguard; GRANT CREATE ON SCHEMA public TO walguard;
      CREATE FUNCTION write_row() RETURNS int LANGUAGE sql AS $$ INSERT INTO written VALUES ('function') RETURNING 1 $$`);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  describe('whose queries fail', () => {
    let walguard: Walguard;
    beforeAll(async () => {
      // Over one connection each of them could spoil all that follow.
      walguard = await lab.startWith(brokenPack, ['--scrape.connections=1']);
    });
    afterAll(() => walguard[Symbol.asyncDispose]());

    it('costs the families of those queries only, and says why in the counters, in every scrape', async () => {
      for (const count of [1, 2]) {
        const { families } = await scrape(`${walguard.url}/metrics`);

        expect(valueOf(families, 'pg_up')).toBe(1);
        expect(failedIn(families)).toEqual(failing.map(([collector]) => collector).toSorted());
        for (const [collector, reason] of failing) {
          expect([collector, failuresOf(families, collector)]).toEqual([collector, { [reason]: count }]);
          expect([...families.keys()].filter((name) => name.startsWith(`pg_${collector}_`))).toEqual([]);
        }
        expect(valueOf(families, 'pg_fine_first_a')).toBe(1);
        expect(valueOf(families, 'pg_fine_last_a')).toBe(2);
        expect(succeededIn(families)).toEqual(
          expect.arrayContaining(['server', 'archiver', 'stat_database', 'settings']),
        );
      }
    });

    it('is logged once for each query, with the cure', async () => {
      await scrape(`${walguard.url}/metrics`);

      const warnings = walguard.logLines.filter(({ level }) => level === 'warn');
      expect(warnings.map(({ collector }) => String(collector)).toSorted()).toEqual(
        failing.map(([name]) => name).toSorted(),
      );
      for (const [name, , cure] of failing) {
        expect(warnings.find(({ collector }) => collector === name)?.['hint']).toMatch(cure);
      }
    });

    it('writes nothing to the server', async () => {
      await scrape(`${walguard.url}/metrics`);

      expect(await lab.server.sql(`SELECT by FROM written`)).toEqual([]);
      expect(await lab.server.sql(`SELECT is_called::text FROM counted`)).toEqual([['false']]);
      expect(await lab.server.sql(`SELECT to_regclass('made')`)).toEqual([[null]]);
      expect(await lab.server.sql(`SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'`)).toEqual([
        ['0'],
      ]);
    });

    it('counts as skipped, with the reason, what is meant for other servers', async () => {
      const { families } = await scrape(`${walguard.url}/metrics`);

      expect(valueOf(families, 'walguard_collector_skipped', { collector: 'not_here', reason: 'version' })).toBe(1);
      expect(valueOf(families, 'walguard_collector_skipped', { collector: 'standbys_only', reason: 'role' })).toBe(1);
      expect(successOf(families, 'not_here')).toBeUndefined();
    });
  });

  describe('whose results are odd', () => {
    let walguard: Walguard;
    beforeAll(async () => {
      walguard = await lab.startWith(oddPack);
    });
    afterAll(() => walguard[Symbol.asyncDispose]());

    it('gives the first of a series that comes twice, and counts the others', async () => {
      const { families } = await scrape(`${walguard.url}/metrics?collect[]=twice`);

      const valuesOf = (name: string) => samplesOf(families, name).map(({ labels, value }) => [labels['l'], value]);
      expect(valuesOf('pg_twice_a')).toEqual([
        ['x', 1],
        ['y', 2],
        ['z', 4],
      ]);
      expect(valuesOf('pg_twice_b')).toEqual([
        ['x', 10],
        ['y', 20],
      ]);
      expect(dropsOf(families, 'twice')).toEqual({ duplicate: 2 });
      expect(successOf(families, 'twice')).toBe(1);
    });

    it('gives the numbers among words, and counts the words', async () => {
      const { families } = await scrape(`${walguard.url}/metrics?collect[]=words`);

      expect(samplesOf(families, 'pg_words_a').map(({ rawValue }) => rawValue)).toEqual(['7', 'NaN']);
      expect(dropsOf(families, 'words')).toEqual({ not_a_number: 3 });
    });

    it('gives no sample for NULL unless it has a default, and none for no rows', async () => {
      const { families } = await scrape(`${walguard.url}/metrics?collect[]=nothing&collect[]=no_rows`);

      expect([...families.keys()].filter((name) => name.startsWith('pg_no'))).toEqual(['pg_nothing_d', 'pg_nothing_e']);
      expect(valueOf(families, 'pg_nothing_d', { l: '' })).toBe(5);
      expect(valueOf(families, 'pg_nothing_e', { l: '' })).toBe(1);
      expect(valueOf(families, 'walguard_collector_rows', { collector: 'no_rows' })).toBe(0);
      expect(dropsOf(families, 'nothing')).toEqual({});
    });

    it('keeps every character of a label and every digit of a number', async () => {
      const { families } = await scrape(`${walguard.url}/metrics?collect[]=labels`);

      const rawOf = (name: string) => samplesOf(families, `pg_labels_${name}`).map(({ rawValue }) => rawValue);
      expect(samplesOf(families, 'pg_labels_big')[0]?.labels).toEqual({ l: 'back\\slash "quote"\nline \t tab é 🐘' });
      expect(['big', 'small', 'i', 'lsn', 't'].map(rawOf)).toEqual([
        ['9223372036854775807'],
        ['0.1'],
        ['86401.5'],
        ['4294967296'],
        ['981169506.789'],
      ]);
    });
  });

  it('that waits for a lock gives up soon, alone, whether its query is new to the server or not', async () => {
    await using walguard = await lab.startWith(lockPack, ['--scrape.connections=1', '--scrape.timeout=60s']);
    await using holder = await connectAs(lab.server);
    await holder.query('BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE');
    for (const count of [1, 2]) {
      const { families } = await scrape(`${walguard.url}/metrics`);
      expect(failuresOf(families, 'locked')).toEqual({ lock_timeout: count });
      expect(failuresOf(families, 'locked_too')).toEqual({ lock_timeout: count });
      expect(failedIn(families)).toEqual(['locked', 'locked_too']);
    }
    await holder.query('COMMIT');
    expect(failedIn((await scrape(`${walguard.url}/metrics`)).families)).toEqual([]);

    await holder.query('BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE');
    const { families } = await scrape(`${walguard.url}/metrics`);

    expect(failuresOf(families, 'locked')).toEqual({ lock_timeout: 3 });
    expect(failedIn(families)).toEqual(['locked', 'locked_too']);
    // Its own timeout is a minute.
    expect(valueOf(families, 'walguard_collector_duration_seconds', { collector: 'locked' })).toBeLessThan(10);
  });

  it('is served to a role without pg_monitor too: what it may not read fails for that, the rest is there', async () => {
    await lab.server.sql(`CREATE ROLE stranger LOGIN PASSWORD 'stranger'`);
    await using walguard = await startWalguard({
      dataSourceName: lab.server.url({ user: 'stranger', password: 'stranger' }),
    });

    await using monitor = await startWalguard({ dataSourceName: lab.monitorUrl });

    const { families } = await scrape(`${walguard.url}/metrics`);
    const seenByMonitor = (await scrape(`${monitor.url}/metrics`)).families;

    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(valueOf(families, 'pg_in_recovery')).toBe(0);
    expect(successOf(families, 'archiver')).toBe(1);
    expect(valueOf(families, 'pg_archiver_expected')).toBe(1);
    for (const name of ['pg_archiver_ready_segments', 'pg_archiver_up']) {
      expect([name, families.has(name), seenByMonitor.has(name)]).toEqual([name, false, true]);
    }
    expect(failedIn(families)).toContain('wal');
    for (const collector of failedIn(families)) {
      expect([collector, failuresOf(families, collector)]).toEqual([collector, { permission: 1 }]);
    }
  });
});

/** A session of the superuser's own, to hold locks in. */
async function connectAs(server: PostgresServer): Promise<Client & AsyncDisposable> {
  const client = new Client(server.url());
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}
