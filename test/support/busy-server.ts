import { waitFor } from '../../servers/index.ts';
import type { Sql } from './coverage.ts';

/** Settings of a server on which `keepBusy` finds what it needs. */
export const BUSY_SETTINGS = {
  shared_preload_libraries: 'pg_stat_statements',
  wal_level: 'logical',
  max_prepared_transactions: '5',
  max_slot_wal_keep_size: '1GB',
  autovacuum_naptime: '1s',
  track_functions: 'all',
} as const;

/** A vacuum of this table takes minutes: a page, then a sleep. */
const SLOW = 'autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1';
const AT_ONCE = 'autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 1';

/**
 * Gives each view that collectors read a row where a single server can have one: tables that were vacuumed and analyzed
 * by hand and by autovacuum, a vacuum that runs, slots, a prepared transaction, an invalid index, functions, sequences.
 */
export async function keepBusy(sql: Sql): Promise<void> {
  const statements = [
    'SELECT pg_stat_reset()',
    'CREATE EXTENSION pg_stat_statements',
    'CREATE EXTENSION pg_buffercache',
    `CREATE TABLE quick (id serial PRIMARY KEY, body text) WITH (${AT_ONCE})`,
    "INSERT INTO quick (body) SELECT repeat('x', 100) FROM generate_series(1, 1000)",
    'DELETE FROM quick WHERE id > 500',
    'VACUUM quick',
    'ANALYZE quick',
    'DELETE FROM quick WHERE id > 100',
    `CREATE TABLE slow (id int PRIMARY KEY, body text) WITH (${AT_ONCE}, ${SLOW})`,
    "INSERT INTO slow SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) n",
    'DELETE FROM slow WHERE id % 2 = 0',
    "SELECT pg_create_logical_replication_slot('logical_slot', 'pgoutput')",
    "SELECT pg_create_physical_replication_slot('physical_slot', true)",
    'CREATE PUBLICATION everything FOR ALL TABLES',
    'CREATE FUNCTION called() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$',
    'SELECT called()',
    "BEGIN; INSERT INTO quick (body) VALUES ('prepared'); PREPARE TRANSACTION 'prepared'",
    'CHECKPOINT',
    'SELECT pg_switch_wal()',
  ];
  for (const statement of statements) await sql(statement);
  const settled = `SELECT EXISTS (SELECT FROM pg_stat_user_tables WHERE relname = 'quick' AND last_autovacuum IS NOT NULL
                                    AND last_autoanalyze IS NOT NULL)
                      AND EXISTS (SELECT FROM pg_stat_progress_vacuum WHERE heap_blks_scanned > 0)
                      AND EXISTS (SELECT FROM pg_stat_archiver WHERE archived_count > 0)`;
  await waitFor(
    'autovacuum and the archiver to do their work',
    async () => (await sql(settled))[0]?.[0] === 't',
    60_000,
  );
}
