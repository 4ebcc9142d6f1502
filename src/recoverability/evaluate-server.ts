import type { ServerView } from '../core/recoverability.ts';
import { segmentName, segmentOf } from '../core/segments.ts';
import { ABSENT, counted, type Evaluation, type FindingContext, inWords, someOf, UNKNOWN } from './evaluation.ts';
import { isFresh } from './freshness.ts';
import { aheadOfServer } from './secured.ts';

const FAILING_STATES: readonly string[] = ['down', 'hung', 'failing', 'stalled'];
const OFF_STATES: readonly string[] = ['disabled', 'not_configured'];

/** Time to get up, look, and free something. */
const FULL_SOON_SECONDS = 4 * 3_600;

/** So many segments are far more than archiving or a slot keeps in passing. */
const HELD_BACK_SEGMENTS = 256n;
const HOLDERS: readonly string[] = ['archiver', 'slot'];

/** While the server does not answer nobody knows how it is. */
function freshServer({ input: { server, nowSeconds } }: FindingContext): ServerView | undefined {
  return server !== undefined && isFresh(server, nowSeconds) ? server : undefined;
}

export function archivingFailing(context: FindingContext): Evaluation {
  const server = freshServer(context);
  if (server?.archiverState === undefined) return UNKNOWN;
  const { archiverState, oldestReadyTimeSeconds, readySegments, timeSeconds } = server;
  const value = oldestReadyTimeSeconds === undefined ? undefined : Math.max(0, timeSeconds - oldestReadyTimeSeconds);
  if (!FAILING_STATES.includes(archiverState)) return { present: false, value };
  const waiting = readySegments === undefined ? '' : `; ${counted(readySegments, 'segment')} wait`;
  const since = value === undefined ? '' : `, the oldest for ${inWords(value)}`;
  return {
    present: true,
    value,
    message: `The archiver is ${archiverState}${waiting}${since}.`,
    evidence: [archiverState],
  };
}

export function notArchiving({ input }: FindingContext): Evaluation {
  const { server, sources, policy, repositories } = input;
  if (server?.archiverState === undefined) return UNKNOWN;
  if (server.inRecovery || !OFF_STATES.includes(server.archiverState) || server.receivers.length > 0) return ABSENT;
  const wanted =
    policy.rpoSeconds !== undefined ||
    sources.some(({ source }) => source === 'archive') ||
    repositories.some((one) => one.archive !== undefined || one.policy.retention.pitrSeconds !== undefined);
  if (!wanted) return ABSENT;
  const message = 'PostgreSQL archives no WAL: what was committed since the newest backup is lost with the server.';
  if (server.archiverState === 'disabled') return { present: true, message };
  return { present: true, message, cure: 'Set archive_command (or archive_library) and reload the configuration.' };
}

export function exposureOverRpo({ input: { policy }, exposure }: FindingContext): Evaluation {
  const { rpoSeconds: threshold } = policy;
  if (threshold === undefined) return { present: false, value: exposure?.seconds };
  if (exposure === undefined) return UNKNOWN;
  const { seconds: value } = exposure;
  if (value <= threshold) return { present: false, value, threshold };
  const message = `${inWords(value)} of commits would be lost with the server, ${inWords(threshold)} are allowed.`;
  return { present: true, value, threshold, message, evidence: [exposure.method] };
}

/** What it writes now has the names of what the archive holds: that is refused, or replaces it. */
export function serverSetBack(context: FindingContext): Evaluation {
  const server = freshServer(context);
  if (server?.lsn === undefined || server.inRecovery) return UNKNOWN;
  const { lsn, segmentBytes } = server;
  const archives = context.repositories.filter(({ view }) => view !== undefined);
  if (archives.length === 0) return UNKNOWN;
  const ahead = archives.flatMap((one) => {
    const name = aheadOfServer(one, server);
    return name === undefined ? [] : [{ repository: one.input.name, ...name }];
  });
  const [most] = ahead.toSorted((a, b) => b.segment - a.segment);
  if (most === undefined) return { present: false, value: 0 };
  const writes = segmentName(most.timeline, segmentOf(lsn, segmentBytes), segmentBytes);
  const holds = segmentName(most.timeline, most.segment, segmentBytes);
  return {
    present: true,
    value: most.segment + 1 - segmentOf(lsn, segmentBytes),
    message: `The archive of ${most.repository} holds ${holds}, and the server is at ${writes} only.`,
    evidence: someOf(ahead.map(({ repository }) => repository)),
  };
}

export function walVolumeFilling(context: FindingContext): Evaluation {
  const server = freshServer(context);
  if (server === undefined) return UNKNOWN;
  const value = server.walUntilFullSeconds;
  const threshold = FULL_SOON_SECONDS;
  if (value === undefined || value >= threshold) return { present: false, value, threshold };
  return {
    present: true,
    value,
    threshold,
    message: `The volume of pg_wal is full in ${inWords(value)} at this rate.`,
  };
}

export function walHeldBack(context: FindingContext): Evaluation {
  const server = freshServer(context);
  if (server === undefined || server.walRetainedBytes.size === 0) return UNKNOWN;
  const limit = HELD_BACK_SEGMENTS * BigInt(server.segmentBytes);
  const [most] = [...server.walRetainedBytes]
    .filter(([reason]) => HOLDERS.includes(reason))
    .toSorted(([, a], [, b]) => Number(b - a));
  const threshold = Number(limit);
  if (most === undefined) return { present: false, threshold };
  const [reason, bytes] = most;
  const value = Number(bytes);
  if (bytes <= limit) return { present: false, value, threshold };
  const holder = reason === 'slot' ? 'A replication slot' : 'Archiving';
  return { present: true, value, threshold, message: `${holder} keeps ${value} bytes of WAL.`, evidence: [reason] };
}
