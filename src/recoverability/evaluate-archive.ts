import type { BadFile } from '../core/catalogue.ts';
import type { Gap, ServerView } from '../core/recoverability.ts';
import { segmentName, segmentOf } from '../core/segments.ts';
import type { ArchiveView } from './archive-view.ts';
import { firstNeeded, historyName, type JudgedBackup } from './backups.ts';
import { isLosing, lossOf } from './beliefs.ts';
import { counted, type Evaluation, type FindingContext, someOf, UNKNOWN } from './evaluation.ts';
import { countMissing } from './gaps.ts';
import type { JudgedRepository } from './repository.ts';

interface Archived extends JudgedRepository {
  readonly view: ArchiveView;
}

function archives({ repositories }: FindingContext): readonly Archived[] {
  return repositories.flatMap((one) => (one.view === undefined ? [] : [{ ...one, view: one.view }]));
}

export function noWayToNow(context: FindingContext): Evaluation {
  const judged = archives(context).filter(({ usable }) => usable.length > 0);
  if (judged.length === 0) return UNKNOWN;
  const { server, sources } = context.input;
  if (judged.some((one) => leadsToNow(one, server))) return { present: false };
  if (sources.some(({ up }) => up === undefined)) return UNKNOWN;
  const newest = judged.map(({ usable }) => usable.at(-1)).filter((one) => one !== undefined);
  const holes = newest.flatMap(({ reach }) => (reach?.hole === undefined ? [] : [reach.hole]));
  const missing = holes.length === 0 ? undefined : Math.min(...holes.map(({ first, last }) => last - first + 1));
  const evidence = newest.map(({ backup, reason }) => `${backup.label}: ${reason ?? ''}`);
  const message = 'No backup can be rolled forward to the present.';
  return { present: true, value: missing, message, evidence: someOf(evidence) };
}

/** A backup that is so young that its WAL may still come counts. */
function leadsToNow({ usable, view, input }: Archived, server: ServerView | undefined): boolean {
  const { pendingAfterSeconds } = input.policy;
  return usable.some(
    (one) =>
      one.recoverability === 'pitr' ||
      (one.limit === 'no_wal' &&
        (view.contents.readAtSeconds - one.backup.stopTimeSeconds < pendingAfterSeconds ||
          endsWhereServerIs(one, view, server))),
  );
}

/** A copy of a standby makes nobody switch to a new segment: the one in which it ends is archived when it is full. */
function endsWhereServerIs(
  { backup: { wal } }: JudgedBackup,
  view: ArchiveView,
  server: ServerView | undefined,
): boolean {
  if (wal === undefined || server?.lsn === undefined || server.timeline !== view.main.timeline) return false;
  return firstNeeded(wal, view.segmentBytes) >= segmentOf(server.lsn, view.segmentBytes);
}

/** A folder that something is mounted on is empty while it is not. */
const NOT_MOUNTED =
  'See whether the disk that belongs there is mounted: the archive is empty. If it is, see what archive_command really does, and make a full backup as soon as it stores WAL.';

export function archiverLosing(context: FindingContext): Evaluation {
  const { input } = context;
  const losing = isLosing(input);
  if (losing === undefined) return UNKNOWN;
  if (!losing) return { present: false, value: 0 };
  const { server } = input;
  const losses = input.repositories.flatMap(({ archive, policy }) => {
    const loss = archive === undefined ? undefined : lossOf(archive, input, policy.pendingAfterSeconds);
    return loss === undefined ? [] : [loss];
  });
  const [least] = losses.toSorted((a, b) => Number((b.held ?? 0n) - (a.held ?? 0n)));
  if (least === undefined || server === undefined) return UNKNOWN;
  const { believed, held } = least;
  const value = held === undefined ? undefined : Number((believed.end - held) / BigInt(server.segmentBytes));
  const holds =
    held === undefined
      ? `nothing of timeline ${believed.timeline}`
      : `${segmentName(believed.timeline, segmentOf(held, server.segmentBytes) - 1, server.segmentBytes)} as the newest`;
  const message = `PostgreSQL says that ${believed.file} is archived, the archive holds ${holds}.`;
  const isEmpty = input.repositories.every(({ archive }) => archive === undefined || archive.timelines.length === 0);
  return { present: true, value, message, evidence: [believed.file], ...(isEmpty ? { cure: NOT_MOUNTED } : {}) };
}

export function wrongCluster(context: FindingContext): Evaluation {
  const cluster = context.input.server?.systemIdentifier;
  if (cluster === undefined || context.repositories.every(isUnread)) return UNKNOWN;
  const wrong = context.repositories.flatMap(({ input: { name, archive }, backups }) => {
    const ofArchive = archive?.systemIdentifier;
    const ofBackup = backups?.at(-1)?.backup.systemIdentifier;
    return [
      ...(ofArchive !== undefined && ofArchive !== cluster ? [`archive of ${name}: ${ofArchive}`] : []),
      ...(ofBackup !== undefined && ofBackup !== cluster ? [`newest backup of ${name}: ${ofBackup}`] : []),
    ];
  });
  if (wrong.length === 0) return { present: false };
  return { present: true, message: `They are not of this server's cluster, ${cluster}.`, evidence: someOf(wrong) };
}

function isUnread({ view, backups }: JudgedRepository): boolean {
  return view === undefined && backups === undefined;
}

export function archiveGap(context: FindingContext): Evaluation {
  const judged = archives(context).filter(({ backups }) => backups !== undefined);
  if (judged.length === 0) return UNKNOWN;
  const gaps = judged.flatMap((one) => one.gaps).filter(({ accepted }) => !accepted);
  if (gaps.length === 0) return { present: false, value: 0, threshold: 0 };
  const value = countMissing(gaps);
  const message = `${counted(value, 'segment')} missing in the archive.`;
  const evidence = someOf(gaps.map(nameOfGap));
  const cure = `Copy ${evidence.join(', ')} into the archive if another copy exists; else accept the gap in the configuration (accepted_gaps).`;
  return { present: true, value, threshold: 0, message, evidence, cure };
}

function nameOfGap({ firstName, lastName }: Gap): string {
  return firstName === lastName ? firstName : `${firstName}..${lastName}`;
}

export function timelineHistoryMissing(context: FindingContext): Evaluation {
  const judged = archives(context).filter(({ backups }) => backups !== undefined);
  if (judged.length === 0) return UNKNOWN;
  const missing = judged.flatMap(({ view, backups }) => {
    const main = view.main.timeline;
    const needed = (backups ?? []).some(({ backup }) => (backup.wal?.timeline ?? main) < main);
    return needed && view.unplaced.includes(main) ? [historyName(main)] : [];
  });
  if (missing.length === 0) return { present: false, value: 0 };
  const names = missing.join(', ');
  return {
    present: true,
    value: missing.length,
    message: `${names} is not in the archive: backups of timelines before it cannot be rolled forward onto it.`,
    evidence: missing,
    cure: `Copy ${names} from the server's pg_wal into the archive.`,
  };
}

export function badWalFiles(context: FindingContext): Evaluation {
  const judged = archives(context);
  if (judged.length === 0) return UNKNOWN;
  const bad = judged.flatMap((one) => one.view.contents.badFiles.filter((file) => matters(file, one)));
  if (bad.length === 0) return { present: false, value: 0 };
  const evidence = someOf(bad.map(({ name, reason }) => `${name}: ${reason}`));
  return {
    present: true,
    value: bad.length,
    message: `${counted(bad.length, 'file')} of no use to recovery.`,
    evidence,
  };
}

/** Not those before the oldest backup, nor what a copy in progress looks like. */
function matters({ reason, timeline, segment }: BadFile, { view, backups }: Archived): boolean {
  if (reason === 'conflicting') return false;
  if (segment === undefined || timeline === undefined) return true;
  const needed = (backups ?? []).map((one) => oldestOf(one, view));
  if (needed.length > 0 && segment < Math.min(...needed)) return false;
  const newest = view.contents.timelines.find((one) => one.timeline === timeline)?.segments.at(-1) ?? -Infinity;
  const mayBeInProgress = reason === 'empty' || reason === 'wrong_size' || reason === 'too_small';
  return !(mayBeInProgress && segment > newest);
}

function oldestOf({ backup: { wal } }: JudgedBackup, { segmentBytes }: ArchiveView): number {
  return wal === undefined ? Infinity : firstNeeded(wal, segmentBytes);
}

export function conflictingArchivers(context: FindingContext): Evaluation {
  const judged = archives(context);
  if (judged.length === 0) return UNKNOWN;
  const names = judged
    .flatMap(({ view }) => view.contents.badFiles)
    .filter(({ reason }) => reason === 'conflicting')
    .map(({ name }) => name);
  if (names.length === 0) return { present: false, value: 0 };
  const message = `${counted(names.length, 'segment')} held twice with different contents.`;
  return { present: true, value: names.length, message, evidence: someOf(names) };
}
