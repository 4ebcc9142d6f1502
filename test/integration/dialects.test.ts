import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { samplesOf, scrape, valueOf } from '../support/http.ts';
import { dropsOf, failuresOf, successOf } from '../support/outcomes.ts';
import { type PackLab, startPackLab } from '../support/pack-lab.ts';
import { startRecordingProxy } from '../support/recording-proxy.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard } from '../support/walguard.ts';

const NOW = 'extract(epoch FROM clock_timestamp())';

const cachePack = `
pg_kept: {query: SELECT ${NOW} AS t, ttl: 300, metrics: [t: {usage: GAUGE}]}
pg_kept_seconds: {query: SELECT ${NOW} AS t, cache_seconds: 300, metrics: [t: {usage: GAUGE}]}
pg_short: {query: SELECT ${NOW} AS t, ttl: 0.5, metrics: [t: {usage: GAUGE}]}
pg_fresh: {query: SELECT ${NOW} AS t, metrics: [t: {usage: GAUGE}]}
pg_late: {query: SELECT 1 AS a FROM late, ttl: 300, metrics: [a: {usage: GAUGE}]}
`;

const predicatePack = `
pg_yes: {predicate_query: SELECT true, query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_no: {predicate_query: SELECT false, query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_null: {predicate_query: "SELECT NULL::boolean", query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_no_row: {predicate_query: SELECT true WHERE false, query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_guarded: {predicate_query: SELECT to_regclass('nowhere') IS NOT NULL, query: SELECT a FROM nowhere, metrics: [a: {usage: GAUGE}]}
pg_two_rows: {predicate_query: "VALUES (true), (true)", query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_no_boolean: {predicate_query: SELECT 1, query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_broken: {predicate_query: SELECT 1/0 = 1, query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_writes: {predicate_query: "COMMIT; INSERT INTO flag VALUES (true)", query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_all_of:
  predicate_queries:
    - {name: first, predicate_query: SELECT false}
    - {name: never asked, predicate_query: SELECT 1/0 = 1}
  query: SELECT 1 AS a
  metrics: [a: {usage: GAUGE}]
pg_follows: {predicate_query: SELECT bool_or(up) FROM flag, query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_holds:
  predicate_queries: [{predicate_query: SELECT bool_or(up) AS held FROM flag, ttl: 300}]
  query: SELECT 1 AS a
  metrics: [a: {usage: GAUGE}]
pg_extended: {tags: ["extension:plpgsql"], query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_unextended: {tags: ["extension:none"], query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_schema: {tags: ["schema:public"], query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_no_schema: {tags: ["schema:none"], query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_here: {target_databases: ["post*"], query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_there: {target_databases: [shop], query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_dbname: {tags: ["dbname:shop"], query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_me: {tags: ["username:walguard"], query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_them: {tags: ["username:postgres"], query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_gold: {tags: [gold], query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_blue: {tags: [blue], query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}
pg_bouncer: {tags: [pgbouncer], query: SHOW LISTS, metrics: [a: {usage: GAUGE}]}
`;

/** One name, chosen at each scrape; `both` gives on either side what the other gives too. */
const choicePack = `
pg_kind_old:
  name: pg_kind
  predicate_queries: [{name: old, predicate_query: SELECT NOT bool_or(up) FROM flag}]
  query: "SELECT v AS which, 1 AS a FROM unnest(ARRAY['both', 'old']) v"
  metrics: [which: {usage: LABEL}, a: {usage: GAUGE}]
pg_kind_new:
  name: pg_kind
  predicate_queries: [{name: new, predicate_query: SELECT bool_or(fresh) FROM flag}]
  query: "SELECT v AS which, 2 AS a FROM unnest(ARRAY['new', 'both']) v"
  metrics: [which: {usage: LABEL}, a: {usage: GAUGE}]
`;

const orderPack = `
pg_last: {priority: 900, query: SELECT ${NOW} AS t, metrics: [t: {usage: GAUGE}]}
pg_usual: {query: SELECT ${NOW} AS t, metrics: [t: {usage: GAUGE}]}
pg_first: {priority: 1, query: SELECT ${NOW} AS t, metrics: [t: {usage: GAUGE}]}
pg_slow: {timeout: -1, query: "SELECT 1 AS a FROM pg_sleep(1.2)", metrics: [a: {usage: GAUGE}]}
pg_slow_too: {query: "SELECT 1 AS a FROM pg_sleep(1.2)", metrics: [a: {usage: GAUGE}]}
`;

describe('the keys of the dialects', () => {
  let lab: PackLab;

  beforeAll(async () => {
    lab = await startPackLab();
    await lab.server.sql(
      'CREATE TABLE flag (up boolean, fresh boolean); INSERT INTO flag VALUES (false); GRANT ALL ON flag TO walguard',
    );
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  it('ttl and cache_seconds serve a result again, with the age it has', async () => {
    await using walguard = await lab.startWith(cachePack);
    const read = async (): Promise<(name: string) => number | undefined> => {
      const { families } = await scrape(`${walguard.url}/metrics`);
      return (name) =>
        valueOf(families, name) ??
        valueOf(families, 'walguard_collector_last_success_timestamp_seconds', { collector: name });
    };
    const first = await read();
    const second = await read();
    for (const name of ['pg_kept_t', 'pg_kept_seconds_t', 'kept']) {
      expect(first(name)).toBeGreaterThan(1e9);
      expect([name, second(name)]).toEqual([name, first(name)]);
    }
    for (const name of ['pg_fresh_t', 'fresh']) expect(second(name)).toBeGreaterThan(first(name) ?? Infinity);
    await waitFor('the short ttl to end', async () => (await read())('pg_short_t') !== first('pg_short_t'));
    expect((await read())('pg_kept_t')).toBe(first('pg_kept_t'));
  });

  it('ttl does not outlive a restart of the server', async () => {
    await using walguard = await lab.startWith(cachePack);
    const before = valueOf((await scrape(`${walguard.url}/metrics`)).families, 'pg_kept_t') ?? Infinity;
    await lab.server.stop();
    await lab.server.start();
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(families, 'pg_kept_t')).toBeGreaterThan(before);
  });

  it('ttl does not keep a failure', async () => {
    await using walguard = await lab.startWith(cachePack);
    const before = (await scrape(`${walguard.url}/metrics`)).families;
    await lab.server.sql('CREATE TABLE late (b int); INSERT INTO late VALUES (1); GRANT SELECT ON late TO walguard');
    const after = (await scrape(`${walguard.url}/metrics`)).families;
    expect([successOf(before, 'late'), successOf(after, 'late'), valueOf(after, 'pg_late_a')]).toEqual([0, 1, 1]);
  });

  it('predicates, tags and target_databases decide whether a query runs, and say why not', async () => {
    await using walguard = await lab.startWith(predicatePack, ['--extend.tag=gold']);
    const { families } = await scrape(`${walguard.url}/metrics`);
    const skipped: Readonly<Record<string, string>> = Object.fromEntries(
      samplesOf(families, 'walguard_collector_skipped').map(
        ({ labels }) => [labels['collector'] ?? '', labels['reason'] ?? ''] as const,
      ),
    );
    for (const name of ['yes', 'extended', 'schema', 'here', 'me', 'gold'])
      expect([name, valueOf(families, `pg_${name}_a`)]).toEqual([name, 1]);
    expect(skipped).toMatchObject({
      no: 'predicate',
      null: 'predicate',
      no_row: 'predicate',
      guarded: 'predicate',
      all_of: 'predicate',
      follows: 'predicate',
      holds: 'predicate',
      unextended: 'extension',
      no_schema: 'schema',
      there: 'database',
      dbname: 'database',
      them: 'user',
      blue: 'tag',
      bouncer: 'pgbouncer',
    });
    for (const [name, reason] of [
      ['two_rows', 'bad_result'],
      ['no_boolean', 'bad_result'],
      ['broken', 'query_failed'],
      ['writes', 'query_failed'],
    ] as const)
      expect([name, failuresOf(families, name)]).toEqual([name, { [reason]: 1 }]);
    expect(await lab.server.sql('SELECT count(*) FROM flag')).toEqual([['1']]);
  });

  it('a predicate is asked in each scrape, or once in its ttl', async () => {
    await using walguard = await lab.startWith(predicatePack);
    await scrape(`${walguard.url}/metrics`);
    await lab.server.sql('UPDATE flag SET up = true');
    const { families } = await scrape(`${walguard.url}/metrics`);
    await lab.server.sql('UPDATE flag SET up = false');
    expect([valueOf(families, 'pg_follows_a'), valueOf(families, 'pg_holds_a')]).toEqual([1, undefined]);
  });

  it('blocks of one name that only predicates tell apart run as these say; what both give is there once', async () => {
    await using walguard = await lab.startWith(choicePack);
    const read = async (up: boolean, fresh: boolean) => {
      await lab.server.sql(`UPDATE flag SET up = ${up}, fresh = ${fresh}`);
      const { families, text } = await scrape(`${walguard.url}/metrics`);
      const series = samplesOf(families, 'pg_kind_a').map(({ labels, value }) => `${labels['which']} ${value}`);
      return { families, series, headers: text.match(/^# TYPE pg_kind_a /gm)?.length ?? 0 };
    };
    expect(await read(false, false)).toMatchObject({ series: ['both 1', 'old 1'], headers: 1 });
    const fresh = await read(true, true);
    expect(fresh).toMatchObject({ series: ['new 2', 'both 2'], headers: 1 });
    expect([successOf(fresh.families, 'kind'), successOf(fresh.families, 'kind_new')]).toEqual([undefined, 1]);
    expect(await read(true, false)).toMatchObject({ series: [], headers: 0 });
    const both = await read(false, true);
    expect(both).toMatchObject({ series: ['both 1', 'old 1', 'new 2'], headers: 1 });
    expect([dropsOf(both.families, 'kind'), dropsOf(both.families, 'kind_new')]).toEqual([{}, { duplicate: 1 }]);
    expect(await read(false, true)).toMatchObject({ series: ['both 1', 'old 1', 'new 2'] });
    expect(walguard.logLines.filter(({ column }) => column === 'pg_kind_a')).toMatchObject([{ collector: 'kind_new' }]);
  });

  it('predicates cost a warm scrape one turn more, and none while their answers hold', async () => {
    await using proxy = await startRecordingProxy({ port: lab.server.port });
    const dsn = lab.monitorUrl.replace(`:${lab.server.port}/`, `:${proxy.port}/`);
    const turnsWith = async (keys: string): Promise<number> => {
      const pack = `pg_a: {${keys}, query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}\n`;
      await using walguard = await lab.startWith(pack, ['--scrape.connections=1'], dsn);
      await scrape(`${walguard.url}/metrics`);
      await scrape(`${walguard.url}/metrics`);
      proxy.reset();
      await scrape(`${walguard.url}/metrics`);
      return proxy.turns;
    };
    expect(await turnsWith('ttl: 0')).toBe(1);
    expect(await turnsWith('tags: ["schema:public"]')).toBe(1);
    expect(await turnsWith('predicate_query: SELECT true')).toBe(2);
  });

  it('fatal makes the server count as down when the collector fails, and costs the page nothing else', async () => {
    const pack = (query: string): string =>
      `pg_vital: {fatal: true, query: ${query}, metrics: [a: {usage: GAUGE}]}\npg_other: {query: SELECT 2 AS a, metrics: [a: {usage: GAUGE}]}\n`;
    for (const [query, up] of [
      ['SELECT 1/0 AS a', 0],
      ['SELECT 1 AS a', 1],
    ] as const) {
      await using walguard = await lab.startWith(pack(query));
      const { families } = await scrape(`${walguard.url}/metrics`);
      expect([query, valueOf(families, 'pg_up'), valueOf(families, 'pg_other_a')]).toEqual([query, up, 2]);
    }
  });

  it('priority is the order of queries, and a negative timeout is none', async () => {
    await using walguard = await lab.startWith(orderPack, ['--scrape.connections=1']);
    const { families } = await scrape(`${walguard.url}/metrics`);
    const moments = ['pg_first_t', 'pg_usual_t', 'pg_last_t'].map((name) => valueOf(families, name) ?? 0);
    expect(moments).toEqual(moments.toSorted((a, b) => a - b));
    expect(moments[0]).toBeGreaterThan(0);
    expect([valueOf(families, 'pg_slow_a'), failuresOf(families, 'slow_too')]).toEqual([1, { timeout: 1 }]);
  });

  it('a family of walguard that a pack declares is the one of the pack, and the rest of its collector stays', async () => {
    const pack = `
pg_stat_archiver:
  query: SELECT 'mine' AS whose, 7 AS failed_count
  metrics: [whose: {usage: LABEL}, failed_count: {usage: GAUGE}]
`;
    await using walguard = await lab.startWith(pack);
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(samplesOf(families, 'pg_stat_archiver_failed_count').map(({ labels }) => labels)).toEqual([
      { whose: 'mine' },
    ]);
    expect(valueOf(families, 'pg_stat_archiver_archived_count')).toBe(0);
    expect([successOf(families, 'stat_archiver'), successOf(families, 'pg_stat_archiver')]).toEqual([1, 1]);
    const said = walguard.logLines.find(({ msg }) => msg === 'families are taken from a pack instead');
    expect(said).toMatchObject({ collector: 'stat_archiver', families: ['pg_stat_archiver_failed_count'] });
  });

  it('extend.query-path takes directories and patterns, in the order of names', async () => {
    const block = (name: string): string => `pg_${name}: {query: SELECT 1 AS a, metrics: [a: {usage: GAUGE}]}\n`;
    await using packs = await temporaryFolder();
    await packs.write('20-b.yml', block('b'));
    await packs.write('10-a.yaml', block('a'));
    await packs.write('00-words.yml', '# nothing but words\n');
    await packs.write('notes.txt', 'no pack');
    for (const path of [packs.path, `${packs.path}/[0-9]*.y*ml`, `${packs.path}/*0-?.y*ml`]) {
      await using walguard = await startWalguard({
        dataSourceName: lab.monitorUrl,
        args: [`--extend.query-path=${path}`],
      });
      const { families } = await scrape(`${walguard.url}/metrics`);
      expect([path, valueOf(families, 'pg_a_a'), valueOf(families, 'pg_b_a')]).toEqual([path, 1, 1]);
    }
  });
});
