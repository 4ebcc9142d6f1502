import { describe, expect, it } from 'vitest';
import type { Column, Excuse, Reason } from '../../support/coverage.ts';
import { columnProblems } from '../../support/coverage-checks.ts';

function columnOf(view: string, name: string, changes: Partial<Column>): Column {
  return { view, column: name, type: 'text', collectors: [], excuse: undefined, ...changes };
}

function excuseOf(reason: Reason, details: readonly string[] = []): { readonly excuse: Excuse } {
  return { excuse: { view: '', column: '', firstMajor: 13, lastMajor: 19, reason, details } };
}

describe('the coverage of columns', () => {
  it('wants a collector or a reason for each', () => {
    const problems = columnProblems([
      columnOf('pg_stat_x', 'forgotten', {}),
      columnOf('pg_stat_x', 'read', { collectors: ['x'] }),
    ]);
    expect(problems).toEqual(['pg_stat_x.forgotten is read by no collector and has no reason']);
  });

  it('wants no reason for a column that is read', () => {
    const problems = columnProblems([columnOf('pg_stat_x', 'pid', { collectors: ['x', 'y'], ...excuseOf('key') })]);
    expect(problems).toEqual(['pg_stat_x.pid has a reason, but x, y read it']);
  });

  it('takes no quantity for a key', () => {
    const problems = columnProblems([
      columnOf('pg_stat_x', 'calls', { type: 'bigint', ...excuseOf('key') }),
      columnOf('pg_stat_x', 'locker_pid', { type: 'bigint', ...excuseOf('key') }),
    ]);
    expect(problems).toEqual(['pg_stat_x.calls is a bigint and no key or text']);
  });

  it('takes planner statistics and what one transaction did from their own views only', () => {
    const problems = columnProblems([
      columnOf('pg_stat_x', 'a', excuseOf('planner')),
      columnOf('pg_stats', 'b', excuseOf('planner')),
      columnOf('pg_stat_x', 'c', excuseOf('transaction')),
      columnOf('pg_stat_xact_x', 'd', excuseOf('transaction')),
    ]);
    expect(problems).toEqual(['pg_stat_x has no statistics of the planner', 'pg_stat_x is not of one transaction']);
  });

  it('wants the same fact to be told by the other column', () => {
    const problems = columnProblems([
      columnOf('pg_stat_x', 'told', { collectors: ['x'] }),
      columnOf('pg_stat_y', 'told', excuseOf('same', ['pg_stat_x.told'])),
      columnOf('pg_stat_z', 'untold', excuseOf('same', ['pg_stat_x.told', 'pg_stat_x.gone'])),
      columnOf('pg_stat_z', 'nothing', excuseOf('same')),
    ]);
    expect(problems).toEqual([
      'pg_stat_z.untold is said to be the same as pg_stat_x.gone, which is not told on this server',
      'pg_stat_z.nothing is the same as nothing',
    ]);
  });
});
