import type { AssessedFinding, Severity } from '../core/recoverability.ts';

/** One of the things that can be wrong. */
export interface FindingKind {
  readonly severity: Severity;
  /** Of its number; undefined if it has none. */
  readonly unit: AssessedFinding['unit'];
  /** One sentence for the documentation. */
  readonly meaning: string;
  /** The cure, as an order; where it is known which file or backup it is, the finding's own cure names it. */
  readonly cure: string;
}

/** The closed list; the critical ones first. */
export const FINDINGS = {
  no_usable_backup: {
    severity: 'critical',
    unit: 'backups',
    meaning: 'No backup can be restored: none is there, or all are broken.',
    cure: 'Make a full backup now, then restore it once to see that it works.',
  },
  no_way_to_now: {
    severity: 'critical',
    unit: 'segments',
    meaning: 'No backup leads to the end of the WAL archive: what was committed after a gap is lost with the server.',
    cure: 'Make a full backup now; then look for the missing WAL, which only matters for moments before that backup.',
  },
  archiver_losing: {
    severity: 'critical',
    unit: 'segments',
    meaning: 'PostgreSQL takes WAL to be archived that the archive does not hold.',
    cure: 'See what archive_command really does: it must fail when it did not store the file. Make a full backup as soon as it does.',
  },
  wrong_cluster: {
    severity: 'critical',
    unit: undefined,
    meaning: 'The newest backup or the WAL in the archive is of another cluster than this server.',
    cure: 'Give this server an archive and backups of its own: correct the path or stanza, and make a full backup.',
  },
  server_set_back: {
    severity: 'critical',
    unit: 'segments',
    meaning:
      "The archive holds more of the server's timeline than the server has: it was restored from before without a new timeline, or another server archives into it.",
    cure: 'Give this server an archive of its own, or another stanza, and make a full backup: what it archives now is refused, or replaces what the archive holds.',
  },
  archive_gap: {
    severity: 'warning',
    unit: 'segments',
    meaning: 'WAL is missing in the archive that a backup needs; moments behind the gap need a later backup.',
    cure: 'Copy the missing files into the archive if another copy of them exists; else accept the gap in the configuration (accepted_gaps).',
  },
  archiving_failing: {
    severity: 'warning',
    unit: 'seconds',
    meaning: 'The archiver is down, hangs, fails or gets nothing done.',
    cure: "Read the server's log for the message of archive_command, run the command by hand as the server's user, and free what blocks it.",
  },
  not_archiving: {
    severity: 'warning',
    unit: undefined,
    meaning: 'An archive, an rpo or a window is configured, but PostgreSQL archives no WAL and no program receives it.',
    cure: 'Set archive_mode = on and archive_command, and restart PostgreSQL.',
  },
  exposure_over_rpo: {
    severity: 'warning',
    unit: 'seconds',
    meaning: 'More would be lost with the server than the rpo allows.',
    cure: 'Bring archiving up to date; if it is, lower archive_timeout below the rpo.',
  },
  timeline_history_missing: {
    severity: 'warning',
    unit: 'files',
    meaning: 'The archive holds WAL of a timeline, but not the file that tells where it begins.',
    cure: "Copy the .history file from the server's pg_wal into the archive.",
  },
  backup_too_old: {
    severity: 'warning',
    unit: 'seconds',
    meaning: 'The newest usable backup is older than the backup interval.',
    cure: 'Find out why the backup did not run (its schedule, its log) and run it now.',
  },
  backup_errors: {
    severity: 'warning',
    unit: 'backups',
    meaning: 'Damaged pages were found in the newest backup: it can be restored, with the damage.',
    cure: 'Check the server with pg_amcheck and pg_checksums; keep the last backup without errors until that is settled.',
  },
  backup_broken: {
    severity: 'warning',
    unit: 'backups',
    meaning: 'A backup that is held cannot be restored.',
    cure: 'Do not count on it: expire it, and make another if it was the newest.',
  },
  backup_incomplete: {
    severity: 'warning',
    unit: 'backups',
    meaning: 'A copy in the repository is not whole or cannot be read, and no backup runs.',
    cure: 'Remove what an interrupted backup left behind, or make it readable.',
  },
  bad_wal_files: {
    severity: 'warning',
    unit: 'files',
    meaning: 'Files in the archive have names of WAL, but recovery cannot use them.',
    cure: 'Replace them by whole copies if those exist, else make a full backup.',
  },
  conflicting_archivers: {
    severity: 'warning',
    unit: 'files',
    meaning: 'The archive holds a segment twice with different contents: two servers archive into it.',
    cure: 'Find the second server and stop its archiving; then make a full backup.',
  },
  retention_not_satisfied: {
    severity: 'warning',
    unit: 'backups',
    meaning: 'Fewer backups are kept than the retention rules ask for.',
    cure: 'Raise the retention of the backup tool, and see on which days no backup was made.',
  },
  pitr_window_too_short: {
    severity: 'warning',
    unit: 'seconds',
    meaning: 'One cannot go back to any moment as far as the retention rule pitr asks for.',
    cure: 'Keep backups and WAL for longer; after a gap the window grows again by itself.',
  },
  restore_estimate_over_rto: {
    severity: 'warning',
    unit: 'seconds',
    meaning: 'A restore is estimated to take longer than the rto.',
    cure: 'Make full backups more often, or restore with more processes or from a nearer repository.',
  },
  source_failing: {
    severity: 'warning',
    unit: 'seconds',
    meaning: 'A source of backups or of WAL cannot be read; what is shown of it is from before.',
    cure: "Do what the source's error says; until then nothing new is known of it.",
  },
  clock_skew: {
    severity: 'warning',
    unit: 'seconds',
    meaning:
      'The clocks of the server, of the archive or of the backup host differ: times of windows are wrong by as much.',
    cure: 'Let all hosts synchronise their clocks (chrony, systemd-timesyncd).',
  },
  wal_volume_filling: {
    severity: 'warning',
    unit: 'seconds',
    meaning: 'The volume of pg_wal will be full soon at the present rate; PostgreSQL then stops.',
    cure: 'Free what holds WAL back, or enlarge the volume. Never delete files in pg_wal.',
  },
  wal_held_back: {
    severity: 'warning',
    unit: 'bytes',
    meaning: 'Archiving or a replication slot keeps much WAL in pg_wal.',
    cure: 'Repair archiving; drop the slot if nobody uses it any more, else bring its reader back.',
  },
  dump_too_old: {
    severity: 'warning',
    unit: 'seconds',
    meaning: 'The newest good dump of a database, of the cluster or of its globals is older than the dump interval.',
    cure: 'Find out why the dump did not run (its schedule, its log) and run it now.',
  },
  dump_invalid: {
    severity: 'warning',
    unit: 'dumps',
    meaning: 'The newest dump of a database is cut off, damaged or empty, or no dump at all.',
    cure: 'Look into the log of the job that makes it (a full disk, a lost connection), and make it again.',
  },
  dump_unchecked: {
    severity: 'warning',
    unit: 'dumps',
    meaning: 'The newest dump of a database could not be checked as closely as the configuration asks.',
    cure: 'Do what the error says, or ask for less (level).',
  },
  dump_shrunk: {
    severity: 'warning',
    unit: 'bytes',
    meaning: 'The newest dump of a database is smaller than half of the one before, and by 1 MiB at least.',
    cure: 'See whether so much was deleted; if not, keep the dump before, and see which tables the new one lacks (pg_restore -l).',
  },
  database_without_dump: {
    severity: 'warning',
    unit: 'databases',
    meaning: 'A database of the server has no good dump, though dumps are configured.',
    cure: 'Dump it too, or name it in dump_exclude of the repository if it needs no dump.',
  },
  drill_failed: {
    severity: 'warning',
    unit: 'drills',
    meaning: 'The last restore drill that came to an end failed: what was restored, or the drill itself, is no good.',
    cure: 'Read what the report says of it (the page at / and walguard status show it), cure that, and run walguard drill again.',
  },
  drill_overdue: {
    severity: 'warning',
    unit: 'seconds',
    meaning: 'The last restore drill that succeeded is longer ago than the drill interval.',
    cure: 'Find out why no drill ran (its timer, its log) and run walguard drill now.',
  },
  drill_never_succeeded: {
    severity: 'warning',
    unit: 'drills',
    meaning: 'A drill interval is configured, but no restore drill has ever succeeded.',
    cure: 'Run walguard drill, and let a timer run it from then on.',
  },
} as const satisfies Readonly<Record<string, FindingKind>>;

export type FindingName = keyof typeof FINDINGS;
