import { describe, expect, it } from 'vitest';
import { loadPack, type PackCollector } from '../../../../src/collectors/sql/load-pack.ts';
import type { QueryStep } from '../../../../src/core/collector.ts';
import { factsOf } from '../../support/facts.ts';

function load(text: string): readonly PackCollector[] {
  return loadPack('pack.yaml', text);
}

function loadOne(text: string): PackCollector {
  const [collector, ...others] = load(text);
  if (collector === undefined || others.length > 0) throw new Error('there is not one collector');
  return collector;
}

function queryOf(collector: PackCollector, version: number, inRecovery = false): QueryStep | string {
  const step = collector.choose(factsOf({ version, inRecovery }));
  if (typeof step === 'object' && step.kind !== 'query') throw new Error('a pack has queries only');
  return step;
}

function sqlOf(collector: PackCollector, version: number, inRecovery = false): string {
  const step = queryOf(collector, version, inRecovery);
  return typeof step === 'string' ? step : step.sql;
}

describe('a block of a pack', () => {
  it('is a collector, whose families are named after the block and the columns', () => {
    const collector = loadOne(`
pg_locks:
  desc: Locks by mode.
  query: SELECT datname, mode, count FROM x
  timeout: 0.25
  metrics:
    - datname: {usage: LABEL, description: Database.}
    - mode: {usage: LABEL}
    - count: {usage: GAUGE, description: Locks held.}
    - waits_total: {usage: COUNTER}
    - oid: {usage: DISCARD}
`);
    const labelNames = ['datname', 'mode'];
    expect(collector).toMatchObject({
      name: 'locks',
      help: 'Locks by mode.',
      enabledByDefault: true,
    });
    expect(collector?.where()).toEqual({ file: 'pack.yaml', line: 2, column: 1 });
    expect(collector.families).toEqual([
      { name: 'pg_locks_count', type: 'gauge', help: 'Locks held.', labelNames },
      { name: 'pg_locks_waits_total', type: 'counter', help: 'Column waits_total of the query pg_locks.', labelNames },
    ]);
    expect(queryOf(collector, 170_000)).toMatchObject({ sql: 'SELECT datname, mode, count FROM x', timeoutMs: 250 });
  });

  it.each([
    ['pg_x: {', 'x', 'pg_x_n'],
    ['x: {', 'x', 'x_n'],
    ['pg_x_17: {name: pg_x, ', 'x', 'pg_x_n'],
    ['pg_x: {prefix: pg, ', 'x', 'pg_n'],
    ['pg_x_17: {name: pg_x, prefix: other, ', 'x', 'other_n'],
    ['My_X: {', 'my_x', 'My_X_n'],
    ['PG_x: {', 'x', 'PG_x_n'],
  ])('%s... } is the collector %s with the family %s', (start, name, family) => {
    const collector = loadOne(`${start}query: SELECT 1, metrics: [n: {usage: GAUGE}]}\n`);
    expect(collector.name).toBe(name);
    expect(collector.families.map((each) => each.name)).toEqual([family]);
  });

  it('has a second for its query unless it says otherwise', () => {
    const collector = loadOne('x: {query: SELECT 1, metrics: [n: {usage: GAUGE}]}\n');
    expect(queryOf(collector, 170_000)).toMatchObject({ timeoutMs: 1_000 });
    expect(collector.help).toBe('Collector x.');
  });

  it('may be switched off until it is asked for', () => {
    expect(loadOne('x: {enabled: false, query: SELECT 1, metrics: [n: {usage: GAUGE}]}\n').enabledByDefault).toBe(
      false,
    );
  });

  it.each([
    ['LABEL, GAUGE', 'gauge'],
    ['LABEL, COUNTER', 'counter'],
    ['LABEL, INFO', 'info'],
    ['LABEL, MAPPEDMETRIC', 'gauge'],
    ['label, gauge', 'gauge'],
    ['Label, Counter', 'counter'],
  ])('takes the usages %s for a label and a %s', (usages, type) => {
    const [label = '', metric = ''] = usages.split(', ');
    const text = `x: {query: SELECT 1, metrics: [a: {usage: ${label}}, n_info: {usage: ${metric}}]}\n`;
    expect(loadOne(text).families).toMatchObject([{ name: 'x_n_info', type, labelNames: ['a'] }]);
  });
});

describe('the branches of a collector', () => {
  const byVersion = `
pg_x_13:
  name: pg_x
  desc: X.
  query: SELECT old
  max_version: 140000
  metrics: [a: {usage: LABEL}, n: {usage: GAUGE, description: N.}, only_old: {usage: GAUGE}]
pg_y:
  query: SELECT y
  metrics: [n: {usage: GAUGE}]
pg_x_14:
  name: pg_x
  enabled: false
  query: SELECT new
  min_version: 140000
  max_version: 180000
  metrics: [a: {usage: LABEL}, n: {usage: GAUGE, description: Other.}, only_new: {usage: COUNTER}]
`;

  it('are one collector, with what its first block says and the families of all, each once', () => {
    const [x, y, ...others] = load(byVersion);
    expect([x?.name, y?.name, others]).toEqual(['x', 'y', []]);
    expect(x).toMatchObject({ help: 'X.', enabledByDefault: true });
    expect(x?.where().line).toBe(2);
    expect(x?.families.map(({ name, help }) => [name, help])).toEqual([
      ['pg_x_n', 'N.'],
      ['pg_x_only_old', 'Column only_old of the query pg_x_13.'],
      ['pg_x_only_new', 'Column only_new of the query pg_x_14.'],
    ]);
  });

  it.each([
    [130_020, 'SELECT old'],
    [139_999, 'SELECT old'],
    [140_000, 'SELECT new'],
    [179_999, 'SELECT new'],
    [180_000, 'version'],
  ])('are chosen by version, min_version included and max_version not: %i gets %s', (version, expected) => {
    const [x] = load(byVersion);
    expect(x === undefined ? '' : sqlOf(x, version)).toBe(expected);
  });

  it('come in any order', () => {
    const blocks = byVersion.trim().split(/\n(?=pg_)/);
    const collectors = load(blocks.toReversed().join('\n'));
    const x = collectors.find(({ name }) => name === 'x');
    expect(collectors.map(({ name }) => name)).toEqual(['x', 'y']);
    expect(x?.enabledByDefault).toBe(false);
    expect(x === undefined ? [] : [sqlOf(x, 130_000), sqlOf(x, 170_000)]).toEqual(['SELECT old', 'SELECT new']);
  });

  it.each([
    ['>=17', 170_002, 'SELECT 1'],
    ['>=17', 160_009, 'version'],
    ['>=13.2 <17', 130_001, 'version'],
    ['>=17.0.0', 170_000, 'SELECT 1'],
  ])('are chosen by runonserver: %s on %i is %s', (range, version, expected) => {
    const text = `x: {query: SELECT 1, runonserver: "${range}", metrics: [n: {usage: GAUGE}]}\n`;
    expect(sqlOf(loadOne(text), version)).toBe(expected);
  });

  it('are chosen by role', () => {
    const collector = loadOne(`
x_primary: {name: x, tags: [primary], query: SELECT primary, metrics: [n: {usage: GAUGE}]}
x_standby: {name: x, tags: [standby], query: SELECT standby, metrics: [n: {usage: GAUGE}]}
`);
    expect(sqlOf(collector, 170_000, false)).toBe('SELECT primary');
    expect(sqlOf(collector, 170_000, true)).toBe('SELECT standby');
  });

  it('are skipped for the role where the version has one, else for the version', () => {
    const collector = loadOne(
      'x: {tags: [primary], min_version: 140000, query: SELECT 1, metrics: [n: {usage: GAUGE}]}\n',
    );
    expect(sqlOf(collector, 170_000, true)).toBe('role');
    expect(sqlOf(collector, 130_000, true)).toBe('version');
  });

  it('run on every role where tags name both', () => {
    const collector = loadOne('x: {tags: [primary, standby], query: SELECT 1, metrics: [n: {usage: GAUGE}]}\n');
    expect([sqlOf(collector, 130_000, true), sqlOf(collector, 130_000, false)]).toEqual(['SELECT 1', 'SELECT 1']);
  });
});

describe('packs as people have them', () => {
  it('may be of postgres_exporter', () => {
    const collector = loadOne(`
pg_replication:
  query: "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0 ELSE 1 END AS lag"
  metrics:
    - lag:
        usage: "GAUGE"
        description: "Replication lag behind primary in seconds"
`);
    expect(collector.families).toMatchObject([{ name: 'pg_replication_lag', type: 'gauge' }]);
  });

  it('may be of pg_exporter', () => {
    const collector = loadOne(`
pg_archiver:
  name: pg_archiver
  desc: PostgreSQL archiver process statistics
  query: |-
    SELECT archived_count AS finish_count, failed_count FROM pg_stat_archiver;
  timeout: 0.1
  min_version: 090400
  max_version: 180000
  metrics:
    - finish_count:        { usage: COUNTER ,description: "Number of WAL files that have been archived" }
    - failed_count:        { usage: counter ,rename: fail_count ,scale: "1" ,default: "0" }
`);
    expect(collector.families.map(({ name }) => name)).toEqual(['pg_archiver_finish_count', 'pg_archiver_fail_count']);
    expect(queryOf(collector, 170_000)).toMatchObject({ timeoutMs: 100 });
    expect(sqlOf(collector, 180_000)).toBe('version');
  });

  it('may be of CloudNativePG', () => {
    const collector = loadOne(`
pg_stat_bgwriter:
  runonserver: "<17.0.0"
  query: |
    SELECT buffers_clean FROM pg_catalog.pg_stat_bgwriter
  metrics: &columns
    - buffers_clean:
        usage: "COUNTER"
        description: "Number of buffers written by the background writer"
pg_stat_bgwriter_17:
  runonserver: ">=17.0.0"
  name: pg_stat_bgwriter
  query: |
    SELECT buffers_clean FROM pg_catalog.pg_stat_bgwriter WHERE true
  metrics: *columns
`);
    expect(collector.families.map(({ name }) => name)).toEqual(['pg_stat_bgwriter_buffers_clean']);
    expect(sqlOf(collector, 160_000)).not.toBe(sqlOf(collector, 170_000));
  });

  it('may share keys by a merge', () => {
    const collectors = load(`
x: &base {query: SELECT 1, timeout: 2, metrics: [n: {usage: GAUGE}]}
y: {<<: *base, query: SELECT 2}
`);
    expect(collectors.map((collector) => queryOf(collector, 170_000))).toMatchObject([
      { sql: 'SELECT 1', timeoutMs: 2_000 },
      { sql: 'SELECT 2', timeoutMs: 2_000 },
    ]);
  });
});
