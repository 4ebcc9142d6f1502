import { unlistedLabels } from '../core/backup-labels.ts';
import type { BackupLabel, BackupType } from '../core/catalogue.ts';
import type { RepositoryDumps } from '../core/dumps.ts';
import type { RepositoryDrills } from '../core/drill-history.ts';
import type {
  ArchiveSummary,
  AssessedBackup,
  Gap,
  RecoverabilityInput,
  RecoveryWindow,
  RepositoryAssessment,
  RepositoryInput,
  RetentionState,
} from '../core/recoverability.ts';
import type { RetentionCalendar } from '../core/picture.ts';
import { startOfSegment } from '../core/segments.ts';
import { type ArchiveView, viewArchive } from './archive-view.ts';
import { judgeBackup, type JudgedBackup } from './backups.ts';
import { assessDrills } from './drills.ts';
import { assessDumps } from './dumps.ts';
import { estimateRestore } from './estimate.ts';
import { findGaps } from './gaps.ts';
import { retentionOf } from './retention.ts';
import { calendarsOf } from './retention-calendar.ts';
import { spansOf } from './spans.ts';
import { windowsOf } from './windows.ts';

/** A repository with everything that was found out about it. */
export interface JudgedRepository {
  readonly input: RepositoryInput;
  readonly view: ArchiveView | undefined;
  /** In the order in which they ended; undefined if no source of backups was read. */
  readonly backups: readonly JudgedBackup[] | undefined;
  readonly usable: readonly JudgedBackup[];
  readonly gaps: readonly Gap[];
  readonly pendingSegments: number;
  readonly windows: readonly RecoveryWindow[];
  readonly unlisted: readonly BackupLabel[];
  readonly retention: readonly RetentionState[];
  readonly calendars: readonly RetentionCalendar[];
  readonly restoreEstimate: RepositoryAssessment['restoreEstimate'];
  /** Undefined if no source of dumps was read. */
  readonly dumps: RepositoryDumps | undefined;
  /** Undefined if no reports of drills were read. */
  readonly drills: RepositoryDrills | undefined;
}

export function judgeRepository(input: RepositoryInput, whole: RecoverabilityInput): JudgedRepository {
  const { server, nowSeconds } = whole;
  const { policy, catalogue } = input;
  const view = viewArchive(input, server);
  const byLabel = new Map((catalogue?.backups ?? []).map((backup) => [backup.label, backup]));
  const backups = catalogue?.backups
    .toSorted((a, b) => a.stopTimeSeconds - b.stopTimeSeconds)
    .map((backup) => judgeBackup(backup, { view, server, policy, byLabel }));
  const usable = (backups ?? []).filter(({ recoverability }) => recoverability !== 'broken');
  const found = view === undefined ? undefined : findGaps(view, backups ?? [], policy);
  const windows = view === undefined ? [] : windowsOf(view, usable, whole);
  const drills = assessDrills(input.drills, policy.drillSource);
  const retention = backups === undefined ? [] : retentionOf({ policy, usable, view, windows, nowSeconds });
  return {
    input,
    view,
    backups,
    usable,
    gaps: found?.gaps ?? [],
    pendingSegments: found?.pendingSegments ?? 0,
    windows,
    unlisted: unlistedIn(input, whole.sources),
    retention,
    calendars: backups === undefined ? [] : calendarsOf({ policy, usable, nowSeconds, retention }),
    restoreEstimate: estimateRestore(usable.at(-1), policy, drills),
    dumps: assessDumps(input, server),
    drills,
  };
}

export function assessRepository(judged: JudgedRepository): RepositoryAssessment {
  const { input, windows, gaps, unlisted, retention, calendars, restoreEstimate, dumps, drills } = judged;
  const backups = (judged.backups ?? []).map(toAssessed);
  const newest: Partial<Record<BackupType, AssessedBackup>> = {};
  for (const one of backups) if (one.recoverability !== 'broken') newest[one.backup.type] = one;
  const archive = summaryOf(judged);
  const { name } = input;
  return {
    name,
    backups,
    newest,
    windows,
    gaps,
    archive,
    unlisted,
    retention,
    calendars,
    restoreEstimate,
    dumps,
    drills,
  };
}

/** None while a source was never read: it may tell of them. */
function unlistedIn(
  { name, archive, catalogue }: RepositoryInput,
  sources: RecoverabilityInput['sources'],
): readonly BackupLabel[] {
  const mayTell = sources.some(
    ({ repository, source, lastSuccessSeconds }) =>
      repository === name && source === 'backup' && lastSuccessSeconds === undefined,
  );
  if (archive === undefined || mayTell) return [];
  return unlistedLabels(archive.labels, catalogue?.backups ?? []).toSorted(
    (a, b) => a.stopTimeSeconds - b.stopTimeSeconds,
  );
}

/** Without what it was found by: the answer is written out as a whole. */
function toAssessed({ backup, recoverability, reason, reaches }: JudgedBackup): AssessedBackup {
  return { backup, recoverability, reason, reaches };
}

function summaryOf({ view, pendingSegments }: JudgedRepository): ArchiveSummary | undefined {
  if (view === undefined) return undefined;
  const { timelines, badFiles } = view.contents;
  const held = timelines.filter(({ segments }) => segments.length > 0);
  const newest = held.at(-1);
  const last = newest?.segments.at(-1);
  return {
    segments: held.reduce((sum, { segments }) => sum + segments.length, 0),
    oldestTimeSeconds: held.length === 0 ? undefined : Math.min(...held.map(({ times }) => times[0] ?? Infinity)),
    newestTimeSeconds: held.length === 0 ? undefined : Math.max(...held.map(({ times }) => times.at(-1) ?? -Infinity)),
    newestEnd: last === undefined ? undefined : startOfSegment(last + 1, view.segmentBytes),
    newestTimeline: newest?.timeline,
    pendingSegments,
    orphanSegments: view.orphanSegments,
    badFiles,
    timelines: held.map(({ timeline }) => timeline),
    ...spansOf(view),
  };
}
