import type { Verdict } from '../../src/core/recoverability.ts';
import type { FindingName } from '../../src/recoverability/finding-list.ts';

/** A directory archive that `cp` fills and backups of pg_basebackup, or a repository of pgBackRest. */
export type Tool = 'files' | 'pgbackrest';

/**
 * What walguard has to say of one situation. A and B are the backups that are there, the oldest first; `A+2` is the second
 * segment behind the one in which A ended, `end` the newest in the archive.
 */
export interface VerdictRow {
  readonly situation: string;
  readonly tools: readonly Tool[];
  readonly verdict: Verdict;
  /** From which backups up to where any moment can be restored, the oldest span first. */
  readonly spans: readonly string[];
  readonly gaps: readonly string[];
  readonly backups: string;
  /** All that are present. */
  readonly findings: readonly FindingName[];
}

const BOTH: readonly Tool[] = ['files', 'pgbackrest'];
const FILES: readonly Tool[] = ['files'];
const PGBACKREST: readonly Tool[] = ['pgbackrest'];

const TO_NOW = { spans: ['A B to end'], gaps: [], backups: '2 pitr' } as const;
const HEALTHY = { ...TO_NOW, verdict: 'recoverable', findings: [] } as const;
const APART = { spans: ['A to A+1', 'B to end'], gaps: ['A+2'], backups: '1 limited, 1 pitr' } as const;
const NOTHING = { spans: [], gaps: [], backups: 'none' } as const;

/** Written down before it was seen; docs/recoverability.md shows it, and real servers, tools and repositories are held to it. */
export const VERDICT_TABLE = {
  healthy: { situation: 'All is as it should be', tools: BOTH, ...HEALTHY },
  missing: {
    situation: 'A segment was deleted between two backups',
    tools: BOTH,
    ...APART,
    verdict: 'at_risk',
    findings: ['archive_gap'],
  },
  accepted: {
    situation: 'The same, and the gap is accepted in the configuration',
    tools: BOTH,
    ...APART,
    gaps: ['A+2 accepted'],
    verdict: 'recoverable',
    findings: [],
  },
  missing_behind: {
    situation: 'A segment was deleted behind the newest backup',
    tools: BOTH,
    verdict: 'not_recoverable',
    spans: ['A B to B+1'],
    gaps: ['B+2'],
    backups: '2 limited',
    findings: ['no_way_to_now', 'archive_gap'],
  },
  out_of_turn: {
    situation: 'The same, but what is behind it came less than `pending_after` ago',
    tools: BOTH,
    ...HEALTHY,
    spans: ['A B to B+1'],
  },
  truncated: {
    situation: 'A segment was cut short',
    tools: BOTH,
    ...APART,
    verdict: 'at_risk',
    findings: ['archive_gap', 'bad_wal_files'],
  },
  foreign: {
    situation: 'A segment is that of another cluster',
    tools: BOTH,
    ...APART,
    verdict: 'at_risk',
    findings: ['archive_gap', 'bad_wal_files'],
  },
  conflicting: {
    situation: 'A segment is there twice, with different contents',
    tools: PGBACKREST,
    ...APART,
    verdict: 'at_risk',
    findings: ['archive_gap', 'conflicting_archivers'],
  },
  on_its_way: {
    situation: 'The newest segment is missing, for less than `pending_after`',
    tools: BOTH,
    ...HEALTHY,
  },
  lost_at_end: {
    situation: 'The newest segment is missing, for longer',
    tools: BOTH,
    ...TO_NOW,
    verdict: 'not_recoverable',
    findings: ['archiver_losing'],
  },
  not_mounted: {
    situation: 'The archive is empty: its disk is not mounted',
    tools: FILES,
    verdict: 'not_recoverable',
    spans: [],
    gaps: [],
    backups: '2 consistent_only',
    findings: ['no_way_to_now', 'archiver_losing'],
  },
  expired: {
    situation: 'The oldest backup expired',
    tools: BOTH,
    ...HEALTHY,
    spans: ['A to end'],
    backups: '1 pitr',
  },
  wal_expired: {
    situation: 'WAL is kept for a shorter time than backups',
    tools: BOTH,
    verdict: 'recoverable',
    spans: ['B to end'],
    gaps: [],
    backups: '1 consistent_only, 1 pitr',
    findings: [],
  },
  interrupted: {
    situation: 'A backup was killed, and left what it had copied',
    tools: FILES,
    ...TO_NOW,
    verdict: 'at_risk',
    findings: ['backup_incomplete'],
  },
  interrupted_by_pgbackrest: {
    situation: 'A backup was killed; the next one goes on with what it left',
    tools: PGBACKREST,
    ...HEALTHY,
  },
  locked: { situation: 'The repository is locked by a backup that runs', tools: PGBACKREST, ...HEALTHY },
  unreadable: {
    situation: 'The repository may not be read',
    tools: BOTH,
    ...NOTHING,
    verdict: 'unknown',
    findings: ['source_failing'],
  },
  not_there: {
    situation: 'The path or the stanza in the configuration is wrong',
    tools: BOTH,
    ...NOTHING,
    verdict: 'unknown',
    findings: ['source_failing'],
  },
  gone: {
    situation: 'The repository could be read, and cannot be read any more',
    tools: BOTH,
    ...TO_NOW,
    verdict: 'at_risk',
    findings: ['source_failing'],
  },
  drill_failed: {
    situation: 'The last restore drill failed',
    tools: FILES,
    ...TO_NOW,
    verdict: 'at_risk',
    findings: ['drill_failed'],
  },
  drill_interrupted: {
    situation: 'The last restore drill was interrupted, the one before succeeded',
    tools: FILES,
    ...HEALTHY,
  },
  drill_overdue: {
    situation: 'The last restore drill that succeeded is longer ago than `drill_interval`',
    tools: FILES,
    ...TO_NOW,
    verdict: 'at_risk',
    findings: ['drill_overdue'],
  },
  never_drilled: {
    situation: '`drill_interval` is configured, and no restore drill ever ran',
    tools: FILES,
    ...TO_NOW,
    verdict: 'at_risk',
    findings: ['drill_never_succeeded'],
  },
  other_server: {
    situation: 'Archive and backups are those of another server',
    tools: BOTH,
    verdict: 'not_recoverable',
    spans: [],
    gaps: [],
    backups: '2 broken',
    findings: ['no_usable_backup', 'wrong_cluster', 'bad_wal_files'],
  },
  large: { situation: 'Segments of 64 MB', tools: BOTH, ...HEALTHY },
  large_missing: {
    situation: 'Segments of 64 MB, and one was deleted between two backups',
    tools: BOTH,
    ...APART,
    verdict: 'at_risk',
    findings: ['archive_gap'],
  },
  promoted: { situation: 'A standby was promoted', tools: BOTH, ...HEALTHY },
  promoted_without_history: {
    situation: 'A standby was promoted, and its `.history` file is missing',
    tools: BOTH,
    verdict: 'not_recoverable',
    spans: ['A B to end of timeline 1'],
    gaps: [],
    backups: '2 limited',
    findings: ['no_way_to_now', 'timeline_history_missing'],
  },
  no_archive: {
    situation: 'There are backups with their WAL, and no archive is configured',
    tools: FILES,
    verdict: 'recoverable',
    spans: [],
    gaps: [],
    backups: '1 consistent_only',
    findings: [],
  },
  no_command: {
    situation: '`archive_command` is empty',
    tools: FILES,
    verdict: 'not_recoverable',
    spans: [],
    gaps: [],
    backups: '1 consistent_only',
    findings: ['no_way_to_now', 'not_archiving'],
  },
  bin_true: {
    situation: '`archive_command` is `/bin/true`: nothing was ever archived',
    tools: FILES,
    verdict: 'not_recoverable',
    spans: [],
    gaps: [],
    backups: '1 consistent_only',
    findings: ['no_way_to_now', 'archiver_losing'],
  },
  set_back: {
    situation: 'The server was restored from before, and stayed on its timeline',
    tools: FILES,
    verdict: 'not_recoverable',
    spans: ['A to end'],
    gaps: [],
    backups: '1 pitr',
    findings: ['server_set_back'],
  },
  page_error: {
    situation: 'The newest backup has a page with a wrong checksum',
    tools: PGBACKREST,
    verdict: 'at_risk',
    spans: ['A B C to end'],
    gaps: [],
    backups: '3 pitr',
    findings: ['backup_errors'],
  },
  page_error_of_server: {
    situation: 'pg_basebackup ended with an error for a page with a wrong checksum, and left what it had copied',
    tools: FILES,
    ...TO_NOW,
    verdict: 'at_risk',
    findings: ['backup_incomplete'],
  },
  dropping: {
    situation: 'The repository takes no WAL, and pgBackRest drops it (`archive-push-queue-max`)',
    tools: PGBACKREST,
    verdict: 'not_recoverable',
    spans: ['A B C to end'],
    gaps: [],
    backups: '3 pitr',
    findings: ['archiver_losing', 'archiving_failing', 'backup_errors'],
  },
  dropped: {
    situation: 'The same, and the repository takes WAL again',
    tools: PGBACKREST,
    verdict: 'not_recoverable',
    spans: ['A B C to what was dropped'],
    gaps: ['what was dropped'],
    backups: '3 limited',
    findings: ['no_way_to_now', 'archive_gap', 'backup_errors'],
  },
} as const satisfies Readonly<Record<string, VerdictRow>>;

export type Situation = keyof typeof VERDICT_TABLE;
