import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createMonitorRole,
  type Major,
  type PostgresServer,
  startPostgres,
  startStandby,
} from '../../servers/index.ts';
import { readProjectFile } from '../repo/project.ts';
import { scrape } from '../support/http.ts';
import { failedIn } from '../support/outcomes.ts';
import { type Peer, startDefaultPostgresExporter } from '../support/peers.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const majors = [13, 18] as const satisfies readonly Major[];

/** What a program of Go says of itself. */
const ownSeries = /^(go|process|promhttp|postgres_exporter)_/;

/** Series that walguard lacks, or whose value is another one though it stands still. */
interface Difference {
  readonly series: RegExp;
  readonly what: 'absent' | 'value';
  readonly because: string;
}

const differences: readonly Difference[] = [
  {
    series: /^pg_replication_last_replay_seconds\{\}$/,
    what: 'absent',
    because: 'there it is 0 on a primary, which replays nothing',
  },
  {
    series: /^pg_scrape_collector_(duration_seconds|success)\{collector=replication_slot\}$/,
    what: 'absent',
    because: 'the collectors of the pack have names of their own',
  },
  {
    series: /^pg_settings_(data_directory_mode|log_file_mode|unix_socket_permissions)\{/,
    what: 'value',
    because: 'octal digits are read as decimal ones there',
  },
  {
    series: /^pg_settings_(extra_float_digits|tcp_keepalives_\w+)\{/,
    what: 'value',
    because: 'they are those of its own session there',
  },
  {
    series: /^pg_stat_(bgwriter_stats_reset_total|database_stats_reset|user_tables_last_analyze)\{/,
    what: 'value',
    because: 'moments are in whole seconds there',
  },
  {
    series: /^pg_stat_(database_stats_reset|user_tables_last_\w+)\{/,
    what: 'absent',
    because: '0 stands for never there',
  },
  {
    series: /^pg_stat(_user_tables_idx_\w+|io_user_tables_(idx|toast|tidx)_blocks_\w+)\{.*relname=bare,/,
    what: 'absent',
    because: '0 stands there for a table without an index or TOAST',
  },
  {
    series: /^pg_stat_replication_(pg_current_wal_lsn_bytes|pg_wal_lsn_diff|reply_time)\{.*slot_name=\d+,/,
    what: 'absent',
    because:
      'a label whose column is not returned holds the first column there, here the pid; and what is not declared is a metric',
  },
  {
    series: /^pg_static\{server=/,
    what: 'absent',
    because: 'there it has the label server, which only queries have here',
  },
];

/** Series that tell of the sessions that ask, which are not the same: each must be among those of postgres_exporter. */
const moving: readonly RegExp[] = [
  /^pg_locks_count\{datname=shop,/,
  /^pg_stat_activity_(count|max_tx_duration)\{.*datname=shop/,
  /^pg_stat_database_numbackends\{.*datname=shop/,
];

/** The samples of a page by their series, as text. */
async function seriesOf(url: string): Promise<ReadonlyMap<string, number>> {
  const { families } = await scrape(url);
  return new Map(
    [...families.values()].flatMap(({ samples }) =>
      samples
        .filter(({ name }) => !ownSeries.test(name))
        .map(({ name, labels, value }) => {
          const pairs = Object.entries(labels).filter(([, text]) => text !== '');
          return [
            `${name}{${pairs
              .map((pair) => pair.join('='))
              .toSorted()
              .join()}}`,
            value,
          ] as const;
        }),
    ),
  );
}

/** The same but for what dividing by 1000 there or here makes of its last digit. */
function isSame(one: number, other: number): boolean {
  return Object.is(one, other) || Math.abs(one - other) <= 1e-12 * Math.abs(other);
}

/** The arguments of the command that docs/packs.md has for the pack. */
function documentedArgs(): readonly string[] {
  const [, command = ''] =
    /```sh\nwalguard (--extend\.query-path[^`]*0\.19\.yaml[^`]*)```/.exec(readProjectFile('docs/packs.md')) ?? [];
  return command.split(/[\s\\]+/).filter((arg) => arg !== '');
}

describe.each(majors)('postgres_exporter 0.19 as it comes, and its names by a pack, on PostgreSQL %i', (major) => {
  let server: PostgresServer;
  let standby: PostgresServer;
  let peer: Peer;
  let walguard: Walguard;

  beforeAll(async () => {
    // Without autovacuum and checkpoints nobody writes between two looks.
    server = await startPostgres({
      major,
      archive: true,
      settings: { autovacuum: 'off', checkpoint_timeout: '1h', max_slot_wal_keep_size: '1GB' },
      databases: ['shop'],
    });
    await createMonitorRole(server);
    standby = await startStandby(server);
    await server.sql(
      `CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text);
       INSERT INTO orders (body) SELECT repeat('x', n) FROM generate_series(1, 200) n;
       CREATE TABLE bare (id int); ANALYZE orders`,
      'shop',
    );
    await server.sql(`SELECT pg_create_physical_replication_slot('idle', true)`);
    await server.sql('CHECKPOINT; SELECT pg_switch_wal()');
    await server.waitForSql('SELECT archived_count > 0 FROM pg_stat_archiver');
    await server.waitForSql('SELECT replay_lsn = pg_current_wal_lsn() FROM pg_stat_replication');
    const url = server.url({ user: 'walguard', password: 'walguard', database: 'shop' });
    peer = await startDefaultPostgresExporter(url);
    walguard = await startWalguard({ dataSourceName: url, args: documentedArgs() });
  });
  afterAll(async () => {
    await walguard?.[Symbol.asyncDispose]();
    await peer?.[Symbol.asyncDispose]();
    await standby?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  it('gives every series that postgres_exporter gives, with its value where that stands still', async () => {
    const before = await seriesOf(peer.url);
    const { families } = await scrape(`${walguard.url}/metrics`);
    const ours = await seriesOf(`${walguard.url}/metrics`);
    const after = await seriesOf(peer.url);

    const found = [...before].flatMap(([series, value]) => {
      const mine = ours.get(series);
      if (mine === undefined) return [{ series, what: 'absent', text: `${series} ${value} is absent` }];
      if (isSame(mine, value) || !Object.is(after.get(series), value)) return [];
      return [{ series, what: 'value', text: `${series} ${mine}, there ${value}` }];
    });
    const isExpected = (one: Difference, { series, what }: (typeof found)[number]): boolean =>
      one.what === what && one.series.test(series);
    const unexpected = found.filter(
      (each) => !moving.some((one) => one.test(each.series)) && !differences.some((one) => isExpected(one, each)),
    );
    const stale = [
      ...differences.filter((one) => !found.some((each) => isExpected(one, each))),
      ...moving.filter((one) => ![...before.keys()].some((series) => one.test(series))),
    ];
    console.log(`${major}: ${before.size} series, ${before.size - found.length} of them the same or moving`);

    expect(unexpected.map(({ text }) => text)).toEqual([]);
    expect(stale).toEqual([]);
    expect(before.size).toBeGreaterThan(400);
    expect(failedIn(families)).toEqual([]);
  });
});
