import type { ArchiveContents, BackupLabel, BadFile, KnownOfServer, TimelineSwitch } from '../core/catalogue.ts';
import { assembleSegments } from '../core/wal-contents.ts';
import { DEFAULT_SEGMENT_BYTES, segmentAt } from '../core/segments.ts';
import type { WalIdentities } from '../core/wal-marks.ts';
import { inPieces } from './asked-files.ts';
import type { WalFolder } from './wal-folder.ts';
import type { SmallFile } from './wal-texts.ts';

/** All that was read, and by what it is to be judged. */
export interface TreeReading {
  /** In the order of their names. */
  readonly folders: readonly WalFolder[];
  readonly identities: WalIdentities;
  readonly known: KnownOfServer;
  readonly encrypted: boolean;
  /** Unix seconds, of the beginning of the reading. */
  readonly nowSeconds: number;
  /** A file that is younger is perhaps not written to its end. 60 if undefined; 0 where files appear whole. */
  readonly settledSeconds?: number | undefined;
}

/** `cp` shows a file before it has all of it. */
const SETTLED_SECONDS = 60;

/** What the archive holds, a piece at a time. */
export async function contentsOf(reading: TreeReading): Promise<ArchiveContents> {
  const { folders, nowSeconds, settledSeconds = SETTLED_SECONDS } = reading;
  const small = folders.flatMap((folder) => [...folder.small.values()]);
  const histories = historiesOf(small);
  const parts = folders.flatMap(({ timelines }) => [...timelines].map(([timeline, files]) => ({ timeline, files })));
  const segments = await inPieces(assembleSegments({ ...reading, parts, histories }));
  const impossible = folders.flatMap((folder) => folder.impossible);
  return {
    ...segments,
    histories,
    partials: partialsOf(small, segments.segmentBytes ?? DEFAULT_SEGMENT_BYTES),
    labels: labelsOf(small),
    badFiles: [...segments.badFiles, ...impossible.map(impossibleName), ...badTexts(small, nowSeconds, settledSeconds)],
    foreignFiles: folders.reduce((sum, folder) => sum + folder.foreign, 0),
    readAtSeconds: nowSeconds,
  };
}

function historiesOf(small: readonly SmallFile[]): ReadonlyMap<number, readonly TimelineSwitch[]> {
  return new Map(small.flatMap(({ text }) => (text?.kind === 'history' ? [[text.timeline, text.switches]] : [])));
}

function labelsOf(small: readonly SmallFile[]): readonly BackupLabel[] {
  return small.flatMap(({ text }) => (text?.kind === 'label' ? [text.label] : []));
}

function partialsOf(small: readonly SmallFile[], segmentBytes: number): ArchiveContents['partials'] {
  return small.flatMap(({ name, facts }) => {
    if (name.kind !== 'partial' || facts?.kind !== 'file') return [];
    return [{ timeline: name.timeline, segment: segmentAt(name, segmentBytes), time: facts.timeSeconds }];
  });
}

function badTexts(small: readonly SmallFile[], nowSeconds: number, settledSeconds: number): readonly BadFile[] {
  return small.flatMap(({ fileName, facts, text }) => {
    const isYoung = facts !== undefined && Math.abs(nowSeconds - facts.timeSeconds) < settledSeconds;
    if (text?.kind !== 'bad' || isYoung) return [];
    return [{ name: fileName, reason: text.reason, timeline: undefined, segment: undefined }];
  });
}

function impossibleName(name: string): BadFile {
  return { name, reason: 'impossible_name', timeline: undefined, segment: undefined };
}
