import type { Backup, BackupLabel } from './catalogue.ts';

/** Whose own files tell when it ended by the time they were written only. */
const FROM_FILES = 'pg_basebackup';

/**
 * Backups with what PostgreSQL itself wrote of them into the archive: of those in files, that tells when and where they
 * ended, whoever copied them here since. A backup is told by where its WAL begins.
 */
export function joinLabels(backups: readonly Backup[], labels: readonly BackupLabel[]): readonly Backup[] {
  const byStart = new Map(labels.map((label) => [keyOf(label), label]));
  return backups.map((backup) => {
    const found = byStart.get(keyOf(backup));
    if (found === undefined || backup.method !== FROM_FILES || backup.wal === undefined) return backup;
    const { startTimeSeconds, stopTimeSeconds, wal } = found;
    return { ...backup, startTimeSeconds, stopTimeSeconds, wal: { ...backup.wal, stop: wal.stop } };
  });
}

/** Labels of backups that no source tells of: copies that are elsewhere, were taken by another tool, or are gone. */
export function unlistedLabels(labels: readonly BackupLabel[], backups: readonly Backup[]): readonly BackupLabel[] {
  const listed = new Set(backups.map(keyOf));
  return labels.filter((label) => !listed.has(keyOf(label)));
}

function keyOf({ wal }: Pick<Backup, 'wal'> | Pick<BackupLabel, 'wal'>): string {
  return wal === undefined ? '' : `${wal.timeline} ${wal.start}`;
}
