import { surelyEnded } from '../core/backup-end.ts';
import type { ArchiveContents, Backup } from '../core/catalogue.ts';
import type { DrillTarget } from '../core/drill.ts';
import type { DumpCatalogue } from '../core/dumps.ts';
import { WalguardError } from '../core/error.ts';
import { formatLsn, type Lsn } from '../core/lsn.ts';
import type { AssessedBackup, RecoveryWindow, RepositoryAssessment } from '../core/recoverability.ts';
import { DEFAULT_SEGMENT_BYTES, segmentOf } from '../core/segments.ts';
import { timeText, toTime } from '../core/words.ts';
import { type UnreadSources, unreadError } from './unread.ts';
import { describeTarget, targetTime } from './wanted.ts';

/** What a plan is made of: what was read of the repository, and the verdict on it. */
export interface PlanInput {
  readonly assessment: RepositoryAssessment;
  readonly archive: ArchiveContents | undefined;
  /** Undefined if none are configured, or they could not be read. */
  readonly dumps?: DumpCatalogue | undefined;
  readonly unread: UnreadSources;
}

/** What a drill is going to do. */
export interface Plan {
  /** The backup, after those that it needs. */
  readonly chain: readonly Backup[];
  readonly backup: Backup;
  readonly target: DrillTarget;
  readonly segmentBytes: number;
  /** How far recovery can get; undefined for a copy that leads nowhere. */
  readonly window: RecoveryWindow | undefined;
  /** The least that must be replayed; undefined where only the server can tell. */
  readonly wantedLsn: Lsn | undefined;
  readonly timeline: 'latest' | number;
  /** What the archive lacks behind the window, or has no use of, by the names of files; a few of them. */
  readonly missing: readonly string[];
  /** Where timelines left theirs, as the archive tells. */
  readonly histories: ArchiveContents['histories'];
}

interface Candidate {
  readonly window: RecoveryWindow | undefined;
  readonly backup: Backup;
  readonly isCutOff: boolean;
}

const MAX_MISSING = 3;

/**
 * Chooses the newest backup from which the target can be reached. Throws DRILL_NO_BACKUP, DRILL_OUTSIDE, which tells what
 * can be reached, and what kept a source from being read.
 */
export function makePlan(input: PlanInput, target: DrillTarget): Plan {
  const { assessment, unread } = input;
  const usable = assessment.backups.filter(isUsable);
  const blind = unreadError(unread, assessment.name, ['backup', 'archive']);
  if (usable.length === 0) throw blind ?? noBackup(assessment);
  const candidates = findCandidates(assessment, usable);
  const chosen = candidates.findLast((candidate) => suits(candidate, target, input));
  if (chosen === undefined) throw blind ?? outside(input, target);
  const { backup, window } = chosen;
  return {
    chain: chainOf(backup, assessment.backups),
    backup,
    target,
    segmentBytes: input.archive?.segmentBytes ?? DEFAULT_SEGMENT_BYTES,
    window,
    wantedLsn: wantedLsn(chosen, target, assessment),
    histories: input.archive?.histories ?? new Map(),
    missing: chosen.isCutOff ? missingIn(assessment) : [],
    timeline: window === undefined || window === assessment.windows.at(-1) ? 'latest' : window.timeline,
  };
}

function isUsable({ recoverability, backup }: AssessedBackup): boolean {
  if (backup.hasErrors) return false;
  if (recoverability === 'pitr' || recoverability === 'limited') return true;
  return recoverability === 'consistent_only' && backup.wal?.included === true;
}

/** In their order: those of the newest window last, in it the newest backup last. A copy by itself comes before all. */
function findCandidates(assessment: RepositoryAssessment, usable: readonly AssessedBackup[]): readonly Candidate[] {
  const inWindows = assessment.windows.flatMap((window) =>
    usable
      .filter(({ backup: { label } }) => window.backups.includes(label))
      .map((each) => ({ window, backup: each.backup, isCutOff: isCutOff(each, assessment) }))
      .toSorted((a, b) => a.backup.stopTimeSeconds - b.backup.stopTimeSeconds),
  );
  const alone = usable.filter(({ recoverability }) => recoverability === 'consistent_only');
  return [...alone.map(({ backup }) => ({ window: undefined, backup, isCutOff: false })), ...inWindows];
}

function suits({ window, backup }: Candidate, target: DrillTarget, input: PlanInput): boolean {
  switch (target.kind) {
    case 'latest':
      return true;
    case 'name':
      return window !== undefined;
    case 'lsn':
      return (
        window !== undefined &&
        backup.wal !== undefined &&
        backup.wal.stop <= target.lsn &&
        target.lsn <= window.latestLsn
      );
    case 'time':
      return (
        window !== undefined &&
        surelyEnded(backup.stopTimeSeconds) <= target.seconds &&
        target.seconds <= latestPossible(window, input)
      );
  }
}

/**
 * What is later is not in the window: its last segment had come by then. Whether there is a commit between the target and
 * the end of that segment, only recovery can tell.
 */
function latestPossible(window: RecoveryWindow, { archive }: PlanInput): number {
  const segmentBytes = archive?.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
  const held = archive?.timelines.find(({ timeline }) => timeline === window.timeline);
  const index = held?.segments.indexOf(segmentOf(window.latestLsn - 1n, segmentBytes)) ?? -1;
  return Math.max(held?.times[index] ?? -Infinity, window.latestSeconds ?? -Infinity);
}

/** More is archived behind a hole: to come to it is what is wanted, and cannot be done. */
function isCutOff({ recoverability }: AssessedBackup, { gaps }: RepositoryAssessment): boolean {
  return recoverability === 'limited' && gaps.some(({ accepted }) => !accepted);
}

function missingIn({ gaps, archive }: RepositoryAssessment): readonly string[] {
  const lost = gaps.flatMap(({ accepted, firstName }) => (accepted ? [] : [`${firstName} is missing`]));
  const bad = (archive?.badFiles ?? []).map(({ name, reason }) => `${name}: ${reason}`);
  return [...lost, ...bad].slice(0, MAX_MISSING);
}

function wantedLsn(
  { window, backup, isCutOff: lacks }: Candidate,
  target: DrillTarget,
  { archive }: RepositoryAssessment,
): Lsn | undefined {
  if (target.kind === 'lsn') return target.lsn;
  if (target.kind === 'latest')
    return (lacks ? archive?.newestEnd : undefined) ?? window?.latestLsn ?? backup.wal?.stop;
  return backup.wal?.stop;
}

function chainOf(backup: Backup, all: readonly AssessedBackup[]): readonly Backup[] {
  const byLabel = new Map(all.map((each) => [each.backup.label, each.backup]));
  const chain = new Set<Backup>();
  const add = (each: Backup): void => {
    for (const label of each.needs) {
      const needed = byLabel.get(label);
      if (needed !== undefined && !chain.has(needed)) add(needed);
    }
    chain.add(each);
  };
  add(backup);
  return [...chain].toSorted(
    (a, b) => Number(a === backup) - Number(b === backup) || a.stopTimeSeconds - b.stopTimeSeconds,
  );
}

function noBackup({ name, backups }: RepositoryAssessment): WalguardError {
  const reason = backups.findLast((each) => each.reason !== undefined);
  const message =
    backups.length === 0
      ? `the repository ${name} holds no backup`
      : `no backup of the repository ${name} can be restored: ${reason?.backup.label ?? ''}: ${reason?.reason ?? 'it has errors'}`;
  return new WalguardError('DRILL_NO_BACKUP', message, {
    hint: 'Make a full backup now, and see what walguard status --once says of the repository.',
  });
}

function outside(input: PlanInput, target: DrillTarget): WalguardError {
  const { name, windows } = input.assessment;
  const spans = windows.map((window) => describeWindow(window, input));
  const reached = spans.length === 0 ? 'nothing but the end of a backup' : spans.join('; ');
  const message = `${describeTarget(target)} cannot be reached in the repository ${name}, which leads to: ${reached}`;
  const hint =
    target.kind === 'time' || target.kind === 'lsn'
      ? 'Give a target inside of one of these: not before the end of the first backup, not behind the last WAL that is archived, not in a gap.'
      : 'Give --to=latest.';
  return new WalguardError('DRILL_OUTSIDE', message, { hint });
}

function describeWindow(window: RecoveryWindow, input: PlanInput): string {
  const latest = latestPossible(window, input);
  const end = latest === -Infinity ? 'an unknown time' : timeText(toTime(latest));
  return `${targetTime(window.earliestSeconds).slice(0, 19)} UTC to ${end} (LSN ${formatLsn(window.latestLsn)}, timeline ${window.timeline})`;
}
