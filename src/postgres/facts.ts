import type { Column, ResultHandler } from '../core/collector.ts';
import { WalguardError } from '../core/error.ts';
import type { Heartbeat, TargetFacts } from '../core/facts.ts';
import { parseLsn } from '../core/lsn.ts';
import { cellsOf } from '../core/row.ts';

/** The first message of a scrape: what can change of a target, and its heartbeat. Runs on every version and role. */
export const FACTS_SQL = `
SELECT current_setting('server_version_num') AS version,
       version() AS version_text,
       pg_is_in_recovery() AS in_recovery,
       current_setting('default_transaction_read_only') AS read_only_by_default,
       current_database() AS database, current_user AS user_name,
       (SELECT system_identifier FROM pg_control_system()) AS system_identifier,
       extract(epoch FROM pg_postmaster_start_time()) AS start_time,
       pg_has_role('pg_read_all_stats', 'USAGE') AS reads_all_stats,
       has_function_privilege('pg_ls_archive_statusdir()', 'EXECUTE') AS lists_archive_status,
       (SELECT setting FROM pg_settings WHERE name = 'wal_segment_size') AS wal_segment_bytes,
       extract(epoch FROM clock_timestamp()) AS server_time,
       CASE WHEN pg_is_in_recovery()
            THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
            ELSE pg_current_wal_lsn() END AS lsn,
       CASE WHEN pg_is_in_recovery()
            THEN (SELECT nullif(received_tli, 0) FROM pg_stat_wal_receiver)::text
            ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS timeline,
       archived_count, failed_count, last_archived_wal
FROM pg_stat_archiver`;

/** What the facts query answered. */
export interface FactsAnswer {
  readonly facts: TargetFacts;
  readonly heartbeat: Heartbeat;
}

/** Collects the one row of the facts query. */
export function createFactsReader(): { readonly handler: ResultHandler; readonly read: () => FactsAnswer } {
  let names: readonly string[] = [];
  let cells: readonly (string | null)[] | undefined;
  return {
    handler: {
      columns: (columns: readonly Column[]) => (names = columns.map(({ name }) => name)),
      row: (row) => (cells = cellsOf(row)),
      end: () => undefined,
    },
    read() {
      if (cells === undefined) throw new WalguardError('BUG', 'the facts query returned no row');
      const row = new Map(names.map((name, index) => [name, cells?.[index] ?? undefined]));
      return toAnswer((name) => row.get(name));
    },
  };
}

function toAnswer(cell: (name: string) => string | undefined): FactsAnswer {
  const inRecovery = cell('in_recovery') === 't';
  const timeline = readTimeline(cell('timeline'), inRecovery);
  return {
    facts: {
      version: Number(cell('version')),
      versionText: cell('version_text') ?? '',
      inRecovery,
      readOnlyByDefault: cell('read_only_by_default') === 'on',
      database: cell('database') ?? '',
      user: cell('user_name') ?? '',
      systemIdentifier: cell('system_identifier'),
      startTimeSeconds: Number(cell('start_time')),
      timeline,
      readsAllStats: cell('reads_all_stats') === 't',
      listsArchiveStatus: cell('lists_archive_status') === 't',
      walSegmentBytes: Number(cell('wal_segment_bytes')),
    },
    heartbeat: {
      serverTimeSeconds: Number(cell('server_time')),
      lsn: parseLsn(cell('lsn') ?? ''),
      inRecovery,
      timeline,
      archivedCount: BigInt(cell('archived_count') ?? 0),
      failedCount: BigInt(cell('failed_count') ?? 0),
      lastArchivedFile: cell('last_archived_wal'),
    },
  };
}

/** A primary gives the first eight hexadecimal digits of a WAL file's name, a standby a number. */
function readTimeline(text: string | undefined, inRecovery: boolean): number | undefined {
  return text === undefined ? undefined : Number.parseInt(text, inRecovery ? 10 : 16);
}
