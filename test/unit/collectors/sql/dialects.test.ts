import { describe, expect, it } from 'vitest';
import { loadPack, type PackCollector } from '../../../../src/collectors/sql/load-pack.ts';
import type { QueryStep } from '../../../../src/core/collector.ts';
import type { TargetFacts } from '../../../../src/core/facts.ts';
import { factsOf } from '../../support/facts.ts';
import { errorsOf } from '../../support/problems.ts';
import { feed, linesOf, type TestColumn } from '../../support/samples.ts';

const METRICS = 'metrics: [n: {usage: GAUGE}]';

function load(text: string, ownTags: readonly string[] = []): readonly PackCollector[] {
  return loadPack('pack.yaml', text, { ownTags: new Set(ownTags) });
}

/** What a block with these keys does on a server: its step, or why it is skipped. */
function chosen(
  keys: string,
  facts: Partial<TargetFacts> = {},
  ownTags: readonly string[] = [],
): QueryStep | string | undefined {
  const [collector] = load(`x: {${keys}, query: SELECT 1, ${METRICS}}\n`, ownTags);
  const step = collector?.choose(factsOf(facts));
  if (typeof step === 'object' && step.kind !== 'query') throw new Error('a pack has queries only');
  return step;
}

function outcomeOf(keys: string, facts: Partial<TargetFacts> = {}, ownTags: readonly string[] = []): unknown {
  const step = chosen(keys, facts, ownTags);
  return typeof step === 'object' ? 'runs' : step;
}

/** The lines that a block gives from a result. */
function lines(block: string, columns: readonly TestColumn[], rows: readonly (readonly (string | null)[])[]) {
  const step = load(`pg_x: {query: SELECT 1, ${block}}\n`)[0]?.choose(factsOf({}));
  if (typeof step !== 'object' || step.kind !== 'query') throw new Error('there is no query');
  const sink = feed(step.open, columns, rows);
  return { remarks: sink.remarks().map(({ kind, column }) => `${kind} ${column}`), lines: linesOf(sink) };
}

describe('the key', () => {
  const standby = { inRecovery: true };
  it.each([
    ['primary: true', {}, 'runs'],
    ['primary: true', standby, 'role'],
    ['primary: yes', standby, 'role'],
    ['primary: false', standby, 'runs'],
    ['tags: [primary]', standby, 'role'],
    ['tags: [master]', standby, 'role'],
    ['tags: [leader]', standby, 'role'],
    ['tags: [replica]', {}, 'role'],
    ['tags: [slave]', {}, 'role'],
    ['tags: [standby]', standby, 'runs'],
    ['tags: [cluster]', standby, 'runs'],
    ['tags: [pgbouncer]', {}, 'pgbouncer'],
    ['tags: ["dbname:shop"]', {}, 'database'],
    ['tags: ["dbname:shop"]', { database: 'shop' }, 'runs'],
    ['tags: ["dbname:a", "dbname:shop"]', { database: 'shop' }, 'runs'],
    ['tags: ["dbname:sh*"]', { database: 'shop' }, 'database'],
    ['target_databases: [shop]', {}, 'database'],
    ['target_databases: ["sh*"]', { database: 'shop' }, 'runs'],
    ['target_databases: ["*"]', { database: 'shop' }, 'runs'],
    ['target_databases: ["[a-r]*", "sho?"]', { database: 'shop' }, 'runs'],
    ['target_databases: "*"', { database: 'shop' }, 'runs'],
    ['tags: ["username:other"]', {}, 'user'],
    ['tags: ["username:walguard"]', {}, 'runs'],
    ['runonserver: ">=18.0.0"', {}, 'version'],
    ['runonserver: ""', {}, 'runs'],
    ['min_version: 180000', {}, 'version'],
    ['min_version: "180000"', {}, 'version'],
    ['min_version: 090400', {}, 'runs'],
    ['min_version: 0', {}, 'runs'],
    ['max_version: 0', {}, 'runs'],
    ['max_version: 170000', {}, 'version'],
  ])('%s on %j gives: %s', (keys, facts, expected) => {
    expect(outcomeOf(keys, facts)).toBe(expected);
  });

  it.each([
    ['tags: [gold]', [], 'tag'],
    ['tags: [gold]', ['gold'], 'runs'],
    ['tags: [gold, blue]', ['gold'], 'tag'],
    ['tags: ["not:gold"]', ['gold'], 'tag'],
    ['tags: ["not:gold"]', [], 'runs'],
  ])('%s on a walguard tagged %j gives: %s', (keys, ownTags, expected) => {
    expect(outcomeOf(keys, {}, ownTags)).toBe(expected);
  });

  it.each([
    ['master: true', 'runs'],
    ['master: true, cache_seconds: 30', 'runs'],
    ['master: true, predicate_query: SELECT true', 'role'],
    ['master: true, target_databases: ["*"]', 'role'],
  ])('master is the role only among keys of CloudNativePG: %s gives on a standby: %s', (keys, expected) => {
    expect(outcomeOf(keys, standby)).toBe(expected);
  });

  it('master follows the file where its block does not tell', () => {
    const pack = (other: string): string =>
      `a: {master: true, query: SELECT 1, ${METRICS}}\nb: {${other}, query: SELECT 1, ${METRICS}}\n`;
    const onStandby = (text: string): unknown => load(text)[0]?.choose(factsOf(standby));
    expect(onStandby(pack('predicate_query: SELECT true'))).toBe('role');
    expect(onStandby(pack('ttl: 10'))).toMatchObject({ kind: 'query' });
  });

  it.each([
    ['timeout: 0.25', { timeoutMs: 250 }],
    ['timeout: "2"', { timeoutMs: 2_000 }],
    ['timeout: 0', { timeoutMs: 1_000 }],
    ['timeout: -1', { timeoutMs: Infinity }],
    ['ttl: 10', { ttlMs: 10_000 }],
    ['ttl: "2.5"', { ttlMs: 2_500 }],
    ['cache_seconds: 30', { ttlMs: 30_000 }],
    ['priority: 7', { priority: 7 }],
    ['fatal: true', { fatal: true }],
  ])('%s is taken up', (keys, expected) => {
    expect(chosen(keys)).toMatchObject(expected);
  });

  it('predicate_query, predicate_queries and the tags extension: and schema: are asked in order', () => {
    const keys =
      'predicate_query: SELECT a, predicate_queries: [{name: B, predicate_query: SELECT b, ttl: 5}, {predicate_query: SELECT c}]';
    expect(chosen(`${keys}, tags: ["schema:it's", "extension:x"]`)).toMatchObject({
      predicates: [
        {
          sql: "SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'x')",
          ttlMs: 60_000,
          reason: 'extension',
        },
        {
          sql: "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'it''s')",
          ttlMs: 60_000,
          reason: 'schema',
        },
        { sql: 'SELECT a', ttlMs: 0, reason: 'predicate' },
        { sql: 'SELECT b', ttlMs: 5_000, reason: 'predicate' },
        { sql: 'SELECT c', ttlMs: 0, reason: 'predicate' },
      ],
    });
  });

  it('skip leaves the block out, also of its collector', () => {
    const text = `a: {skip: true, query: SELECT 1, ${METRICS}}\nb: {name: c, skip: yes, query: SELECT 1, ${METRICS}}\nc: {query: SELECT 2, ${METRICS}}\n`;
    const collectors = load(text);
    expect(collectors.map(({ name }) => name)).toEqual(['c']);
    expect(collectors[0]?.choose(factsOf({}))).toMatchObject({ sql: 'SELECT 2' });
  });

  it.each([
    ['ttl: 1, cache_seconds: 1', 'cache_seconds'],
    ['ttl: -1', 'ttl'],
    ['priority: 1000', 'priority'],
    ['fatal: perhaps', 'fatal'],
    ['predicate_queries: [{query: SELECT 1}]', 'predicate_query'],
    ['metrics: [m: {usage: GAUGE, bucket: [1]}]', 'bucket'],
    ['metrics: [m: {usage: GAUGE, metric_mapping: {a: 1}}]', 'metric_mapping'],
    ['metrics: [m: {usage: HISTOGRAM, bucket: []}]', 'bucket'],
    ['metrics: [m: {usage: HISTOGRAM, bucket: [1, 1]}]', 'bucket'],
    ['metrics: [m: {usage: HISTOGRAM, bucket: [1, .inf]}]', 'bucket'],
    ['metrics: [le: {usage: LABEL}, m: {usage: HISTOGRAM}]', 'le'],
    ['metrics: [m: {usage: HISTOGRAM}, m_sum: {usage: GAUGE}]', 'x_m_sum'],
  ])('%s is refused for %s', (keys, culprit) => {
    const metrics = keys.includes('metrics:') ? '' : `, ${METRICS}`;
    const [error] = errorsOf(() => load(`x: {query: SELECT 1, ${keys}${metrics}}\n`));
    expect(error?.message).toContain(culprit);
    expect(error?.where).toMatchObject({ file: 'pack.yaml', line: 1 });
  });
});

describe('blocks of one name', () => {
  const block = (keys: string, metric: string): string =>
    `{name: pg_t, ${keys}, query: SELECT 1, metrics: [${metric}: {usage: GAUGE}]}`;

  it('that meet on a server and share no family are collectors of their own', () => {
    const text = `a13: ${block('max_version: 140000', 'x')}\nb: ${block('ttl: 1', 'y')}\na14: ${block('min_version: 140000', 'x')}\n`;
    expect(load(text).map(({ name, families }) => [name, families.map((family) => family.name)])).toEqual([
      ['t', ['pg_t_x']],
      ['b', ['pg_t_y']],
    ]);
  });

  it('that meet on a server and share a family are a problem', () => {
    const text = `a: ${block('ttl: 1', 'x')}\nb: ${block('ttl: 1', 'x')}\n`;
    expect(errorsOf(() => load(text)).map(({ code }) => code)).toEqual(['PACK_DUPLICATE_COLLECTOR']);
  });

  it.each([
    ['predicate_query: SELECT a', 'predicate_query: SELECT b'],
    ['predicate_queries: [{predicate_query: SELECT a}]', 'ttl: 1'],
    ['ttl: 1', 'tags: ["extension:x"]'],
  ])('that predicates choose among are collectors of their own, which share the family: %s and %s', (one, other) => {
    const [a, b, ...others] = load(`a: ${block(one, 'x')}\npg_b: ${block(other, 'x')}\n`);
    expect([a?.name, b?.name, others]).toEqual(['t', 'b', []]);
    expect(a?.families[0]?.name).toBe('pg_t_x');
    expect(b?.families[0]).toBe(a?.families[0]);
  });

  it('that predicates choose among may have branches each', () => {
    const predicated = (answer: string, bound: string): string =>
      block(`predicate_queries: [{predicate_query: SELECT ${answer}}], ${bound}`, 'x');
    const text = `a13: ${predicated('a', 'max_version: 140000')}\na14: ${predicated('a', 'min_version: 140000')}\nb13: ${predicated('b', 'max_version: 140000')}\nb14: ${predicated('b', 'min_version: 140000')}\n`;
    const collectors = load(text);
    expect(collectors.map(({ name }) => name)).toEqual(['t', 'b13']);
    for (const { choose } of collectors) {
      expect(choose(factsOf({ version: 130_000 }))).toMatchObject({ kind: 'query' });
      expect(choose(factsOf({ version: 180_000 }))).toMatchObject({ kind: 'query' });
    }
  });

  it('that predicates choose among must be of one mind about their families', () => {
    const text = `a: ${block('predicate_query: SELECT a', 'x')}\nb: {name: pg_t, predicate_query: SELECT b, query: SELECT 1, metrics: [x: {usage: COUNTER}]}\n`;
    expect(errorsOf(() => load(text)).map(({ code }) => code)).toEqual(['PACK_DUPLICATE_FAMILY']);
  });

  it.each([
    ['databases', 'tags: ["dbname:a"]', 'target_databases: [b]'],
    ['users', 'tags: ["username:a"]', 'tags: ["username:b"]'],
    ['tags', 'tags: [a]', 'tags: ["not:a"]'],
  ])('that ask for different %s do not meet', (_what, one, other) => {
    expect(load(`a: ${block(one, 'x')}\nb: ${block(other, 'x')}\n`)).toHaveLength(1);
  });
});

describe('a column that is not declared', () => {
  const result = [['n', 'more', 'word'], [['1', '2', 'a']]] as const;
  it.each([
    ['', ['pg_x_n 1', 'pg_x_more 2']],
    ['cache_seconds: 1, ', ['pg_x_n 1', 'pg_x_more 2']],
    ['ttl: 1, ', ['pg_x_n 1']],
    ['target_databases: [postgres], ', ['pg_x_n 1']],
  ])('follows the dialect of { %s... }', (keys, expected) => {
    const read = lines(`${keys}${METRICS}`, ...result);
    expect(read.lines).toEqual(expected);
    expect(read.remarks).toEqual(['not_declared more', 'not_declared word']);
  });

  it('is nothing, and nothing to speak of, in a dialect of walguard', () => {
    expect(lines(`prefix: pg_x, ${METRICS}`, ...result)).toEqual({ lines: ['pg_x_n 1'], remarks: [] });
  });
});

describe('a column that is not returned', () => {
  const metrics = 'metrics: [l: {usage: LABEL}, n: {usage: GAUGE}, m: {usage: GAUGE}]';

  it('is told, and the others are read', () => {
    const read = lines(metrics, ['m'], [['1']]);
    expect(read).toEqual({ lines: ['pg_x_m{l=""} 1'], remarks: ['not_returned l', 'not_returned n'] });
  });

  it('leaves what is not declared, in the dialect that makes metrics of it', () => {
    const read = lines(metrics, ['l', 'o'], [['a', '1']]);
    expect(read.lines).toEqual(['pg_x_o{l="a"} 1']);
    expect(read.remarks).toEqual(['not_returned n', 'not_returned m', 'not_declared o']);
    expect(() => lines(`ttl: 1, ${metrics}`, ['l', 'o'], [])).toThrow('returns no column n, m');
  });

  it('is a failure if no metric is left, or in a dialect of walguard', () => {
    expect(() => lines(metrics, ['l'], [])).toThrow('returns no column n, m');
    expect(() => lines(`enabled: true, ${metrics}`, ['m'], [])).toThrow('returns no column l, n');
  });
});

describe('a block of labels alone', () => {
  const metrics = 'metrics: [l: {usage: LABEL}]';

  it('gives what it does not declare, or nothing, and that is told', () => {
    const read = lines(metrics, ['l', 'n'], [['a', '1']]);
    expect(read).toEqual({ lines: ['pg_x_n{l="a"} 1'], remarks: ['no_metric pg_x', 'not_declared n'] });
    const ofCloudNativePg = lines(`predicate_query: SELECT true, ${metrics}`, ['l'], [['a']]);
    expect(ofCloudNativePg).toEqual({ lines: [], remarks: ['no_metric pg_x'] });
  });

  it.each(['ttl: 1', 'prefix: pg_x'])('is refused with { %s... }', (keys) => {
    expect(errorsOf(() => load(`x: {${keys}, query: SELECT 1, ${metrics}}\n`)).map(({ code }) => code)).toEqual([
      'CONFIG_MISSING_KEY',
    ]);
  });
});

describe('a column', () => {
  it.each([
    ['N: {usage: GAUGE}', 'n', 'pg_x_N 1'],
    ['\'"N"\': {usage: GAUGE}', 'N', 'pg_x_N 1'],
    ['n: {usage: GAUGE, name: m}', 'n', 'pg_x_m 1'],
    ['n: {usage: GAUGE, name: m, scale: "1e3"}', 'm', 'pg_x_m 1000'],
    ['n: {usage: GAUGE, rename: o, name: m, default: "0"}', 'm', 'pg_x_o 1'],
    ['n: {usage: Counter, rename: o}', 'n', 'pg_x_o 1'],
  ])('%s is read from %s as %s', (metric, column, expected) => {
    expect(lines(`metrics: [${metric}]`, [column], [['1']]).lines).toEqual([expected]);
  });

  it('that differs from another in capitals only is found by its exact name', () => {
    expect(lines('metrics: [n: {usage: GAUGE}]', ['N', 'n'], [['1', '2']]).lines).toContain('pg_x_n 2');
  });

  it('that comes several times is the last of them, and that is told', () => {
    const read = lines(
      'metrics: [l: {usage: LABEL}, n: {usage: GAUGE}]',
      ['l', 'n', 'o', 'l', 'n', 'o'],
      [['1', '2', '3', '4', '5', '6']],
    );
    expect(read.lines).toEqual(['pg_x_n{l="4"} 5', 'pg_x_o{l="4"} 6']);
    expect(read.remarks).toEqual(['repeated l', 'repeated n', 'repeated o', 'not_declared o']);
  });

  it.each([
    ['infinity', 'infinity'],
    ['-infinity', '-infinity'],
    ['1969-12-31 23:59:58.5+00', '-2'],
    ['1969-12-31 23:59:59+00', '-1'],
    ['1970-01-01 00:00:00.999999+00', '0'],
  ])('that is a label of the moment %s is %j, as the other exporters have it', (moment, expected) => {
    const read = lines('metrics: [t: {usage: LABEL}, n: {usage: GAUGE}]', [['t', 1184], 'n'], [[moment, '1']]);
    expect(read.lines).toEqual([`pg_x_n{t="${expected}"} 1`]);
  });

  it('that is a label has booleans in words and moments in seconds, as the other exporters do', () => {
    const block = 'metrics: [b: {usage: LABEL}, t: {usage: LABEL}, n: {usage: GAUGE}]';
    const columns: readonly TestColumn[] = [['b', 16], ['t', 1184], 'n'];
    const row = ['t', '2024-01-01 00:00:00.5+00', '1'];
    expect(lines(block, columns, [row]).lines).toEqual(['pg_x_n{b="true",t="1704067200"} 1']);
    expect(lines(`prefix: pg_x, ${block}`, columns, [row]).lines).toEqual([
      'pg_x_n{b="t",t="2024-01-01 00:00:00.5+00"} 1',
    ]);
  });
});
