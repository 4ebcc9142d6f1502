import { describe, expect, it } from 'vitest';
import { emptyArchive, type RunningBackup } from '../../../src/core/catalogue.ts';
import { type ServerView, VERDICTS } from '../../../src/core/recoverability.ts';
import { layOutPage } from '../../../src/exposition/page.ts';
import { createStepSink } from '../../../src/scrape/sink.ts';
import type { Report } from '../../../src/recoverability/assessor.ts';
import { assessDrills } from '../../../src/recoverability/drills.ts';
import { createRecoverabilityCollector } from '../../../src/recoverability/collector.ts';
import { assessedOf, backupOf, catalogueOf, reportOf, repositoryOf } from './reports.ts';
import { drillReportOf, failedDrillOf } from '../../support/drill-reports.ts';
import { NOTHING_WANTED } from '../../support/recoverability.ts';

/** The page without its HELP and TYPE lines. */
function pageOf(report: Report, format: 'text' | 'openmetrics' = 'text'): string {
  const sink = createStepSink();
  void createRecoverabilityCollector(() => report).withoutServer?.emit(sink);
  return Buffer.concat([...layOutPage(sink.finish(), format)])
    .toString()
    .replaceAll(/^# (HELP|TYPE|UNIT).*\n/gm, '');
}

const EMPTY_ARCHIVE = emptyArchive(0);

const RUNNING: RunningBackup = {
  type: 'full',
  startTimeSeconds: undefined,
  doneBytes: undefined,
  expectedBytes: undefined,
};

const SERVER: ServerView = {
  timeSeconds: 1_000,
  clockSkewSeconds: 0,
  systemIdentifier: '7',
  timeline: 1,
  inRecovery: false,
  segmentBytes: 16_777_216,
  lsn: 0n,
  archivingExpected: true,
  archiverState: 'ok',
  archivedEnd: undefined,
  lastArchivedFile: undefined,
  lastArchivedTimeSeconds: undefined,
  lastArchivedClosedSeconds: undefined,
  readySegments: 0,
  oldestReadyTimeSeconds: undefined,
  receivers: [],
  walUntilFullSeconds: undefined,
  walRetainedBytes: new Map(),
};

const FULL = assessedOf(backupOf('F', 1_000, { sizeBytes: 300, storedBytes: 100 }));
const DIFFERENTIAL = assessedOf(backupOf('D', 1_500, { type: 'differential', startTimeSeconds: undefined }), 'limited');
const BROKEN = assessedOf(backupOf('G', 2_000, { hasErrors: true }), 'broken');

const EVERYTHING: Report = reportOf(
  {
    repositories: [
      {
        input: {
          name: 'main',
          policy: {
            ...NOTHING_WANTED,
            backupIntervalSeconds: 86_400,
            drillIntervalSeconds: 2_592_000,
            retention: { ...NOTHING_WANTED.retention, pitrSeconds: 604_800 },
          },
          archive: EMPTY_ARCHIVE,
          catalogue: catalogueOf(),
        },
        readings: [{ method: 'pg_basebackup', catalogue: catalogueOf({ lastFailureSeconds: 900, running: [] }) }],
      },
    ],
  },
  {
    verdict: 'at_risk',
    findings: [
      {
        finding: 'gap',
        severity: 'critical',
        present: true,
        value: 3,
        threshold: 0,
        unit: 'segments',
        message: 'Three are missing.',
        evidence: [],
        cure: 'Take a backup.',
      },
      {
        finding: 'unread',
        severity: 'warning',
        present: undefined,
        value: undefined,
        threshold: undefined,
        unit: undefined,
        message: undefined,
        evidence: [],
        cure: 'Wait.',
      },
    ],
    exposure: { seconds: 4.5, bytes: 18446744073709551615n, method: 'lsn_ring', evidence: 'archive' },
    policy: { rpoSeconds: 300, rtoSeconds: 3_600 },
    sources: [
      {
        repository: 'main',
        source: 'archive',
        method: 'directory',
        up: true,
        lastSuccessSeconds: 2_500.25,
        readDurationSeconds: 0.5,
        error: undefined,
      },
      {
        repository: 'main',
        source: 'backup',
        method: 'pg_basebackup',
        up: false,
        lastSuccessSeconds: 2_400,
        readDurationSeconds: 30,
        error: { code: 'SOURCE_TIMEOUT', message: 'slow', hint: undefined },
      },
    ],
    repositories: [
      repositoryOf({
        backups: [FULL, DIFFERENTIAL, BROKEN],
        windows: [
          { earliestSeconds: 100, latestSeconds: 200, latestLsn: 1n, timeline: 1, backups: [] },
          { earliestSeconds: 1_000, latestSeconds: 2_300, latestLsn: 2n, timeline: 1, backups: ['F'] },
        ],
        gaps: [
          { timeline: 1, first: 10, last: 12, firstName: '', lastName: '', accepted: false, reason: undefined },
          { timeline: 1, first: 20, last: 29, firstName: '', lastName: '', accepted: true, reason: undefined },
        ],
        archive: {
          segments: 40,
          oldestTimeSeconds: 10,
          newestTimeSeconds: 2_345,
          newestEnd: 0x1_0000_0000n,
          newestTimeline: 1,
          pendingSegments: 1,
          orphanSegments: 2,
          badFiles: [{ name: 'x', reason: 'empty', timeline: 1, segment: 5 }],
          timelines: [1],
        },
        retention: [
          { rule: 'daily', satisfied: true, required: 7, present: 7, warmingUp: false },
          { rule: 'pitr', satisfied: false, required: 604_800, present: 1_300, warmingUp: false },
        ],
        restoreEstimate: { restoreSeconds: 60, recoverySeconds: 30 },
        drills: assessDrills({ reports: [failedDrillOf(), drillReportOf()], older: 0, problems: [] }),
      }),
    ],
  },
);

describe('the samples of an answer', () => {
  it('are every family with its labels', () => {
    expect(pageOf(EVERYTHING)).toMatchInlineSnapshot(`
      "pg_archive_bad_files{repository="main"} 1
      pg_archive_gap_segments{repository="main"} 3
      pg_archive_newest_lsn_bytes{repository="main"} 4294967296
      pg_archive_newest_timestamp_seconds{repository="main"} 2345
      pg_archive_oldest_timestamp_seconds{repository="main"} 10
      pg_archive_orphan_segments{repository="main"} 2
      pg_archive_pending_segments{repository="main"} 1
      pg_archive_segments{repository="main"} 40
      pg_backup_last_duration_seconds{repository="main",method="pg_basebackup",type="full"} 60
      pg_backup_last_error{repository="main",method="pg_basebackup",type="full"} 1
      pg_backup_last_error{repository="main",method="pg_basebackup",type="differential"} 0
      pg_backup_last_failure_timestamp_seconds{repository="main",method="pg_basebackup"} 900
      pg_backup_last_size_bytes{repository="main",method="pg_basebackup",type="full"} 300
      pg_backup_last_stored_bytes{repository="main",method="pg_basebackup",type="full"} 100
      pg_backup_last_success_timestamp_seconds{repository="main",method="pg_basebackup",type="full"} 1000
      pg_backup_last_success_timestamp_seconds{repository="main",method="pg_basebackup",type="differential"} 1500
      pg_backup_running{repository="main",method="pg_basebackup"} 0
      pg_backups{repository="main",method="pg_basebackup",type="full",recoverability="pitr"} 1
      pg_backups{repository="main",method="pg_basebackup",type="full",recoverability="limited"} 0
      pg_backups{repository="main",method="pg_basebackup",type="full",recoverability="consistent_only"} 0
      pg_backups{repository="main",method="pg_basebackup",type="full",recoverability="broken"} 1
      pg_backups{repository="main",method="pg_basebackup",type="differential",recoverability="pitr"} 0
      pg_backups{repository="main",method="pg_basebackup",type="differential",recoverability="limited"} 1
      pg_backups{repository="main",method="pg_basebackup",type="differential",recoverability="consistent_only"} 0
      pg_backups{repository="main",method="pg_basebackup",type="differential",recoverability="broken"} 0
      pg_backups{repository="main",method="pg_basebackup",type="incremental",recoverability="pitr"} 0
      pg_backups{repository="main",method="pg_basebackup",type="incremental",recoverability="limited"} 0
      pg_backups{repository="main",method="pg_basebackup",type="incremental",recoverability="consistent_only"} 0
      pg_backups{repository="main",method="pg_basebackup",type="incremental",recoverability="broken"} 0
      pg_pitr_earliest_timestamp_seconds{repository="main"} 1000
      pg_pitr_latest_timestamp_seconds{repository="main"} 2300
      pg_pitr_windows{repository="main"} 2
      pg_recoverability_finding{finding="gap",severity="critical"} 1
      pg_recoverability_status{status="recoverable"} 0
      pg_recoverability_status{status="at_risk"} 1
      pg_recoverability_status{status="not_recoverable"} 0
      pg_recoverability_status{status="unknown"} 0
      pg_recovery_point_exposure_bytes 18446744073709551615
      pg_recovery_point_exposure_info{method="lsn_ring",evidence="archive"} 1
      pg_recovery_point_exposure_seconds 4.5
      pg_restore_drill_bytes{repository="main",phase="restore"} 6000000000
      pg_restore_drill_bytes{repository="main",phase="recovery"} 320000000
      pg_restore_drill_bytes{repository="main",phase="checks"} 5900000000
      pg_restore_drill_duration_seconds{repository="main",phase="restore"} 60
      pg_restore_drill_duration_seconds{repository="main",phase="recovery"} 10
      pg_restore_drill_duration_seconds{repository="main",phase="checks"} 20
      pg_restore_drill_last_run_timestamp_seconds{repository="main"} 1700087000
      pg_restore_drill_last_success_timestamp_seconds{repository="main"} 1700000600
      pg_restore_drill_recovered_to_timestamp_seconds{repository="main"} 1700000469
      pg_restore_drill_rto_seconds{repository="main"} 72.5
      pg_restore_drill_shortfall_seconds{repository="main"} 0
      pg_restore_drill_success{repository="main"} 0
      pg_restore_estimate_seconds{repository="main",phase="restore"} 60
      pg_restore_estimate_seconds{repository="main",phase="recovery"} 30
      pg_retention_satisfied{repository="main",rule="daily"} 1
      pg_retention_satisfied{repository="main",rule="pitr"} 0
      walguard_policy_backup_interval_seconds{repository="main"} 86400
      walguard_policy_drill_interval_seconds{repository="main"} 2592000
      walguard_policy_pitr_window_seconds{repository="main"} 604800
      walguard_policy_rpo_seconds 300
      walguard_policy_rto_seconds 3600
      walguard_source_last_success_timestamp_seconds{repository="main",source="archive",method="directory"} 2500.25
      walguard_source_last_success_timestamp_seconds{repository="main",source="backup",method="pg_basebackup"} 2400
      walguard_source_read_duration_seconds{repository="main",source="archive",method="directory"} 0.5
      walguard_source_read_duration_seconds{repository="main",source="backup",method="pg_basebackup"} 30
      walguard_source_up{repository="main",source="archive",method="directory"} 1
      walguard_source_up{repository="main",source="backup",method="pg_basebackup"} 0
      "
    `);
  });

  it('are the same in both formats', () => {
    expect(pageOf(EVERYTHING, 'openmetrics')).toBe(`${pageOf(EVERYTHING)}# EOF\n`);
  });

  it('without sources are the verdict unknown and nothing else', () => {
    expect(pageOf(reportOf())).toBe(
      VERDICTS.map((status) => `pg_recoverability_status{status="${status}"} ${Number(status === 'unknown')}\n`).join(
        '',
      ),
    );
  });

  it('of sources that were not read yet say nothing of what they hold', () => {
    const input = { name: 'main', policy: NOTHING_WANTED, archive: undefined, catalogue: undefined };
    const source = { lastSuccessSeconds: undefined, readDurationSeconds: undefined, error: undefined, up: undefined };
    const page = pageOf(
      reportOf(
        { repositories: [{ input, readings: [{ method: 'pgbackrest', catalogue: undefined }] }] },
        {
          repositories: [repositoryOf()],
          sources: [{ repository: 'main', source: 'backup', method: 'pgbackrest', ...source }],
        },
      ),
    );

    expect(page.split('\n').filter((line) => !line.startsWith('pg_recoverability_status'))).toEqual(['']);
  });

  it('of an archive alone say nothing of gaps and windows', () => {
    const input = { name: 'main', policy: NOTHING_WANTED, archive: EMPTY_ARCHIVE, catalogue: undefined };
    const archive = {
      segments: 0,
      oldestTimeSeconds: undefined,
      newestTimeSeconds: undefined,
      newestEnd: undefined,
      newestTimeline: undefined,
      pendingSegments: 0,
      orphanSegments: 0,
      badFiles: [],
      timelines: [],
    };
    const page = pageOf(
      reportOf({ repositories: [{ input, readings: [] }] }, { repositories: [repositoryOf({ archive })] }),
    );

    expect(page).toContain('pg_archive_segments{repository="main"} 0\n');
    expect(page).not.toMatch(/pg_pitr|pg_archive_gap|pg_archive_newest|pg_backup/);
  });

  it.each([
    ['what the server tells, whatever the files look like', catalogueOf({ running: [RUNNING] }), [RUNNING, RUNNING], 2],
    ['what the source says, where the server cannot', catalogueOf({ running: [RUNNING] }), undefined, 1],
    ['what the server tells, where the source cannot', catalogueOf(), [RUNNING, RUNNING], 2],
    ['what the server tells of a source that was never read', undefined, [], 0],
  ])('count the backups that run by %s', (_what, catalogue, baseBackups, running) => {
    const input = { name: 'main', policy: NOTHING_WANTED, archive: undefined, catalogue };
    const readings = [
      { method: 'pg_basebackup', catalogue },
      { method: 'other', catalogue: catalogueOf() },
    ];
    const server = baseBackups === undefined ? SERVER : { ...SERVER, baseBackups };
    const page = pageOf(reportOf({ server, repositories: [{ input, readings }] }, { repositories: [repositoryOf()] }));

    expect(page.match(/pg_backup_running.*/g)).toEqual([
      `pg_backup_running{repository="main",method="pg_basebackup"} ${running}`,
    ]);
  });
});
