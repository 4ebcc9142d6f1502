import type { BackupLabel } from '../../../../src/core/catalogue.ts';
import type {
  Assessment,
  AssessedBackup,
  AssessedFinding,
  RepositoryAssessment,
} from '../../../../src/core/recoverability.ts';

/** 2026-11-22 18:00:00 UTC. */
export const NOW = Date.UTC(2026, 10, 22, 18) / 1_000;
const HOUR = 3_600;
const DAY = 86_400;

export function findingOf(changes: Partial<AssessedFinding>): AssessedFinding {
  return {
    finding: 'archive_gap',
    severity: 'critical',
    present: false,
    value: undefined,
    threshold: undefined,
    unit: undefined,
    message: undefined,
    evidence: [],
    cure: 'Take a backup.',
    ...changes,
  };
}

export function backupOf(label: string, changes: Partial<AssessedBackup['backup']> = {}): AssessedBackup {
  return {
    backup: {
      label,
      method: 'pgbackrest',
      type: 'full',
      startTimeSeconds: NOW - DAY - 300,
      stopTimeSeconds: NOW - DAY,
      wal: { timeline: 1, start: 0x1_0200_0028n, stop: 0x1_0200_0138n, included: false },
      systemIdentifier: '7443210987654321098',
      majorVersion: 150_000,
      needs: [],
      hasErrors: false,
      sizeBytes: 1_610_612_736,
      storedBytes: 204_800,
      ...changes,
    },
    recoverability: 'pitr',
    reason: undefined,
    reaches: undefined,
  };
}

export function labelOf(label: string, stopTimeSeconds = NOW - 2 * DAY): BackupLabel {
  return {
    fileName: '000000010000000100000001.00000028.backup',
    label,
    wal: { timeline: 1, start: 0x1_0100_0028n, stop: 0x1_0100_0138n },
    startTimeSeconds: stopTimeSeconds - 60,
    stopTimeSeconds,
    fromStandby: false,
  };
}

export function repositoryOf(changes: Partial<RepositoryAssessment> = {}): RepositoryAssessment {
  const full = backupOf('20261121-175500F');
  const increment = backupOf('20261121-175500F_20261122-120000I', {
    type: 'incremental',
    stopTimeSeconds: NOW - 6 * HOUR,
    needs: ['20261121-175500F'],
    sizeBytes: undefined,
  });
  return {
    name: 'main',
    backups: [full, increment],
    newest: { full, incremental: increment },
    windows: [
      {
        earliestSeconds: NOW - DAY,
        latestSeconds: NOW - 12,
        latestLsn: 0x16_b374_d848n,
        timeline: 1,
        backups: ['20261121-175500F', '20261121-175500F_20261122-120000I'],
      },
    ],
    gaps: [],
    archive: {
      segments: 321,
      oldestTimeSeconds: NOW - 2 * DAY,
      newestTimeSeconds: NOW - 12,
      newestEnd: 0x16_b400_0000n,
      newestTimeline: 1,
      pendingSegments: 0,
      orphanSegments: 0,
      badFiles: [],
      timelines: [1],
    },
    unlisted: [],
    retention: [{ rule: 'pitr', satisfied: true, required: DAY, present: DAY, warmingUp: true }],
    restoreEstimate: { restoreSeconds: 300, recoverySeconds: 75 },
    ...changes,
  };
}

/** All is well. */
export function assessmentOf(changes: Partial<Assessment> = {}): Assessment {
  return {
    verdict: 'recoverable',
    findings: [findingOf({})],
    exposure: { seconds: 12.345, bytes: 2n ** 63n, method: 'lsn_ring', evidence: 'archive' },
    repositories: [repositoryOf()],
    sources: [
      {
        repository: 'main',
        source: 'backup',
        method: 'pgbackrest',
        up: true,
        lastSuccessSeconds: NOW - 20,
        readDurationSeconds: 0.4,
        error: undefined,
      },
    ],
    policy: { rpoSeconds: 60, rtoSeconds: undefined },
    assessedAtSeconds: NOW,
    ...changes,
  };
}

/** A segment is missing, and more is wrong. */
export const broken: Assessment = assessmentOf({
  verdict: 'not_recoverable',
  findings: [
    findingOf({
      finding: 'retention',
      severity: 'warning',
      present: true,
      message: 'Repository main keeps 1 of 7 daily backups.',
      value: 1,
      threshold: 7,
      unit: 'backups',
      cure: 'Keep more backups, or ask for fewer.',
    }),
    findingOf({
      present: true,
      message: '1 segment of WAL is missing in repository main.',
      value: 1,
      threshold: 0,
      unit: 'segments',
      evidence: ['000000010000000100000021'],
    }),
    findingOf({ finding: 'wal_full', present: undefined }),
  ],
  exposure: undefined,
  repositories: [
    repositoryOf({
      windows: [],
      gaps: [
        {
          timeline: 1,
          first: 289,
          last: 289,
          firstName: '000000010000000100000021',
          lastName: '000000010000000100000021',
          accepted: false,
          reason: undefined,
        },
        {
          timeline: 1,
          first: 300,
          last: 302,
          firstName: '00000001000000010000002C',
          lastName: '00000001000000010000002E',
          accepted: true,
          reason: 'the disk that held it is gone',
        },
      ],
      backups: [
        { ...backupOf('20261121-175500F', { hasErrors: true }), recoverability: 'limited', reason: 'WAL is missing' },
      ],
      archive: undefined,
      unlisted: [labelOf('by hand')],
      retention: [{ rule: 'daily', satisfied: false, required: 7, present: 1, warmingUp: false }],
      restoreEstimate: undefined,
    }),
  ],
  sources: [
    {
      repository: 'main',
      source: 'archive',
      method: 'directory',
      up: false,
      lastSuccessSeconds: undefined,
      readDurationSeconds: 0.1,
      error: { code: 'SOURCE_UNREADABLE', message: '/backup cannot be listed', hint: 'Let walguard read it.' },
    },
  ],
});
