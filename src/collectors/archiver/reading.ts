import type { RunningBackup } from '../../core/catalogue.ts';
import { type Lsn, parseLsn, parseWalFileName, type WalFileName } from '../../core/lsn.ts';
import type { ServerView } from '../../core/recoverability.ts';
import { readBaseBackups, readDatabases, readReceivers } from './streams.ts';

/** What the server said of its archiver in one scrape. Times are Unix seconds by the server's clock. */
export interface ArchiverReading {
  readonly mode: string;
  readonly inRecovery: boolean;
  readonly configured: boolean;
  /** As PostgreSQL wrote it: it may exceed 2^53. */
  readonly archivedCount: string;
  readonly failedCount: string;
  /** A segment's name, or that of a .backup, .partial or .history file. */
  readonly lastArchivedFile: string | undefined;
  readonly lastArchivedTime: number | undefined;
  readonly lastFailedTime: number | undefined;
  readonly statsReset: number | undefined;
  /** Undefined where the process cannot be seen: before PostgreSQL 14, or without the right. */
  readonly processes: number | undefined;
  /** When the process started; undefined where there is none, or it cannot be seen. */
  readonly processStart: number | undefined;
  /** The process waits for the archive command; never true before 15, which does not show it. */
  readonly inCommand: boolean;
  /** Undefined where the backlog cannot be read; 0 when none waits. */
  readonly readySegments: number | undefined;
  /** Of any waiting file; undefined when none waits or it cannot be read. */
  readonly oldestReadyTime: number | undefined;
  readonly oldestReadySegment: WalFileName | undefined;
  /** When the last archived file was closed for writing. */
  readonly lastArchivedClosed: number | undefined;
  readonly serverTime: number;
  readonly serverStart: number;
  readonly systemIdentifier: string | undefined;
  /** The position written, or in recovery received. */
  readonly lsn: Lsn | undefined;
  readonly timeline: number | undefined;
  readonly segmentBytes: number;
  /** Programs that keep the WAL they stream; empty if there are none, or they cannot be seen or were not asked for. */
  readonly receivers: ServerView['receivers'];
  /** That run now; undefined where they cannot be seen. */
  readonly baseBackups: readonly RunningBackup[] | undefined;
  /** That can be dumped, sorted; undefined where they were not asked for. */
  readonly databases?: readonly string[] | undefined;
}

/** What the reading's meaning depends on, from the facts. */
export interface ReadingContext {
  readonly inRecovery: boolean;
  readonly showsProcess: boolean;
  readonly showsBaseBackups: boolean;
  readonly segmentBytes: number;
}

/** @param cell gives a column's text by its name; undefined for NULL */
export function toReading(cell: (name: string) => string | undefined, context: ReadingContext): ArchiverReading {
  const numberOf = (name: string): number | undefined => {
    const text = cell(name);
    return text === undefined ? undefined : Number(text);
  };
  const timeline = cell('timeline');
  return {
    mode: cell('archive_mode') ?? 'off',
    inRecovery: context.inRecovery,
    configured: cell('configured') === 't',
    archivedCount: cell('archived_count') ?? '0',
    failedCount: cell('failed_count') ?? '0',
    lastArchivedFile: cell('last_archived_wal'),
    lastArchivedTime: numberOf('last_archived_time'),
    lastFailedTime: numberOf('last_failed_time'),
    statsReset: numberOf('stats_reset'),
    processes: context.showsProcess ? numberOf('processes') : undefined,
    processStart: context.showsProcess ? numberOf('process_start') : undefined,
    inCommand: cell('in_command') === 't',
    readySegments: numberOf('ready_segments'),
    oldestReadyTime: numberOf('oldest_ready_time'),
    oldestReadySegment: parseWalFileName(cell('oldest_ready_segment') ?? '', context.segmentBytes),
    lastArchivedClosed: numberOf('last_archived_closed'),
    serverTime: numberOf('server_time') ?? 0,
    serverStart: numberOf('server_start') ?? 0,
    systemIdentifier: cell('system_identifier'),
    lsn: parseLsn(cell('lsn') ?? ''),
    timeline: timeline === undefined ? undefined : Number.parseInt(timeline, 16),
    segmentBytes: context.segmentBytes,
    receivers: readReceivers(cell('receivers') ?? ''),
    databases: readDatabases(cell('databases')),
    baseBackups: context.showsBaseBackups ? readBaseBackups(cell('base_backups') ?? '') : undefined,
  };
}

/** True if this node should archive now. */
export function isArchivingExpected({ mode, inRecovery }: ArchiverReading): boolean {
  return mode === 'always' || (mode === 'on' && !inRecovery);
}

/** True for the name of a segment or of a `.partial`, which say exactly up to where WAL is archived. */
export function namesSegment(file: string): boolean {
  return /^[0-9A-F]{24}(\.partial)?$/.test(file);
}
