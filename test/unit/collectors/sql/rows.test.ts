import { describe, expect, it } from 'vitest';
import { loadPack } from '../../../../src/collectors/sql/load-pack.ts';
import type { TargetFacts } from '../../../../src/core/facts.ts';
import type { StepSink } from '../../../../src/scrape/sink.ts';
import { errorsOf, problemsOf } from '../../support/problems.ts';
import { factsOf } from '../../support/facts.ts';
import { feed, linesOf, type TestColumn } from '../../support/samples.ts';

const oids = { bool: 16, text: 25, float8: 701, timestamptz: 1184, interval: 1186, pg_lsn: 3220 } as const;

/** Loads a pack of one block with these columns and hands it a result. */
function run(
  metrics: string,
  columns: readonly TestColumn[],
  rows: readonly (readonly (string | null)[])[],
  facts: TargetFacts = factsOf({}),
): StepSink {
  const [collector] = loadPack('pack.yaml', `pg_x:\n  query: SELECT 1\n  metrics: [${metrics}]\n`, {
    dialect: 'walguard',
  });
  const step = collector?.choose(facts);
  if (typeof step !== 'object' || step.kind !== 'query') throw new Error('there is no query');
  return feed(step.open, columns, rows);
}

describe('the rows of a query', () => {
  it('give a sample for each metric column, with the label columns as labels in declared order', () => {
    const metrics = 'b: {usage: LABEL}, n: {usage: GAUGE}, a: {usage: LABEL}, total: {usage: COUNTER}';
    const sink = run(
      metrics,
      ['total', 'a', 'n', 'b'],
      [
        ['9', 'x', '1', 'y'],
        ['8', 'z', '2', 'y'],
      ],
    );
    expect(linesOf(sink)).toEqual([
      'pg_x_n{b="y",a="x"} 1',
      'pg_x_n{b="y",a="z"} 2',
      'pg_x_total{b="y",a="x"} 9',
      'pg_x_total{b="y",a="z"} 8',
    ]);
  });

  it('give nothing for columns that are discarded or not declared', () => {
    const sink = run('n: {usage: GAUGE}, d: {usage: DISCARD}', ['d', 'n', 'other'], [['1', '2', '3']]);
    expect(linesOf(sink)).toEqual(['pg_x_n 2']);
  });

  it('have other names where that is said', () => {
    const metrics = 'r: {usage: LABEL, rename: role}, n: {usage: GAUGE, rename: connections}';
    expect(linesOf(run(metrics, ['r', 'n'], [['a', '1']]))).toEqual(['pg_x_connections{role="a"} 1']);
  });

  it('give no sample for NULL, and do not count it as lost', () => {
    const sink = run('a: {usage: LABEL}, n: {usage: GAUGE}, m: {usage: GAUGE}', ['a', 'n', 'm'], [['x', null, '0']]);
    expect(linesOf(sink)).toEqual(['pg_x_m{a="x"} 0']);
    expect(sink.dropped().size).toBe(0);
  });

  it('take NULL in a label for an empty one', () => {
    expect(linesOf(run('a: {usage: LABEL}, n: {usage: GAUGE}', ['a', 'n'], [[null, '1']]))).toEqual(['pg_x_n{a=""} 1']);
  });

  it('are read by the type of the column', () => {
    const metrics = 'b: {usage: GAUGE}, t: {usage: GAUGE}, i: {usage: GAUGE}, l: {usage: GAUGE}, f: {usage: GAUGE}';
    const columns: readonly TestColumn[] = [
      ['b', oids.bool],
      ['t', oids.timestamptz],
      ['i', oids.interval],
      ['l', oids.pg_lsn],
      ['f', oids.float8],
    ];
    const sink = run(metrics, columns, [['t', '2024-01-01 00:00:00.5+00', '1 day', '1/0', 'Infinity']]);
    expect(linesOf(sink)).toEqual([
      'pg_x_b 1',
      'pg_x_t 1704067200.5',
      'pg_x_i 86400',
      'pg_x_l 4294967296',
      'pg_x_f +Inf',
    ]);
  });

  it('that are no numbers are counted and left out', () => {
    const sink = run(
      'a: {usage: LABEL}, n: {usage: GAUGE}',
      ['a', 'n'],
      [
        ['x', 'abc'],
        ['y', '1'],
        ['z', 'constructor'],
      ],
    );
    expect(linesOf(sink)).toEqual(['pg_x_n{a="y"} 1']);
    expect([...sink.dropped()]).toEqual([['not_a_number', 2]]);
  });
});

describe('the default of a column', () => {
  it.each([
    ['a number', oids.float8],
    ['a boolean', oids.bool],
    ['a moment', oids.timestamptz],
    ['an interval', oids.interval],
    ['a WAL position', oids.pg_lsn],
  ])('stands for NULL as it is, neither converted nor scaled, in the place of %s', (_what, oid) => {
    const sink = run('n: {usage: GAUGE, default: "1", scale: 1000}', [['n', oid]], [[null]]);
    expect(linesOf(sink)).toEqual(['pg_x_n 1']);
    expect(sink.dropped().size).toBe(0);
  });

  it('does not stand for what is no number', () => {
    const sink = run('n: {usage: GAUGE, default: 0}', ['n'], [['abc']]);
    expect(linesOf(sink)).toEqual([]);
    expect([...sink.dropped()]).toEqual([['not_a_number', 1]]);
  });
});

describe('the scale of a column', () => {
  it.each([
    ['0.001', '1500', '1.5'],
    ['1e-3', '3', '0.003'],
    ['8192', '3', '24576'],
    ['-1', '2', '-2'],
    ['0.5', 'Infinity', '+Inf'],
    ['-0.5', 'Infinity', '-Inf'],
    ['0.5', '-Infinity', '-Inf'],
    ['0.5', 'NaN', 'NaN'],
  ])('%s makes of %s %s', (scale, cell, expected) => {
    expect(linesOf(run(`n: {usage: GAUGE, scale: "${scale}"}`, ['n'], [[cell]]))).toEqual([`pg_x_n ${expected}`]);
  });

  it('applies after the type', () => {
    const sink = run('i: {usage: GAUGE, scale: 1000}', [['i', oids.interval]], [['00:00:01.5']]);
    expect(linesOf(sink)).toEqual(['pg_x_i 1500']);
  });
});

describe('rows that repeat their labels', () => {
  const metrics = 'a: {usage: LABEL}, n: {usage: GAUGE}, m: {usage: GAUGE}';

  it('give only the first sample of each metric, and the others are counted', () => {
    const sink = run(
      metrics,
      ['a', 'n', 'm'],
      [
        ['x', '1', '2'],
        ['x', '3', '4'],
        ['y', '5', '6'],
        ['x', '7', null],
      ],
    );
    expect(linesOf(sink)).toEqual(['pg_x_n{a="x"} 1', 'pg_x_n{a="y"} 5', 'pg_x_m{a="x"} 2', 'pg_x_m{a="y"} 6']);
    expect([...sink.dropped()]).toEqual([['duplicate', 3]]);
  });

  it('complete each other where one has NULL and the other has not', () => {
    const sink = run(
      metrics,
      ['a', 'n', 'm'],
      [
        ['x', '1', null],
        ['x', null, '2'],
        ['x', null, null],
      ],
    );
    expect(linesOf(sink)).toEqual(['pg_x_n{a="x"} 1', 'pg_x_m{a="x"} 2']);
    expect(sink.dropped().size).toBe(0);
  });

  it('complete what was no number', () => {
    const sink = run(
      metrics,
      ['a', 'n', 'm'],
      [
        ['x', 'abc', '2'],
        ['x', '1', null],
        ['x', '9', null],
      ],
    );
    expect(linesOf(sink)).toEqual(['pg_x_m{a="x"} 2', 'pg_x_n{a="x"} 1']);
    expect([...sink.dropped()]).toEqual([
      ['not_a_number', 1],
      ['duplicate', 1],
    ]);
  });

  it('are told apart by every label', () => {
    const sink = run(
      'a: {usage: LABEL}, b: {usage: LABEL}, n: {usage: GAUGE}',
      ['a', 'b', 'n'],
      [
        ['x', 'y', '1'],
        ['x', null, '2'],
        ['x","b="y', '', '3'],
      ],
    );
    expect(linesOf(sink)).toHaveLength(3);
    expect(sink.dropped().size).toBe(0);
  });

  it('are counted where there is no label at all', () => {
    const sink = run('n: {usage: GAUGE}', ['n'], [['1'], ['2'], ['3']]);
    expect(linesOf(sink)).toEqual(['pg_x_n 1']);
    expect([...sink.dropped()]).toEqual([['duplicate', 2]]);
  });
});

describe('a column of usage', () => {
  it('INFO is 1 where it is not NULL, whatever it holds', () => {
    const sink = run(
      'a: {usage: LABEL}, server_info: {usage: INFO}',
      ['a', 'server_info'],
      [
        ['x', '17.2'],
        ['y', '0'],
        ['z', null],
      ],
    );
    expect(linesOf(sink)).toEqual(['pg_x_server_info{a="x"} 1', 'pg_x_server_info{a="y"} 1']);
  });

  it('MAPPEDMETRIC is the number that stands for its text', () => {
    const metrics = 'a: {usage: LABEL}, state: {usage: MAPPEDMETRIC, metric_mapping: {idle: 0, active: "1.5", "": -1}}';
    const rows = [
      ['1', 'idle'],
      ['2', 'active'],
      ['3', ''],
      ['4', 'unheard of'],
      ['5', null],
      ['6', 'constructor'],
    ];
    const sink = run(metrics, ['a', 'state'], rows);
    expect(linesOf(sink)).toEqual(['pg_x_state{a="1"} 0', 'pg_x_state{a="2"} 1.5', 'pg_x_state{a="3"} -1']);
    expect([...sink.dropped()]).toEqual([['not_a_number', 2]]);
  });

  it('DURATION is milliseconds, and its name says so', () => {
    const metrics = 'a: {usage: LABEL}, d: {usage: DURATION}';
    const sink = run(
      metrics,
      ['a', 'd'],
      [
        ['1', '1h30m'],
        ['2', '500ms'],
        ['3', '10'],
        ['4', null],
      ],
    );
    expect(linesOf(sink)).toEqual(['pg_x_d_milliseconds{a="1"} 5400000', 'pg_x_d_milliseconds{a="2"} 500']);
    expect([...sink.dropped()]).toEqual([['not_a_number', 1]]);
  });
});

describe('a column that only some versions have', () => {
  const metrics =
    'a: {usage: LABEL}, b: {usage: LABEL, pg_version: ">=17"}, n: {usage: GAUGE}, m: {usage: GAUGE, pg_version: "<17"}';
  const on17 = factsOf({ version: 170_002 });
  const on16 = factsOf({ version: 160_009 });

  it('is an empty label or no sample on the others, so that the labels stay the same', () => {
    expect(linesOf(run(metrics, ['a', 'n', 'm'], [['x', '1', '2']], on16))).toEqual([
      'pg_x_n{a="x",b=""} 1',
      'pg_x_m{a="x",b=""} 2',
    ]);
    expect(linesOf(run(metrics, ['a', 'b', 'n'], [['x', 'y', '1']], on17))).toEqual(['pg_x_n{a="x",b="y"} 1']);
  });

  it('is not looked at on the others, though it is there', () => {
    expect(linesOf(run(metrics, ['a', 'b', 'n', 'm'], [['x', 'y', '1', '2']], on16))).toContain('pg_x_n{a="x",b=""} 1');
  });

  it('is missed where it should be', () => {
    expect(errorsOf(() => run(metrics, ['a', 'n', 'm'], [], on17)).map(({ message }) => message)).toEqual([
      'the query of pg_x returns no column b, but a, n, m',
    ]);
  });
});

describe('a result that lacks declared columns', () => {
  it('is refused, with those it lacks and those it has', () => {
    const metrics = 'a: {usage: LABEL}, n: {usage: GAUGE}, m: {usage: COUNTER}';
    expect(problemsOf(() => run(metrics, ['N', 'a'], []))).toMatchInlineSnapshot(`
      "QUERY_BAD_RESULT: the query of pg_x returns no column m, but N, a
        hint: Name the columns in the query as they are declared under metrics."
    `);
  });

  it('is taken if it lacks only what would be discarded', () => {
    expect(linesOf(run('n: {usage: GAUGE}, d: {usage: DISCARD}', ['n'], [['1']]))).toEqual(['pg_x_n 1']);
  });
});

describe('results of one query whose columns change', () => {
  it('are read by the columns they have now', () => {
    const metrics = 'a: {usage: LABEL}, n: {usage: GAUGE}, m: {usage: GAUGE}';
    const [collector] = loadPack('pack.yaml', `pg_x:\n  query: SELECT 1\n  metrics: [${metrics}]\n`, {
      dialect: 'walguard',
    });
    const step = collector?.choose(factsOf({}));
    if (typeof step !== 'object' || step.kind !== 'query') throw new Error('there is no query');
    const before = feed(step.open, ['a', 'n', 'm'], [['x', '1', '2']]);
    const after = feed(step.open, ['m', 'a', 'n'], [['2', 'x', '1']]);
    const retyped = feed(step.open, ['m', 'a', ['n', oids.bool]], [['2', 'x', 't']]);
    const lines = ['pg_x_n{a="x"} 1', 'pg_x_m{a="x"} 2'];
    for (const sink of [before, after, retyped]) expect(linesOf(sink)).toEqual(lines);
  });
});
