import type { Backup, BackupCatalogue } from '../../../src/core/catalogue.ts';
import type { AssessedBackup, RepositoryAssessment } from '../../../src/core/recoverability.ts';
import type { Report } from '../../../src/recoverability/assessor.ts';

export function backupOf(label: string, stopTimeSeconds: number, changes: Partial<Backup> = {}): Backup {
  return {
    label,
    method: 'pg_basebackup',
    type: 'full',
    startTimeSeconds: stopTimeSeconds - 60,
    stopTimeSeconds,
    wal: undefined,
    systemIdentifier: undefined,
    majorVersion: undefined,
    needs: [],
    hasErrors: false,
    sizeBytes: undefined,
    storedBytes: undefined,
    ...changes,
  };
}

export function assessedOf(backup: Backup, recoverability: AssessedBackup['recoverability'] = 'pitr'): AssessedBackup {
  return { backup, recoverability, reason: undefined, reaches: undefined };
}

export function catalogueOf(changes: Partial<BackupCatalogue> = {}): BackupCatalogue {
  return { backups: [], running: undefined, lastFailureSeconds: undefined, problems: [], ...changes };
}

export function repositoryOf(changes: Partial<RepositoryAssessment> = {}): RepositoryAssessment {
  return {
    name: 'main',
    backups: [],
    newest: {},
    windows: [],
    gaps: [],
    archive: undefined,
    retention: [],
    unlisted: [],
    restoreEstimate: undefined,
    ...changes,
  };
}

/** What a walguard says that has no sources. */
export function reportOf(changes: Partial<Report> = {}, assessment: Partial<Report['assessment']> = {}): Report {
  return {
    assessment: {
      verdict: 'unknown',
      findings: [],
      exposure: undefined,
      repositories: [],
      sources: [],
      policy: { rpoSeconds: undefined, rtoSeconds: undefined },
      assessedAtSeconds: 1_000,
      ...assessment,
    },
    server: undefined,
    repositories: [],
    ...changes,
  };
}
