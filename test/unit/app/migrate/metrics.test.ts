import { describe, expect, it } from 'vitest';

import {
  expressionsOfDashboard,
  expressionsOfRules,
  metricNames,
  recordedNames,
} from '../../../../src/app/migrate/metric-names.ts';
import { comparePages } from '../../../../src/app/migrate/pages.ts';

describe('the names of metrics in an expression', () => {
  it.each([
    ['rate(pg_stat_database_xact_commit{datname=~"pg_.*"}[5m]) > 0', ['pg_stat_database_xact_commit']],
    [
      'sum by (pg_label, instance) (pg_up) / on (pg_other) group_left (pg_more) pg_down # pg_comment',
      ['pg_up', 'pg_down'],
    ],
    ['{__name__="pg_up", job="x"}', ['pg_up']],
    ['label_values(pg_stat_database_numbackends{job="a"}, pg_label)', ['pg_stat_database_numbackends', 'pg_label']],
    ['up{job="pg_x"} and node_load1 or pg_stat_$kind or pg_${x}_total', []],
    ['instance:pg_wal:rate5m > pgbouncer_pools_cl_waiting offset 1h', ['pgbouncer_pools_cl_waiting']],
    [`count_over_time(pg_up['5m':1m]) or label_replace(pg_a, "pg_b", "$1", "pg_c", "(.*)")`, ['pg_up', 'pg_a']],
  ])('%s', (expression, names) => {
    expect(metricNames(expression)).toEqual(names);
  });

  it('are found in rules, and what rules record is known', () => {
    const document = {
      groups: [
        {
          rules: [
            { alert: 'Down', expr: 'pg_up == 0' },
            { record: 'pg_mine', expr: 'sum(pg_b)' },
          ],
        },
      ],
    };
    expect(expressionsOfRules('r.yml', { spec: document })).toEqual([
      { where: 'r.yml: Down', text: 'pg_up == 0' },
      { where: 'r.yml: pg_mine', text: 'sum(pg_b)' },
    ]);
    expect(recordedNames(document)).toEqual(['pg_mine']);
  });

  it('are found in panels, variables and annotations of a dashboard', () => {
    const dashboard = {
      title: 'All',
      panels: [{ title: 'Row', panels: [{ title: 'Inner', targets: [{ expr: 'pg_a' }] }] }],
      templating: { list: [{ name: 'db', query: { query: 'label_values(pg_b, datname)' } }] },
      annotations: { list: [{ name: 'restart', expr: 'changes(pg_c[1m])' }] },
    };
    expect(expressionsOfDashboard('d.json', dashboard).map(({ where, text }) => [where, text])).toEqual([
      ['d.json: Inner', 'pg_a'],
      ['d.json: db', 'label_values(pg_b, datname)'],
      ['d.json: restart', 'changes(pg_c[1m])'],
    ]);
  });
});

describe('two pages', () => {
  it('differ by families, types and labels, and by nothing that every exporter says of itself', () => {
    const old = `# TYPE pg_a counter
pg_a{datname="x,y=\\"z",server="h:1"} 1
# TYPE pg_b gauge
pg_b 1
# TYPE pg_c untyped
pg_c{datname="x"} 1
# TYPE pg_h histogram
pg_h_bucket{le="1"} 1
pg_h_sum 1
pg_h_count 1
# TYPE go_threads gauge
go_threads 1
`;
    const fresh = `# TYPE pg_a counter
pg_a{datname="x"} 1
# TYPE pg_c counter
pg_c{datname="x",more="y"} 1
# TYPE pg_h gauge
pg_h 1
# TYPE pg_new gauge
pg_new 1
`;
    expect(comparePages(old, fresh)).toEqual([
      { kind: 'labels', family: 'pg_a', old: 'server', new: 'datname' },
      { kind: 'gone', family: 'pg_b', old: 'gauge', new: '' },
      { kind: 'type', family: 'pg_h', old: 'histogram', new: 'gauge' },
      { kind: 'new', family: 'pg_new', old: '', new: 'gauge' },
    ]);
    expect(comparePages(old, old)).toEqual([]);
  });
});
