import type { ArchiveContents } from '../core/catalogue.ts';
import { type Lsn, parseWalFileName } from '../core/lsn.ts';
import type { RecoverabilityInput, RepositoryInput, RepositoryPolicy, ServerView } from '../core/recoverability.ts';
import { startOfSegment } from '../core/segments.ts';
import type { ServerSighting } from '../core/server-watch.ts';
import { sameCluster } from './archive-view.ts';

/** What PostgreSQL took to be archived at a moment. */
export interface Belief {
  readonly timeline: number;
  readonly end: Lsn;
  /** Since then at the latest; Unix seconds by walguard's clock. */
  readonly sinceSeconds: number;
  readonly file: string;
}

/** What the archiver tells of the server in one reading is enough. */
export type Believer = ServerSighting & Pick<ServerView, 'clockSkewSeconds'>;

interface BeliefInput extends Pick<RecoverabilityInput, 'heartbeats'> {
  readonly server: Believer | undefined;
}

/** The newest that PostgreSQL believed already at a moment (of walguard's clock); undefined if that is not known. */
export function believedAt({ server, heartbeats }: BeliefInput, seconds: number): Belief | undefined {
  if (server === undefined) return undefined;
  const { segmentBytes, clockSkewSeconds, lastArchivedFile, lastArchivedTimeSeconds } = server;
  const now = toBelief(lastArchivedFile, (lastArchivedTimeSeconds ?? Infinity) - clockSkewSeconds);
  if (now !== undefined && now.sinceSeconds <= seconds) return now;
  for (let index = heartbeats.length - 1; index >= 0; index--) {
    const heartbeat = heartbeats[index];
    const since = (heartbeat?.serverTimeSeconds ?? Infinity) - clockSkewSeconds;
    const belief = since <= seconds ? toBelief(heartbeat?.lastArchivedFile, since) : undefined;
    if (belief !== undefined) return belief;
  }
  return undefined;

  function toBelief(file: string | undefined, sinceSeconds: number): Belief | undefined {
    const named = file === undefined ? undefined : parseWalFileName(file, segmentBytes);
    if (file === undefined || named === undefined) return undefined;
    return { timeline: named.timeline, end: named.end, sinceSeconds, file };
  }
}

/** An archive that lacks what PostgreSQL took to be archived long before it was read. */
export interface Loss {
  readonly believed: Belief;
  /** End of what the archive holds of that timeline; undefined if that is nothing. */
  readonly held: Lsn | undefined;
}

/** Undefined if the archive holds it, if it is that of another cluster, or if nothing is believed for so long. */
export function lossOf(archive: ArchiveContents, input: BeliefInput, pendingAfterSeconds: number): Loss | undefined {
  if (!sameCluster(archive, input.server)) return undefined;
  const believed = believedAt(input, archive.readAtSeconds - pendingAfterSeconds);
  if (believed === undefined) return undefined;
  const held = newestEnd(archive, believed.timeline, archive.segmentBytes ?? input.server?.segmentBytes);
  return held !== undefined && held >= believed.end ? undefined : { believed, held };
}

function newestEnd(
  { timelines }: ArchiveContents,
  timeline: number,
  segmentBytes: number | undefined,
): Lsn | undefined {
  const last = timelines.find((one) => one.timeline === timeline)?.segments.at(-1);
  return last === undefined || segmentBytes === undefined ? undefined : startOfSegment(last + 1, segmentBytes);
}

/** An archive as it was read last, and how long a segment may be on its way there. */
export interface BelievedArchive extends Pick<RepositoryInput, 'archive'> {
  readonly policy: Pick<RepositoryPolicy, 'pendingAfterSeconds'>;
}

/**
 * True if the archiver loses WAL: PostgreSQL took it to be archived longer ago than it may be on its way, and no archive
 * that was read since holds it. Undefined where no archive was read, one was not read yet, or nothing is believed for so long.
 */
export function isLosing(
  input: BeliefInput & Pick<RecoverabilityInput, 'sources'> & { readonly repositories: readonly BelievedArchive[] },
): boolean | undefined {
  if (input.server?.archivingExpected !== true) return undefined;
  const told = input.repositories.flatMap(({ archive, policy: { pendingAfterSeconds } }) => {
    if (archive === undefined || !sameCluster(archive, input.server)) return [];
    if (believedAt(input, archive.readAtSeconds - pendingAfterSeconds) === undefined) return [];
    return [lossOf(archive, input, pendingAfterSeconds) !== undefined];
  });
  if (told.length === 0) return undefined;
  if (!told.every(Boolean)) return false;
  // Another archive may hold what these do not.
  return input.sources.some(({ source, up }) => source === 'archive' && up === undefined) ? undefined : true;
}
