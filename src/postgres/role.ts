import type { Column, ResultHandler } from '../core/collector.ts';
import { cellsOf } from '../core/row.ts';
import type { Session } from './session.ts';

/** What a load balancer wants to know of a server. */
export interface ServerRole {
  /** `console` is PgBouncer's own. */
  readonly role: 'primary' | 'standby' | 'console';
  /** Undefined if it is not known: on a standby that is not connected, or without the right to see it. */
  readonly timeline: number | undefined;
  /**
   * Since the commit that was replayed last; 0 while connected with all replayed that was received. Undefined on a
   * primary, and before the first commit.
   */
  readonly replayLagSeconds: number | undefined;
}

const ROLE_SQL = `
SELECT pg_is_in_recovery() AS in_recovery,
       current_setting('default_transaction_read_only') AS read_only_by_default,
       CASE WHEN pg_is_in_recovery()
            THEN (SELECT nullif(received_tli, 0) FROM pg_stat_wal_receiver)::text
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int::text END AS timeline,
       CASE WHEN NOT pg_is_in_recovery() THEN NULL
            WHEN pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn()
                 AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END AS replay_lag`;

const CONSOLE_ROLE: ServerRole = { role: 'console', timeline: undefined, replayLagSeconds: undefined };

/** Asks what a server is, once. Throws what ended the query, or TARGET_WRONG_ROLE. */
export async function readRole(session: Session, timeoutMs: number): Promise<ServerRole> {
  let names: readonly string[] = [];
  let cells: readonly (string | null)[] = [];
  const handler: ResultHandler = {
    columns: (columns: readonly Column[]) => (names = columns.map(({ name }) => name)),
    row: (row) => (cells = cellsOf(row)),
    end: () => undefined,
  };
  const isConsole = session.console !== undefined;
  await session.run({ sql: isConsole ? 'SHOW VERSION' : ROLE_SQL, timeoutMs, seesPublic: false }, handler);
  if (isConsole) return CONSOLE_ROLE;
  const cell = (name: string): string | undefined => cells[names.indexOf(name)] ?? undefined;
  const number = (name: string): number | undefined => (cell(name) === undefined ? undefined : Number(cell(name)));
  const inRecovery = cell('in_recovery') === 't';
  session.checkRole({ inRecovery, readOnlyByDefault: cell('read_only_by_default') === 'on' });
  const role = inRecovery ? 'standby' : 'primary';
  return { role, timeline: number('timeline'), replayLagSeconds: number('replay_lag') };
}
