import { describe, expect, it } from 'vitest';

import { shippedCollectors } from '../../../../src/app/collectors.ts';
import type { ShowRecord } from '../../../support/pgbouncer-shows.ts';
import { readProjectFile } from '../../../repo/project.ts';
import { feed, linesOf } from '../../support/samples.ts';

const TEXT = 25;
const collectors = shippedCollectors().filter(({ only }) => only === 'console');

/** Each with what it answers, as test/e2e/pgbouncer-console.test.ts records it. */
const releases = [18, 24, 26].map((minor) => ({
  minor,
  record: JSON.parse(readProjectFile(`test/golden/pgbouncer-1.${minor}.json`)) as Readonly<Record<string, ShowRecord>>,
}));

/** What walguard gives of each release, by collector; a reason in place of families where it does not run. */
function familiesOf({ minor, record }: (typeof releases)[number]): ReadonlyMap<string, readonly string[] | string> {
  const given = new Map<string, readonly string[] | string>();
  for (const { name, chooseOnConsole } of collectors) {
    const step = chooseOnConsole?.({ version: 10_000 + minor * 100, user: 'stats' });
    if (typeof step !== 'object') given.set(name, String(step));
    else {
      const { columns, keys = ['first'] } = record[step.sql] ?? { columns: [] };
      // 7 in each column that is a number; of texts only SHOW CONFIG and SHOW STATE have some that are more than labels.
      const rows = keys.map((key) =>
        columns.map(([column, type], index) => {
          if (index === 0) return key;
          if (column !== 'value') return type === TEXT ? 'a' : '7';
          return step.sql === 'SHOW STATE' ? 'yes' : '7';
        }),
      );
      const sink = feed(step.open, columns, rows);
      given.set(name, [...new Set(linesOf(sink).map((line) => line.replace(/[{ ].*/, '')))].toSorted());
    }
  }
  return given;
}

/** Families that the one release has and the other has not. */
function added(one: (typeof releases)[number], other: (typeof releases)[number]): readonly string[] {
  const flat = (release: (typeof releases)[number]): readonly string[] => [...familiesOf(release).values()].flat();
  const before = new Set(flat(one));
  return flat(other).filter((name) => !before.has(name) && name.startsWith('pgbouncer_'));
}

describe('the collectors for the console of PgBouncer', () => {
  const [old, middle, newest] = releases;
  if (old === undefined || middle === undefined || newest === undefined) throw new Error('A record is missing.');

  it('give of 1.18 what it has, and fail at nothing that came later', () => {
    const given = familiesOf(old);
    expect([...given].filter(([, families]) => typeof families === 'string')).toEqual([
      ['pgbouncer_state', 'version'],
      ['pgbouncer_users', 'version'],
    ]);
    expect(given.get('pgbouncer_stats_totals')).toHaveLength(7);
    expect(given.get('pgbouncer_pools')).toHaveLength(12);
    expect(given.get('pgbouncer_lists')).toHaveLength(11);
  });

  it('give of 1.24 what it has and 1.18 has not, and lose nothing', () => {
    expect(added(middle, old)).toEqual([]);
    expect(added(old, middle)).toMatchInlineSnapshot(`
      [
        "pgbouncer_config_max_db_client_connections",
        "pgbouncer_config_max_prepared_statements",
        "pgbouncer_config_max_user_client_connections",
        "pgbouncer_databases_current_client_connections",
        "pgbouncer_databases_max_client_connections",
        "pgbouncer_databases_server_lifetime_seconds",
        "pgbouncer_peer_pools",
        "pgbouncer_peers",
        "pgbouncer_state",
        "pgbouncer_stats_totals_binds_total",
        "pgbouncer_stats_totals_client_parses_total",
        "pgbouncer_stats_totals_server_assignments_total",
        "pgbouncer_stats_totals_server_parses_total",
        "pgbouncer_users_current_client_connections",
        "pgbouncer_users_current_connections",
        "pgbouncer_users_max_client_connections",
        "pgbouncer_users_max_connections",
      ]
    `);
  });

  it('give of 1.26 what it has and 1.24 has not, and lose nothing', () => {
    expect(added(newest, middle)).toEqual([]);
    expect(added(middle, newest)).toMatchInlineSnapshot(`
      [
        "pgbouncer_config_transaction_timeout_seconds",
        "pgbouncer_stats_totals_client_logins_total",
      ]
    `);
  });
});
