import type { RunningBackup } from '../core/catalogue.ts';
import type { SampleSink } from '../core/collector.ts';
import type { DrillReport } from '../core/drill-report.ts';
import type { Family } from '../core/family.ts';
import type { DumpSeries } from '../core/dumps.ts';
import {
  type ArchiveSummary,
  type AssessedBackup,
  type Assessment,
  RECOVERABILITIES,
  type RepositoryAssessment,
  type RepositoryPolicy,
  type SourceState,
  VERDICTS,
} from '../core/recoverability.ts';
import type { Report, RepositoryReport } from './assessor.ts';
import { FAMILIES } from './families.ts';
import { phaseOf } from './drills.ts';
import type { BackupReading } from './repository-watch.ts';
import { runningOf } from './running.ts';

/** One sample; its label values are in the order of the family's label names. */
export interface Sample {
  readonly family: Family;
  readonly labels: readonly string[];
  readonly value: number | bigint;
}

const BACKUP_TYPES = ['full', 'differential', 'incremental'] as const;
const MEASURED_PHASES = ['restore', 'recovery', 'checks'] as const;

/** Pure: what the metrics page says of an answer. What is not known gives no sample. */
export function toSamples({ assessment, server, repositories }: Report): readonly Sample[] {
  const readings = new Map(repositories.map((report) => [report.input.name, report]));
  return [
    ...assessment.sources.flatMap(ofSource),
    ...assessment.repositories.flatMap((repository) => [
      ...ofRepository(repository, readings.get(repository.name)),
      ...(readings.get(repository.name)?.readings ?? []).flatMap((reading) =>
        ofBackups(repository, reading, server?.baseBackups),
      ),
      ...ofDrills(repository),
    ]),
    ...ofTarget(assessment),
    ...repositories.flatMap(({ input: { name, policy } }) => ofPolicy(name, policy)),
    // The last: where a page is limited, thousands of databases take no place of what says more.
    ...assessment.repositories.flatMap(ofDumps),
  ];
}

export function writeSamples(samples: readonly Sample[], sink: SampleSink): void {
  for (const { family, labels, value } of samples) sink.add(family, sink.labels(family.labelNames, labels), value);
}

/** Nothing for what is undefined. */
function sample(family: Family, labels: readonly string[], value: number | bigint | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ family, labels, value }];
}

function flag(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function ofSource({ repository, source, method, ...state }: SourceState): readonly Sample[] {
  const labels = [repository, source, method];
  return [
    ...sample(FAMILIES.sourceUp, labels, flag(state.up)),
    ...sample(FAMILIES.sourceLastSuccess, labels, state.lastSuccessSeconds),
    ...sample(FAMILIES.sourceReadDuration, labels, state.readDurationSeconds),
  ];
}

function ofBackups(
  { name, backups }: RepositoryAssessment,
  { method, catalogue }: BackupReading,
  toldRunning: readonly RunningBackup[] | undefined,
): readonly Sample[] {
  const running = runningOf({ method, catalogue }, toldRunning)?.length;
  return [
    ...sample(FAMILIES.backupRunning, [name, method], running),
    ...sample(FAMILIES.backupLastFailure, [name, method], catalogue?.lastFailureSeconds),
    ...BACKUP_TYPES.flatMap((type) => {
      const held = backups.filter(({ backup }) => backup.method === method && backup.type === type);
      return catalogue === undefined ? [] : ofType([name, method, type], held);
    }),
  ];
}

function ofType(labels: readonly string[], held: readonly AssessedBackup[]): readonly Sample[] {
  const last = newest(held.filter(({ recoverability }) => recoverability !== 'broken'));
  return [
    ...RECOVERABILITIES.flatMap((recoverability) =>
      sample(
        FAMILIES.backups,
        [...labels, recoverability],
        held.filter((each) => each.recoverability === recoverability).length,
      ),
    ),
    ...sample(FAMILIES.backupLastError, labels, flag(newest(held)?.backup.hasErrors)),
    ...(last === undefined ? [] : ofNewest(labels, last)),
  ];
}

function ofNewest(labels: readonly string[], { backup }: AssessedBackup): readonly Sample[] {
  const { startTimeSeconds, stopTimeSeconds, sizeBytes, storedBytes } = backup;
  const seconds = startTimeSeconds === undefined ? undefined : stopTimeSeconds - startTimeSeconds;
  return [
    ...sample(FAMILIES.backupLastSuccess, labels, stopTimeSeconds),
    ...sample(FAMILIES.backupLastDuration, labels, seconds),
    ...sample(FAMILIES.backupLastSize, labels, sizeBytes),
    ...sample(FAMILIES.backupLastStored, labels, storedBytes),
  ];
}

function newest(held: readonly AssessedBackup[]): AssessedBackup | undefined {
  return held.toSorted((a, b) => a.backup.stopTimeSeconds - b.backup.stopTimeSeconds).at(-1);
}

function ofRepository(repository: RepositoryAssessment, report: RepositoryReport | undefined): readonly Sample[] {
  const { name, archive, restoreEstimate, retention } = repository;
  // Which WAL is needed, and what can be restored, is known only of backups and the archive together.
  const isKnown = archive !== undefined && report?.input.catalogue !== undefined;
  return [
    ...(archive === undefined ? [] : ofArchive(name, archive)),
    ...(isKnown ? ofCoverage(repository) : []),
    ...sample(FAMILIES.restoreEstimate, [name, 'restore'], restoreEstimate?.restoreSeconds),
    ...sample(FAMILIES.restoreEstimate, [name, 'recovery'], restoreEstimate?.recoverySeconds),
    ...retention.flatMap(({ rule, satisfied }) => sample(FAMILIES.retention, [name, rule], Number(satisfied))),
  ];
}

function ofArchive(name: string, archive: ArchiveSummary): readonly Sample[] {
  return [
    ...sample(FAMILIES.archiveSegments, [name], archive.segments),
    ...sample(FAMILIES.archiveNewest, [name], archive.newestTimeSeconds),
    ...sample(FAMILIES.archiveOldest, [name], archive.oldestTimeSeconds),
    ...sample(FAMILIES.archiveNewestLsn, [name], archive.newestEnd),
    ...sample(FAMILIES.archivePending, [name], archive.pendingSegments),
    ...sample(FAMILIES.archiveBadFiles, [name], archive.badFiles.length),
    ...sample(FAMILIES.archiveOrphans, [name], archive.orphanSegments),
  ];
}

function ofCoverage({ name, gaps, windows }: RepositoryAssessment): readonly Sample[] {
  const newestWindow = windows.at(-1);
  const missing = gaps.filter(({ accepted }) => !accepted).reduce((sum, { first, last }) => sum + last - first + 1, 0);
  return [
    ...sample(FAMILIES.archiveGap, [name], missing),
    ...sample(FAMILIES.pitrWindows, [name], windows.length),
    ...sample(FAMILIES.pitrEarliest, [name], newestWindow?.earliestSeconds),
    ...sample(FAMILIES.pitrLatest, [name], newestWindow?.latestSeconds),
  ];
}

function ofTarget({ verdict, findings, exposure, policy }: Assessment): readonly Sample[] {
  return [
    ...VERDICTS.flatMap((status) => sample(FAMILIES.status, [status], Number(status === verdict))),
    ...findings.flatMap(({ finding, severity, present }) =>
      sample(FAMILIES.finding, [finding, severity], flag(present)),
    ),
    ...sample(FAMILIES.exposureSeconds, [], exposure?.seconds),
    ...sample(FAMILIES.exposureBytes, [], exposure?.bytes),
    ...(exposure === undefined ? [] : sample(FAMILIES.exposureInfo, [exposure.method, exposure.evidence], 1)),
    ...sample(FAMILIES.policyRpo, [], policy.rpoSeconds),
    ...sample(FAMILIES.policyRto, [], policy.rtoSeconds),
  ];
}

function ofPolicy(name: string, policy: RepositoryPolicy): readonly Sample[] {
  return [
    ...sample(FAMILIES.policyBackupInterval, [name], policy.backupIntervalSeconds),
    ...sample(FAMILIES.policyDumpInterval, [name], policy.dumpIntervalSeconds),
    ...sample(FAMILIES.policyPitrWindow, [name], policy.retention.pitrSeconds),
    ...sample(FAMILIES.policyDrillInterval, [name], policy.drillIntervalSeconds),
  ];
}

/** What became of the last, and what the last that succeeded measured. */
function ofDrills({ name, drills }: RepositoryAssessment): readonly Sample[] {
  const { last, lastSuccess } = drills ?? {};
  return [
    ...sample(FAMILIES.drillLastRun, [name], last?.endedSeconds),
    ...sample(FAMILIES.drillLastSuccess, [name], lastSuccess?.endedSeconds),
    ...sample(FAMILIES.drillSuccess, [name], flag(last === undefined ? undefined : last.outcome === 'success')),
    ...(lastSuccess === undefined ? [] : ofMeasured(name, lastSuccess)),
  ];
}

function ofMeasured(name: string, report: DrillReport): readonly Sample[] {
  return [
    ...MEASURED_PHASES.flatMap((phase) => [
      ...sample(FAMILIES.drillDuration, [name, phase], phaseOf(report, phase)?.seconds),
      ...sample(FAMILIES.drillBytes, [name, phase], phaseOf(report, phase)?.bytes),
    ]),
    ...sample(FAMILIES.drillRto, [name], report.rtoSeconds),
    ...sample(FAMILIES.drillRecoveredTo, [name], report.recoveredTo?.seconds),
    ...sample(FAMILIES.drillShortfall, [name], report.shortfallSeconds),
  ];
}

/** Of databases that the server has, as far as that is known, and of the cluster. */
function ofDumps({ name, dumps }: RepositoryAssessment): readonly Sample[] {
  if (dumps === undefined) return [];
  const shown = dumps.series.filter(
    ({ scope, datname, isWanted }) => isWanted !== false && (scope === 'cluster' || datname !== undefined),
  );
  return [
    ...sample(FAMILIES.databasesWithoutDump, [name], dumps.missing?.length),
    ...shown.flatMap((series) => ofSeries([name, series.datname ?? ''], series)),
  ];
}

function ofSeries(labels: readonly string[], { newest: last, lastGood }: DumpSeries): readonly Sample[] {
  return [
    ...sample(FAMILIES.dumpLastSuccess, labels, lastGood?.timeSeconds),
    ...sample(FAMILIES.dumpLastSize, labels, lastGood?.sizeBytes),
    ...sample(FAMILIES.dumpLastValid, labels, flag(last.valid)),
  ];
}
