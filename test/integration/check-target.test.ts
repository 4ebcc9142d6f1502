import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { newestSharedServer, sharedServers } from '../support/shared-servers.ts';
import { rowsOf } from '../support/sql.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type Finished, runWalguard } from '../support/walguard.ts';

const OLDEST_AND_NEWEST = sharedServers().filter(({ major }) => major === 13 || major === 18);
/** A database of this file's own on each of these servers. */
const DATABASE = 'check_target';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

interface Finding {
  readonly severity: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly line?: number;
  readonly column?: number;
}

interface Report {
  readonly errors: number;
  readonly findings: readonly Finding[];
  readonly target?: {
    readonly name: string;
    readonly version?: string;
    readonly in_recovery?: boolean;
    readonly described: readonly string[];
    readonly left_out: readonly { readonly block: string; readonly reason: string }[];
  };
}

/** Checks a pack against the server that the environment names. */
async function check(text: string, dataSourceName: string, ...args: readonly string[]): Promise<Finished> {
  const path = await folder.write('pack.yaml', text);
  return await runWalguard(['check', '--target', ...args, path], { dataSourceName });
}

async function reportOf(text: string, dataSourceName: string): Promise<Report> {
  const { stdout, stderr } = await check(text, dataSourceName, '--json');
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Report;
}

/** Where a word stands, as `line:column`. */
function placeOf(text: string, word: string): string {
  const before = text.slice(0, text.indexOf(word)).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

function places({ findings }: Report): readonly string[] {
  return findings.map(({ code, line, column }) => `${code} ${line}:${column}`);
}

const metrics = 'metrics: [a: {usage: GAUGE, description: A.}]';

/** Queries in every style of YAML, each with a column of its own that is not there. */
const STYLES = `
pg_plain: {query: SELECT plain_x AS a, ${metrics}}
pg_plain_lines:
  query: SELECT 1 AS b,

      plain_lines_x AS a
  ${metrics}
pg_single:
  query: 'SELECT ''é😀'' AS b, single_x AS a'
  ${metrics}
pg_double:
  query: "SELECT \\"oid\\"::text\\n \\x41\\u0053 b, double_x AS a FROM pg_class"
  ${metrics}
pg_double_lines:
  query: "SELECT \\
     1 AS b,\\t

     double_lines_x AS a"
  ${metrics}
pg_literal:
  query: |
    -- 😀 é
    SELECT 1 AS b,
           literal_x AS a
  ${metrics}
pg_stripped:
  query: |-

      SELECT
        stripped_x AS a
  ${metrics}
pg_indented:
  query: &q |2+  # the next lines are indented further
       SELECT indented_x AS a

  ${metrics}
pg_folded: &folded
  query: >
    SELECT 1 AS b,

      'x' AS c,
    folded_x AS a
  ${metrics}
pg_alias:
  query: *q
  ${metrics}
pg_merged:
  <<: *folded
pg_predicate:
  query: SELECT 1 AS a
  predicate_queries:
    - {predicate_query: SELECT true}
    - predicate_query: SELECT predicate_x
  ${metrics}
`;
const WORDS = Array.from(STYLES.matchAll(/\w+_x\b/g), ([word]) => word);

describe.each(OLDEST_AND_NEWEST.map((server) => [server.major, server] as const))(
  'walguard check --target with PostgreSQL %i',
  (major, { monitorUrl, superuserUrl }) => {
    const ownUrl = new URL(`/${DATABASE}`, monitorUrl).href;
    const ownSuperuserUrl = new URL(`/${DATABASE}`, superuserUrl).href;

    beforeAll(async () => {
      await rowsOf(superuserUrl, `CREATE DATABASE ${DATABASE}`);
      await rowsOf(superuserUrl, `ALTER DATABASE ${DATABASE} SET track_functions = 'all'`);
      await rowsOf(
        ownSuperuserUrl,
        `CREATE SEQUENCE tickets;
         GRANT USAGE ON SEQUENCE tickets TO walguard;
         CREATE FUNCTION note() RETURNS int LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0); RETURN 1; END';
         CREATE TYPE mood AS ENUM ('calm')`,
      );
    });
    afterAll(() => rowsOf(superuserUrl, `DROP DATABASE ${DATABASE} WITH (FORCE)`));

    it('reports an error on the word in the YAML, however the query is written', async () => {
      const report = await reportOf(STYLES, monitorUrl);

      expect(report.errors).toBe(WORDS.length);
      const told = report.findings
        .filter(({ severity }) => severity === 'error')
        .map(({ code, message, line, column }) => `${code} ${/"(\w+)"/.exec(message)?.[1]} ${line}:${column}`);
      expect(told).toEqual(WORDS.map((word) => `QUERY_OBJECT_MISSING ${word} ${placeOf(STYLES, word)}`));
    });

    it('reports an error at the end of a query after its last word', async () => {
      const text = `pg_a:\n  query: |\n    SELECT a FROM (SELECT 1 AS a\n\n  ${metrics}\n`;
      expect(places(await reportOf(text, monitorUrl))).toEqual(['QUERY_FAILED 3:33']);
    });

    it('finds the word in a database of SQL_ASCII too, where the server counts bytes', async () => {
      await rowsOf(
        superuserUrl,
        "CREATE DATABASE check_bytes ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
      );
      const text = `pg_a:\n  query: SELECT 'é😀é' AS x, bytes_x AS a\n  ${metrics}\n`;
      const report = await reportOf(text, new URL('/check_bytes', monitorUrl).href);
      await rowsOf(superuserUrl, 'DROP DATABASE check_bytes');
      expect(places(report)).toEqual([`QUERY_OBJECT_MISSING ${placeOf(text, 'bytes_x')}`]);
    });

    it('runs no query: neither one that takes an hour, nor one that leaves something behind', async () => {
      const calls = "SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname = 'note'";
      const pack = `
pg_slow: {query: SELECT pg_sleep(3600)::text::int AS a, ${metrics}}
pg_ticket: {query: SELECT nextval('tickets') AS a, predicate_query: SELECT nextval('tickets') > 0, ${metrics}}
pg_note: {query: SELECT note() AS a, predicate_query: SELECT note() > 0, ${metrics}}
`;
      const { code, stdout } = await check(pack, ownUrl);

      expect(stdout).toContain('3 blocks described, none run; 0 left out');
      expect(code).toBe(0);
      expect(await rowsOf(ownSuperuserUrl, 'SELECT last_value, is_called FROM tickets')).toEqual([['1', 'f']]);
      // Were the function called, its statistics would tell: they do so of this call, and of this one alone.
      await rowsOf(ownSuperuserUrl, 'SELECT note()');
      await waitFor(
        'the call to be counted',
        async () => (await rowsOf(ownSuperuserUrl, calls))[0]?.[0] !== '0',
        10_000,
      );
      expect(await rowsOf(ownSuperuserUrl, calls)).toEqual([['1']]);
    });

    it('compares what a query returns with what its block declares', async () => {
      const gauge = '{usage: GAUGE, description: X.}';
      const pack = `
pg_strict:
  prefix: pg_strict
  query: SELECT 1 AS one, 2 AS Two, 3 AS three
  metrics:
    - one: ${gauge}
    - tow: ${gauge}
pg_lax:
  ttl: 1
  query: SELECT 1 AS one, 2 AS more
  metrics:
    - one: ${gauge}
    - gone: ${gauge}
pg_none:
  query: SELECT 'x' AS name
  metrics:
    - name: {usage: LABEL}
    - gone: ${gauge}
pg_late:
  query: SELECT 1 AS one
  metrics:
    - one: ${gauge}
    - later: {usage: GAUGE, description: X., pg_version: ">=30"}
pg_answer: {query: SELECT 9 AS one, predicate_query: SELECT 1, metrics: [one: ${gauge}]}
`;
      const { findings } = await reportOf(pack, monitorUrl);

      expect(findings.map(({ severity, code, message, line }) => `${line} ${severity} ${code} ${message}`)).toEqual([
        '5 warning CHECK_NOT_DECLARED the query of pg_strict returns what is not declared, and so not used: two, three',
        '7 error QUERY_BAD_RESULT the query of pg_strict returns no column tow, but one, two, three',
        '11 warning CHECK_NOT_DECLARED the query of pg_lax returns what is not declared, and so not used: more',
        '13 warning CHECK_NOT_RETURNED the query of pg_lax returns no column gone, but one, more',
        '18 error QUERY_BAD_RESULT the query of pg_none returns no column gone, but name',
        '24 error QUERY_BAD_RESULT a predicate query of pg_answer does not return one boolean column',
      ]);
    });

    it('tells columns of types that give no number', async () => {
      const types = {
        good: "1, 1::bigint, 1.5, 1::oid, true, now(), now()::date, '1s'::interval, '0/0'::pg_lsn, '1'::money, '1'::xid",
        text: "'x', 'x'::name, 'x'::\"char\", 'x'::varchar",
        bad: "'{}'::jsonb, '{1}'::int[], '00:00'::time, ''::bytea, '::1'::inet, 'calm'::mood, 'pg_class'::regclass",
      };
      const listed = Object.entries(types).flatMap(([kind, text]) =>
        text.split(', ').map((expression, index) => [`${kind}_${index}`, expression] as const),
      );
      const pack = `pg_t:
  query: SELECT ${listed.map(([name, expression]) => `${expression} AS ${name}`).join(', ')}, ARRAY[1] AS h, 1 AS h_bucket,
      1 AS h_sum, 1 AS h_count, '1m'::interval AS d, 'x' AS m
  metrics:
${listed.map(([name]) => `    - ${name}: {usage: GAUGE, description: X.}`).join('\n')}
    - h: {usage: HISTOGRAM, description: X.}
    - d: {usage: DURATION, description: X.}
    - m: {usage: MAPPEDMETRIC, description: X., metric_mapping: {x: 1}}
`;
      const { findings } = await reportOf(pack, ownUrl);

      const told = findings
        .filter(({ code }) => code === 'CHECK_TYPE')
        .map(({ message }) => message.replace('the column ', ''));
      expect(told).toMatchInlineSnapshot(`
        [
          "text_0 is a text, which gives a sample only where the text is a number, as GAUGE",
          "text_1 is a name, which gives a sample only where the text is a number, as GAUGE",
          "text_2 is a "char", which gives a sample only where the text is a number, as GAUGE",
          "text_3 is a character varying, which gives a sample only where the text is a number, as GAUGE",
          "bad_0 is a jsonb, which gives no sample as GAUGE",
          "bad_1 is an integer[], which gives no sample as GAUGE",
          "bad_2 is a time without time zone, which gives no sample as GAUGE",
          "bad_3 is a bytea, which gives no sample as GAUGE",
          "bad_4 is an inet, which gives no sample as GAUGE",
          "bad_5 is a public.mood, which gives no sample as GAUGE",
          "bad_6 is a regclass, which gives no sample as GAUGE",
          "h_bucket is an integer, which gives no sample as the bounds or counts of a HISTOGRAM",
          "d is an interval, which gives no sample as DURATION",
        ]
      `);
    });

    it('leaves out what does not suit the server, and says why', async () => {
      const block = (name: string, more: string): string => `${name}: {query: SELECT nowhere, ${more}, ${metrics}}\n`;
      const pack = [
        block('pg_version', 'runonserver: ">=30"'),
        block('pg_role', 'tags: [standby]'),
        block('pg_database', 'target_databases: [other]'),
        block('pg_user', 'tags: ["username:other"]'),
        block('pg_tag', 'tags: [gold]'),
        block('pg_extension', 'tags: ["extension:nowhere"]'),
        block('pg_schema', 'tags: ["schema:nowhere"]'),
        block('pg_pooler', 'tags: [pgbouncer]'),
        block('pg_skipped', 'skip: true'),
        `pg_here: {query: SELECT 1 AS a, tags: ["extension:plpgsql", "schema:public", primary], ${metrics}}\n`,
      ].join('');

      const { target, errors } = await reportOf(pack, monitorUrl);
      const tagged = await check(pack, monitorUrl, '--extend.tag=gold');

      expect(errors).toBe(0);
      expect(target?.version).toMatch(new RegExp(`^${major}\\.`));
      expect(target).toMatchObject({
        in_recovery: false,
        described: ['pg_here'],
      });
      expect(target?.left_out.map(({ block: name, reason }) => `${name} ${reason}`)).toEqual([
        'pg_skipped skip',
        'pg_version version',
        'pg_role role',
        'pg_database database',
        'pg_user user',
        'pg_tag tag',
        'pg_extension extension',
        'pg_schema schema',
        'pg_pooler pgbouncer',
      ]);
      expect(tagged.code).toBe(1);
      expect(tagged.stdout).toContain(' 2 blocks described, none run; 8 left out\n');
      expect(tagged.stdout).toContain('\n  for its extension: pg_extension\n');
    });
  },
);

describe('walguard check --target', () => {
  it.each(sharedServers().map((server) => [server.major, server] as const))(
    'has nothing against the packs that come with walguard on PostgreSQL %i',
    async (_major, { monitorUrl }) => {
      const { code, stdout, stderr } = await runWalguard(['check', '--target', '--json'], {
        dataSourceName: new URL('/shop', monitorUrl).href,
      });

      const { findings, target } = JSON.parse(stdout) as Report;
      const compatible = /^CHECK_(COUNTER_NAME|RESERVED_NAME|NAME_STYLE)$/;
      expect(findings.filter(({ code: found }) => !compatible.test(found))).toEqual([]);
      expect(new Set(target?.left_out.map(({ reason }) => reason))).toEqual(new Set(['version', 'role', 'pgbouncer']));
      expect(target?.described.length).toBeGreaterThan(50);
      expect(stderr).toBe('');
      expect(code).toBe(0);
    },
  );

  it('tells what the server says of what a predicate query asks for as a warning', async () => {
    const pack = `pg_a: {query: SELECT 1 AS a FROM nowhere, predicate_query: SELECT false, ${metrics}}\n`;
    const { code, stdout } = await check(pack, newestSharedServer().monitorUrl);
    expect(stdout).toContain('warning: QUERY_OBJECT_MISSING: ');
    expect(code).toBe(0);
  });

  it('reports a server that refuses the login beside what it finds itself, without a secret', async () => {
    const url = new URL(newestSharedServer().monitorUrl);
    url.password = 'planted-secret';
    const path = await folder.write('own.yaml', `pg_a: {query: SELECT 1 AS a; SELECT 2 AS b, ${metrics}}\n`);

    const { code, stdout, stderr } = await runWalguard(['check', `--target=${url.href}`, path]);

    expect(code).toBe(1);
    expect(stdout).toMatch(/^error: TARGET_AUTHENTICATION: /m);
    expect(stdout).toMatch(/own\.yaml:1:30: error: QUERY_NOT_ONE_STATEMENT: /);
    expect(stdout).toContain(': nothing was described\n');
    expect(stdout + stderr).not.toContain('planted-secret');
  });

  it('takes a password from the environment for a server on the command line', async () => {
    const url = new URL(newestSharedServer().monitorUrl);
    const { password } = url;
    url.password = '';
    const path = await folder.write('own.yaml', `pg_a: {query: SELECT 1 AS a, ${metrics}}\n`);

    const { code, stdout } = await runWalguard(['check', `--target=${url.href}`, path], {
      dataSourceName: 'host=127.0.0.1 port=1',
      env: { DATA_SOURCE_PASS: password },
    });

    expect(stdout).toContain(' 1 block described, none run; 0 left out');
    expect(code).toBe(0);
  });

  it('takes the server and the tags from the configuration file', async () => {
    const pack = await folder.write('own.yaml', `pg_a: {query: SELECT 1 AS a, tags: [gold], ${metrics}}\n`);
    const config = await folder.write(
      'walguard.yml',
      `data_source: {name: "${newestSharedServer().monitorUrl}"}\nextend: {tag: gold}\n`,
    );

    const { code, stdout } = await runWalguard(['check', '--target', `--config.file=${config}`, pack]);

    expect(stdout).toContain(' 1 block described, none run; 0 left out');
    expect(code).toBe(0);
  });

  it('exits with 2 without a server, and for a connection string it cannot read, which it does not repeat', async () => {
    const missing = await runWalguard(['check', '--target']);
    const wrong = await runWalguard(['check', '--target=postgresql://u:planted%zz@h/db']);

    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toMatch(/^TARGET_MISSING: /);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/^TARGET_BAD_DSN: /);
    expect(wrong.stderr).not.toContain('planted');
  });
});
