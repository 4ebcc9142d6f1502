import { describe, expect, it } from 'vitest';

import { loadPack } from '../../../../src/collectors/sql/load-pack.ts';
import type { ConsoleFacts } from '../../../../src/core/facts.ts';
import { factsOf } from '../../support/facts.ts';
import { problemsOf } from '../../support/problems.ts';
import { feed, linesOf, type TestColumn } from '../../support/samples.ts';

const console: ConsoleFacts = { version: 11_800, user: 'stats' };

function outcomesOf(keys: string, facts: ConsoleFacts = console): readonly unknown[] {
  const [collector] = loadPack('pack.yaml', `pg_x: {query: SHOW POOLS, ${keys}, metrics: [{a: {usage: GAUGE}}]}\n`);
  const steps = [collector?.choose(factsOf({})), collector?.chooseOnConsole?.(facts)];
  return steps.map((step) => (typeof step === 'object' ? 'runs' : step));
}

/** What a block for the console gives from a result. */
function give(
  block: string,
  columns: readonly TestColumn[],
  row: readonly (string | null)[],
): { readonly lines: readonly string[]; readonly remarks: readonly string[] } {
  const text = `pg_x: {query: SHOW POOLS, tags: [pgbouncer], ${block}}\n`;
  const step = loadPack('pack.yaml', text)[0]?.chooseOnConsole?.(console);
  if (typeof step !== 'object') throw new Error('there is no query');
  const sink = feed(step.open, columns, [row]);
  return { lines: linesOf(sink), remarks: sink.remarks().map(({ kind, column }) => `${kind} ${column}`) };
}

describe('a block of a pack', () => {
  it.each([
    ['tags: [pgbouncer]', 'pgbouncer', 'runs'],
    ['tags: [primary]', 'runs', 'pgbouncer'],
    ['tags: [pgbouncer], min_version: 10800', 'pgbouncer', 'runs'],
    ['tags: [pgbouncer], min_version: 11900', 'pgbouncer', 'version'],
    ['tags: [pgbouncer], max_version: 11800', 'pgbouncer', 'version'],
    ['tags: [pgbouncer], runonserver: ">=1.18 <1.19"', 'pgbouncer', 'runs'],
    ['tags: [pgbouncer], runonserver: ">=1.19"', 'pgbouncer', 'version'],
    ['tags: [pgbouncer, "username:stats"]', 'pgbouncer', 'runs'],
    ['tags: [pgbouncer, "username:walguard"]', 'pgbouncer', 'user'],
    ['tags: [pgbouncer, "dbname:pgbouncer"]', 'pgbouncer', 'runs'],
    ['tags: [pgbouncer, gold]', 'pgbouncer', 'tag'],
  ])('with %s: on a server %s, on a console of PgBouncer %s', (keys, onServer, onConsole) => {
    expect(outcomesOf(keys)).toEqual([onServer, onConsole]);
  });

  it('is chosen among those of its name by the version of PgBouncer', () => {
    const text = `
new: {name: pg_x, query: SHOW POOLS, tags: [pgbouncer], min_version: 12400, metrics: [{a: {usage: GAUGE}}]}
old: {name: pg_x, query: SHOW LISTS, tags: [pgbouncer], max_version: 12400, metrics: [{a: {usage: GAUGE}}]}
sql: {name: pg_x, query: SELECT 1 AS a, metrics: [{a: {usage: GAUGE}}]}
`;
    const [collector, ...others] = loadPack('pack.yaml', text);
    const sqlOf = (version: number): unknown => collector?.chooseOnConsole?.({ version, user: '' });

    expect(others).toEqual([]);
    expect(sqlOf(12_399)).toMatchObject({ sql: 'SHOW LISTS' });
    expect(sqlOf(12_400)).toMatchObject({ sql: 'SHOW POOLS' });
    expect(collector?.choose(factsOf({}))).toMatchObject({ sql: 'SELECT 1 AS a' });
  });

  it('for the console has no label of a database that is scraped beside others', () => {
    const text = 'pg_x: {query: SHOW POOLS, tags: [pgbouncer], metrics: [{a: {usage: GAUGE}}]}\n';
    const [collector] = loadPack('pack.yaml', text, { includesDatabases: true });
    expect(collector?.databases).toBeUndefined();
    expect(collector?.families.map(({ labelNames }) => labelNames)).toEqual([[]]);
  });

  it('for the console is an error beside one of the same name and family for the same PgBouncer', () => {
    const text = `
one: {name: pg_x, query: SHOW POOLS, tags: [pgbouncer], min_version: 12300, metrics: [{a: {usage: GAUGE}}]}
two: {name: pg_x, query: SHOW LISTS, tags: [pgbouncer], max_version: 12400, metrics: [{a: {usage: GAUGE}}]}
`;
    expect(problemsOf(() => loadPack('pack.yaml', text))).toContain('both apply to PgBouncer 1.23');
  });

  it('for the console has columns by the version of PgBouncer', () => {
    const metrics = 'metrics: [{a: {usage: GAUGE, pg_version: "<1.9"}}, {b: {usage: GAUGE, pg_version: ">=1.18"}}]';
    expect(give(metrics, ['a', 'b'], ['1', '2']).lines).toEqual(['pg_x_b 2']);
  });

  it("for the console, of walguard's own dialect, may lack columns and says nothing of it", () => {
    const metrics = 'prefix: pg_x, metrics: [{a: {usage: GAUGE}}, {later: {usage: GAUGE}}]';
    expect(give(metrics, ['a'], ['1'])).toEqual({ lines: ['pg_x_a 1'], remarks: [] });
    expect(() => give(metrics, ['other'], ['1'])).toThrow('returns no column a, later');
  });

  it('for the console, of another dialect, has missing columns told once as elsewhere', () => {
    const metrics = 'metrics: [{a: {usage: GAUGE, scale: 1}}, {later: {usage: GAUGE}}]';
    expect(give(metrics, ['a'], ['1'])).toEqual({ lines: ['pg_x_a 1'], remarks: ['not_returned later'] });
  });

  it('for the console gives no sample of an empty text', () => {
    const metrics = 'metrics: [{l: {usage: LABEL}}, {a: {usage: GAUGE}}, {b: {usage: GAUGE}}]';
    expect(give(metrics, ['l', 'a', 'b'], ['', '', '2'])).toEqual({ lines: ['pg_x_b{l=""} 2'], remarks: [] });
  });
});
