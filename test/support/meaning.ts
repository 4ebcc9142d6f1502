import { expect } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import type { TextRows } from '../../servers/index.ts';
import { scrape, valueOf } from './http.ts';

/** A server under walguard: what the checks of meaning need of it. */
export interface ObservedServer {
  readonly major: number;
  /** The page of the walguard that scrapes it. */
  readonly metricsUrl: string;
  /** Runs one statement as superuser in the database walguard is connected to. */
  readonly sql: (text: string) => Promise<TextRows>;
}

type Labels = Readonly<Record<string, string>>;

/** What a metric says, asked of the server in other words. Values that only grow are compared before and after. */
interface Comparison {
  readonly metric: string;
  readonly labels?: Labels;
  readonly sql: (major: number) => string;
}

const GOLDEN_TABLE = { datname: 'postgres', schemaname: 'public', relname: 'golden' };

const COMPARISONS: readonly Comparison[] = [
  { metric: 'pg_wal_lsn_bytes', sql: () => "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')" },
  { metric: 'pg_postmaster_start_time_seconds', sql: () => "SELECT date_part('epoch', pg_postmaster_start_time())" },
  { metric: 'pg_time_seconds', sql: () => "SELECT date_part('epoch', clock_timestamp())" },
  {
    metric: 'pg_checkpoint_write_seconds_total',
    sql: (major) => checkpointer(major, 'write_time', 'checkpoint_write_time', 1_000),
  },
  {
    metric: 'pg_checkpoint_buffers_written_total',
    sql: (major) => checkpointer(major, 'buffers_written', 'buffers_checkpoint', 1),
  },
  { metric: 'pg_archiver_archived_total', sql: () => 'SELECT archived_count FROM pg_stat_archiver' },
  { metric: 'pg_settings_shared_buffers_bytes', sql: () => "SELECT pg_size_bytes(current_setting('shared_buffers'))" },
  { metric: 'pg_settings_statement_timeout_seconds', sql: () => 'SELECT 0' },
  { metric: 'pg_settings_max_connections', sql: () => "SELECT current_setting('max_connections')" },
  {
    metric: 'pg_database_size_bytes',
    labels: { datname: 'template1' },
    sql: () => "SELECT pg_database_size('template1')",
  },
  {
    metric: 'pg_stat_user_tables_n_live_tup',
    labels: GOLDEN_TABLE,
    sql: () => "SELECT n_live_tup FROM pg_stat_user_tables WHERE relname = 'golden'",
  },
  { metric: 'pg_stat_user_tables_table_size_bytes', labels: GOLDEN_TABLE, sql: () => "SELECT pg_table_size('golden')" },
  {
    metric: 'pg_replication_slots_pg_wal_lsn_diff',
    labels: { slot_name: 'logical_slot', database: 'postgres' },
    sql: () => slotDistance('logical_slot'),
  },
  {
    metric: 'pg_xmin_horizon_age',
    labels: { holder: 'prepared' },
    sql: () => 'SELECT age(transaction) FROM pg_prepared_xacts',
  },
  {
    metric: 'pg_database_xid_age',
    labels: { datname: 'template1' },
    sql: () => "SELECT age(datfrozenxid) FROM pg_database WHERE datname = 'template1'",
  },
];

/** An act, and by how much each metric then moves; every metric must have got there before the next act. */
interface Act {
  readonly act: string;
  readonly moves: readonly { readonly metric: string; readonly labels?: Labels; readonly by: number }[];
}

const ACTS: readonly Act[] = [
  {
    act: 'CHECKPOINT',
    moves: [
      { metric: 'pg_checkpoints_requested_total', by: 1 },
      { metric: 'pg_stat_bgwriter_checkpoints_req_total', by: 1 },
    ],
  },
  {
    act: "INSERT INTO golden SELECT n, 'more' FROM generate_series(10001, 10123) n",
    moves: [{ metric: 'pg_stat_user_tables_n_tup_ins', labels: GOLDEN_TABLE, by: 123 }],
  },
  {
    act: 'BEGIN; DELETE FROM golden WHERE id > 10000; ROLLBACK',
    moves: [{ metric: 'pg_stat_database_xact_rollback', labels: { datname: 'postgres' }, by: 1 }],
  },
  {
    act: 'SELECT pg_switch_wal()',
    moves: [{ metric: 'pg_archiver_archived_total', by: 1 }],
  },
];

/** The same metric has the same meaning on every major: what the server says in other words, and what an act changes. */
export async function checkMeaning(server: ObservedServer): Promise<void> {
  for (const comparison of COMPARISONS) await compare(server, comparison);
  for (const act of ACTS) await checkAct(server, act);
  await checkWalBytes(server);
}

async function compare(server: ObservedServer, { metric, labels, sql }: Comparison): Promise<void> {
  const ask = async (): Promise<number> => Number((await server.sql(sql(server.major)))[0]?.[0]);
  const before = await ask();
  const value = valueOf((await scrape(server.metricsUrl)).families, metric, labels ?? {});
  const after = await ask();
  const said = `${metric} ${JSON.stringify(labels ?? {})} on ${server.major}`;
  expect(value, said).toBeGreaterThanOrEqual(before - Math.abs(before) * 1e-12);
  expect(value, said).toBeLessThanOrEqual(after + Math.abs(after) * 1e-12);
}

async function checkAct(server: ObservedServer, { act, moves }: Act): Promise<void> {
  const read = async (): Promise<readonly (number | undefined)[]> => {
    const { families } = await scrape(server.metricsUrl);
    return moves.map(({ metric, labels }) => valueOf(families, metric, labels ?? {}));
  };
  const before = await read();
  await server.sql(act);
  let now = before;
  const moved = async (): Promise<boolean> => {
    now = await read();
    return moves.every((_, index) => now[index] !== before[index]);
  };
  await waitFor(`${moves.map(({ metric }) => metric).join(', ')} to move after ${act}`, moved, 15_000);
  for (const [index, { metric, by }] of moves.entries()) {
    expect(
      (now[index] ?? Number.NaN) - (before[index] ?? Number.NaN),
      `${metric} on ${server.major} after ${act}`,
    ).toBe(by);
  }
}

/** WAL is counted from 0 by the same positions that pg_wal_lsn_bytes gives. */
async function checkWalBytes(server: ObservedServer): Promise<void> {
  const first = (await scrape(server.metricsUrl)).families;
  await server.sql('UPDATE golden SET body = body');
  const second = (await scrape(server.metricsUrl)).families;
  const moved = (name: string): number => (valueOf(second, name) ?? Number.NaN) - (valueOf(first, name) ?? Number.NaN);
  expect(moved('pg_wal_bytes_total'), `WAL counted on ${server.major}`).toBeGreaterThan(10_000);
  expect(moved('pg_wal_lsn_bytes'), `WAL position on ${server.major}`).toBeGreaterThan(10_000);
}

function checkpointer(major: number, since17: string, before17: string, divisor: number): string {
  return major >= 17
    ? `SELECT ${since17}::float8 / ${divisor} FROM pg_stat_checkpointer`
    : `SELECT ${before17}::float8 / ${divisor} FROM pg_stat_bgwriter`;
}

function slotDistance(slot: string): string {
  return `SELECT pg_current_wal_lsn() - restart_lsn FROM pg_replication_slots WHERE slot_name = '${slot}'`;
}
