import type { BadFileReason, KnownOfServer, TimelineSwitch } from './catalogue.ts';
import { segmentOf, type SegmentNumber } from './segments.ts';
import { isPlain } from './wal-files.ts';
import { identityOf, isPacked, kindOfMark, MARKS, type WalIdentities, type WalIdentity } from './wal-marks.ts';

/** What a file is worth: `good` was looked into, `unverified` not yet or cannot be, `young` is perhaps still written. */
export type Worth = 'good' | 'unverified' | 'young' | BadFileReason;

/** What all files of an archive are measured by. */
export interface Measure {
  /** Undefined if nothing tells. */
  readonly segmentBytes: number | undefined;
  readonly systemIdentifier: string | undefined;
  readonly identities: Pick<WalIdentities, 'all'>;
  readonly histories: ReadonlyMap<number, readonly TimelineSwitch[]>;
  /** Unix seconds. */
  readonly nowSeconds: number;
  /** The repository encrypts, and no name says so. */
  readonly encrypted: boolean;
  /** A file that is younger is perhaps not written to its end. 60 if undefined; 0 where files appear whole. */
  readonly settledSeconds?: number | undefined;
}

/** One file of a segment. */
export interface JudgedFile {
  readonly code: number;
  /** NaN if it was not asked. */
  readonly timeSeconds: number;
  readonly sizeBytes: number;
  readonly mark: number;
}

/** Less than any program makes of a whole segment; one of 1 MB with a single record was packed to 138 bytes. */
const SMALLEST_PACKED_BYTES = 64;
/** `cp` shows a file while it is filled; one that was not touched for so long is left as it is. */
const SETTLED_SECONDS = 60;
const CIPHER_BLOCK_BYTES = 16;

/** Says what a file is worth as that segment of that timeline. */
export function judge(file: JudgedFile, timeline: number, segment: SegmentNumber, measure: Measure): Worth {
  const worth = worthOfSize(file, measure) ?? worthOfContent(file.mark, timeline, segment, measure);
  const isBad = worth !== 'good' && worth !== 'unverified' && worth !== 'wrong_cluster';
  const { nowSeconds, settledSeconds = SETTLED_SECONDS } = measure;
  return isBad && Math.abs(nowSeconds - file.timeSeconds) < settledSeconds ? 'young' : worth;
}

/** Undefined if the size is nothing to object to. */
function worthOfSize({ code, sizeBytes, timeSeconds, mark }: JudgedFile, measure: Measure): Worth | undefined {
  if (Number.isNaN(timeSeconds)) return 'unverified';
  // Of what is no file there is no size.
  if (kindOfMark(mark) === MARKS.unreadable) return 'unreadable';
  if (sizeBytes === 0) return 'empty';
  if (measure.encrypted) return sizeBytes % CIPHER_BLOCK_BYTES === 0 ? undefined : 'wrong_size';
  if (!isPlain(code) || isPacked(mark)) return sizeBytes < SMALLEST_PACKED_BYTES ? 'too_small' : undefined;
  if (measure.segmentBytes === undefined || sizeBytes === measure.segmentBytes) return undefined;
  // Perhaps compressed or encrypted under a bare name: the content decides.
  return kindOfMark(mark) === MARKS.unread ? 'unverified' : 'wrong_size';
}

function worthOfContent(mark: number, timeline: number, segment: SegmentNumber, measure: Measure): Worth {
  const identity = identityOf(mark, measure.identities);
  if (identity !== undefined) return worthOfIdentity(identity, timeline, segment, measure);
  const kind = kindOfMark(mark);
  if (kind === MARKS.cut) return 'wrong_size';
  return kind === MARKS.wrongHeader ? 'wrong_header' : 'unverified';
}

function worthOfIdentity(
  identity: WalIdentity,
  timeline: number,
  segment: SegmentNumber,
  { systemIdentifier, segmentBytes = identity.segmentBytes, histories }: Measure,
): Worth {
  if (systemIdentifier !== undefined && identity.systemIdentifier !== systemIdentifier) return 'wrong_cluster';
  if (identity.segmentBytes !== segmentBytes) return 'wrong_size';
  if (identity.olderTimeline === undefined) return 'good';
  return beginsIn(histories.get(timeline), segment, segmentBytes) ? 'good' : 'wrong_header';
}

/** The segment in which a timeline begins is a copy of its parent's up to there, with the parent's header. */
function beginsIn(
  history: readonly TimelineSwitch[] | undefined,
  segment: SegmentNumber,
  segmentBytes: number,
): boolean {
  const begin = history?.at(-1)?.switchLsn;
  return begin === undefined || segmentOf(begin, segmentBytes) === segment;
}

/**
 * The size of segments and the cluster: the server's word, else what most headers say, else most plain sizes, else what
 * backups tell.
 */
export function measureOf(
  known: KnownOfServer,
  { identities, headers, sizes }: Pick<Measure, 'identities'> & Counts,
): Pick<Measure, 'segmentBytes' | 'systemIdentifier'> & { readonly systemIdentifierOfHeaders: string | undefined } {
  const count = (value: WalIdentity): number => headers.get(value) ?? 0;
  const bySize = new Map<number, number>();
  const byCluster = new Map<string, number>();
  for (const identity of identities.all) {
    bySize.set(identity.segmentBytes, (bySize.get(identity.segmentBytes) ?? 0) + count(identity));
    byCluster.set(identity.systemIdentifier, (byCluster.get(identity.systemIdentifier) ?? 0) + count(identity));
  }
  const systemIdentifierOfHeaders = mostFrequent(byCluster);
  return {
    segmentBytes: known.segmentBytes ?? mostFrequent(bySize) ?? mostFrequent(sizes) ?? known.segmentBytesOfBackups,
    systemIdentifier: known.systemIdentifier ?? systemIdentifierOfHeaders,
    systemIdentifierOfHeaders,
  };
}

/** How many files there are of each. */
export interface Counts {
  readonly headers: ReadonlyMap<WalIdentity, number>;
  /** Sizes in bytes of plain files that segments may have. */
  readonly sizes: ReadonlyMap<number, number>;
}

function mostFrequent<T>(counts: ReadonlyMap<T, number>): T | undefined {
  let best: T | undefined;
  for (const [value, count] of counts) if (count > 0 && count > ((best && counts.get(best)) ?? 0)) best = value;
  return best;
}
