import type { Backup, BackupWal } from '../core/catalogue.ts';
import type { AssessedBackup, Recoverability, RepositoryPolicy, ServerView } from '../core/recoverability.ts';
import { type SegmentNumber, segmentName, segmentOf } from '../core/segments.ts';
import type { ArchiveView } from './archive-view.ts';
import { type Coverage, type Hole, type Reach, reachFrom } from './coverage.ts';
import { leadsFrom, type Path, pieceOf } from './paths.ts';

/** Why a backup is not `pitr`, for those who count. */
export type Limit =
  | 'none'
  /** A backup that it needs is not there. */
  | 'incomplete'
  | 'other_cluster'
  /** WAL from its start to its stop is missing. */
  | 'wal_missing'
  /** WAL is missing behind it. */
  | 'gap'
  /** Its timeline was left. */
  | 'abandoned'
  /** The timeline that goes on from it cannot be placed. */
  | 'history'
  /** What follows it is not in the archive yet, or the archive was never read. */
  | 'no_wal'
  /** A copy of a server that was shut down. */
  | 'cold';

export interface JudgedBackup extends AssessedBackup {
  readonly limit: Limit;
  /** Undefined where it was not looked for in the archive. */
  readonly coverage: Coverage | undefined;
  readonly reach: Reach | undefined;
}

export interface JudgeContext {
  readonly view: ArchiveView | undefined;
  readonly server: ServerView | undefined;
  readonly policy: RepositoryPolicy;
  readonly byLabel: ReadonlyMap<string, Backup>;
}

type Judgement = Omit<JudgedBackup, 'backup' | 'reaches'>;

export function judgeBackup(backup: Backup, context: JudgeContext): JudgedBackup {
  const judgement = judge(backup, context);
  const { reach, coverage } = judgement;
  const from = backup.wal === undefined || coverage === undefined ? 0 : firstNeeded(backup.wal, coverage.segmentBytes);
  const begun = coverage?.path.pieces.find(({ timeline }) => timeline === reach?.timeline)?.first ?? from;
  const reaches =
    reach === undefined
      ? undefined
      : { timeline: reach.timeline, first: Math.min(reach.segment, Math.max(from, begun)), last: reach.segment };
  return { backup, ...judgement, reaches };
}

/** The first segment that the archive has to deliver. */
export function firstNeeded(wal: BackupWal, segmentBytes: number): SegmentNumber {
  return segmentOf(wal.included ? wal.stop : wal.start, segmentBytes);
}

function judge(backup: Backup, { view, server, byLabel, policy }: JudgeContext): Judgement {
  const { wal } = backup;
  const absent = missingBase(backup, byLabel);
  if (absent !== undefined) return verdict('broken', 'incomplete', `Needs ${absent}, which is not there.`);
  const cluster = server?.systemIdentifier;
  if (differ(backup.systemIdentifier, cluster)) {
    return verdict('broken', 'other_cluster', `Of cluster ${backup.systemIdentifier}, the server is ${cluster}.`);
  }
  if (wal === undefined) return verdict('consistent_only', 'cold', 'A copy of a stopped server takes no WAL.');
  if (view === undefined) {
    const reason = wal.included ? 'No archive was read.' : 'No archive was read, so nobody knows if its WAL is there.';
    return verdict('consistent_only', 'no_wal', reason);
  }
  if (differ(view.contents.systemIdentifier, backup.systemIdentifier ?? cluster)) {
    const reason = `The archive is of another cluster, ${view.contents.systemIdentifier}.`;
    return verdict(wal.included ? 'consistent_only' : 'broken', 'other_cluster', reason);
  }
  return judgeWal(backup, wal, view, policy);
}

function judgeWal(backup: Backup, wal: BackupWal, view: ArchiveView, policy: RepositoryPolicy): Judgement {
  const path = choosePath(view, wal);
  if (path === undefined) return withoutPath(wal);
  const coverage = view.coverageOf(path);
  const from = firstNeeded(wal, view.segmentBytes);
  const found = reachFrom(coverage, from);
  // A parent's copy of the segment may end before the position at which recovery begins.
  const reach = found !== undefined && found.end > (wal.included ? wal.stop : wal.start) ? found : undefined;
  if (reach === undefined || (!wal.included && reach.end < wal.stop)) {
    return notThere(backup, wal, { view, policy, coverage, reach, from });
  }
  const limit = limitOf(path, reach, view, policy);
  if (limit === 'none') return { ...verdict('pitr', 'none', undefined), coverage, reach };
  const stopSegment = segmentOf(wal.stop - 1n, view.segmentBytes);
  const recoverability = reach.hole !== undefined && reach.segment <= stopSegment ? 'consistent_only' : 'limited';
  return { ...verdict(recoverability, limit, reasonOf(limit, reach, coverage, view)), coverage, reach };
}

/** The backup's way to the server's timeline if there is one, else to the newest that goes on from it. */
function choosePath({ main, paths }: ArchiveView, wal: BackupWal): Path | undefined {
  return leadsFrom(main, wal) ? main : paths.findLast((path) => leadsFrom(path, wal));
}

function withoutPath(wal: BackupWal): Judgement {
  const reason = `The archive holds nothing of timeline ${wal.timeline} on which it was made.`;
  return wal.included ? verdict('consistent_only', 'no_wal', reason) : verdict('broken', 'wal_missing', reason);
}

interface Missing {
  readonly view: ArchiveView;
  readonly policy: RepositoryPolicy;
  readonly coverage: Coverage;
  readonly reach: Reach | undefined;
  readonly from: SegmentNumber;
}

function notThere(backup: Backup, wal: BackupWal, { view, policy, coverage, reach, from }: Missing): Judgement {
  const missing = nextMissing(reach, from, view.segmentBytes);
  const name = nameOn(coverage, missing);
  const isLast = coverage.spans.at(-1) === undefined || (coverage.spans.at(-1)?.last ?? 0) < missing;
  if (wal.included) {
    const reason = isLast ? `${name} has not come into the archive yet.` : `${name} is missing in the archive.`;
    return { ...verdict('consistent_only', isLast ? 'no_wal' : 'gap', reason), coverage, reach: undefined };
  }
  if (isLast && view.contents.readAtSeconds < backup.stopTimeSeconds + policy.pendingAfterSeconds) {
    const reason = `${name} was not in the archive when it was last read, soon after the backup.`;
    return { ...verdict('consistent_only', 'no_wal', reason), coverage, reach: undefined };
  }
  const reason = `${name}, which it needs to become consistent, is missing in the archive.`;
  return { ...verdict('broken', 'wal_missing', reason), coverage, reach: undefined };
}

function nextMissing(reach: Reach | undefined, from: SegmentNumber, segmentBytes: number): SegmentNumber {
  if (reach === undefined) return from;
  return reach.hole?.first ?? segmentOf(reach.end, segmentBytes);
}

function limitOf(path: Path, reach: Reach, view: ArchiveView, policy: RepositoryPolicy): Limit {
  if (reach.hole !== undefined && !isPending(reach.hole, view, policy)) return 'gap';
  if (path === view.main) return 'none';
  const mainIsPlaced = !view.unplaced.includes(view.main.timeline);
  return mainIsPlaced ? 'abandoned' : 'history';
}

/** Archives are filled by several hands: what came after a segment may be there before it, for a while. */
export function isPending(hole: Hole, { contents }: ArchiveView, { pendingAfterSeconds }: RepositoryPolicy): boolean {
  return contents.readAtSeconds - hole.nextTime < pendingAfterSeconds;
}

function reasonOf(limit: Limit, reach: Reach, coverage: Coverage, { main }: ArchiveView): string {
  if (limit === 'abandoned') return `Timeline ${coverage.path.timeline} was left: the server goes on from another.`;
  if (limit === 'history') return `${historyName(main.timeline)} is missing: nobody can go on to that timeline.`;
  return `${nameOn(coverage, reach.hole?.first ?? reach.segment + 1)} is missing in the archive.`;
}

export function historyName(timeline: number): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
}

function nameOn({ path, segmentBytes }: Coverage, segment: SegmentNumber): string {
  return segmentName(pieceOf(path, segment)?.timeline ?? path.timeline, segment, segmentBytes);
}

/** The first backup in its chain that is not there. */
function missingBase(
  backup: Backup,
  byLabel: ReadonlyMap<string, Backup>,
  seen = new Set<string>(),
): string | undefined {
  for (const label of backup.needs) {
    if (seen.has(label)) continue;
    seen.add(label);
    const base = byLabel.get(label);
    const absent = base === undefined ? label : missingBase(base, byLabel, seen);
    if (absent !== undefined) return absent;
  }
  return undefined;
}

function differ(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

function verdict(recoverability: Recoverability, limit: Limit, reason: string | undefined): Judgement {
  return { recoverability, limit, reason, coverage: undefined, reach: undefined };
}
