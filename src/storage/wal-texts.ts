import { promisify } from 'node:util';
import * as zlib from 'node:zlib';

import { type BackupLabelText, parseBackupLabel } from '../core/backup-label.ts';
import type { BackupLabel, BadFileReason, TimelineSwitch } from '../core/catalogue.ts';
import { unpackLz4 } from '../core/lz4.ts';
import { parseTimelineHistory } from '../core/timeline-history.ts';
import type { WalName } from '../core/wal-names.ts';
import type { FileEnds } from './file-access.ts';
import type { FileFacts } from './file-facts.ts';
import { formatOf } from './wal-ends.ts';

/** A label, a history or the beginning of a segment: there are few, and each is an object. */
export interface SmallFile {
  readonly fileName: string;
  readonly name: Exclude<WalName, { readonly kind: 'segment' }>;
  /** Undefined until it was asked. */
  readonly facts: FileFacts | undefined;
  /** Undefined until it was read. */
  readonly text: WalText | undefined;
}

/** What a label or a history file says. */
export type WalText =
  | { readonly kind: 'label'; readonly label: BackupLabel }
  | { readonly kind: 'history'; readonly timeline: number; readonly switches: readonly TimelineSwitch[] }
  | { readonly kind: 'bad'; readonly reason: BadFileReason }
  /** Encrypted, compressed in a way that cannot be undone here, or not for walguard to read. */
  | { readonly kind: 'closed' };

/** PostgreSQL writes some hundred bytes; a history grows by a line for each timeline. */
export const LARGEST_TEXT_BYTES = 1_048_576;

const CLOSED = { kind: 'closed' } as const;

/** Reads a label or history from its bytes; that of a `.partial` is none. */
export async function readWalText({ name, fileName, facts }: SmallFile, { head }: FileEnds): Promise<WalText> {
  if (head.length === 0) return { kind: 'bad', reason: 'empty' };
  const bytes = await unpacked(name.compression, head);
  if (bytes === undefined) return CLOSED;
  const text = bytes.toString('utf8');
  if (name.kind === 'history') {
    const switches = parseTimelineHistory(name.timeline, text);
    return switches === undefined ? UNREADABLE : { kind: 'history', timeline: name.timeline, switches };
  }
  const label = parseBackupLabel(text);
  return (label && toLabel(fileName, label, facts?.timeSeconds ?? 0)) ?? UNREADABLE;
}

const UNREADABLE = { kind: 'bad', reason: 'unreadable' } as const;

/** Undefined if it is encrypted or cannot be undone here; empty if it is damaged. */
async function unpacked(compression: string, bytes: Buffer): Promise<Buffer | undefined> {
  // What is not what its name says may be encrypted: WAL-G has no ending for that. Brotli has no beginning of its own.
  if (compression === 'br') return await undone(unpackBrotli, bytes);
  const format = formatOf(bytes);
  switch (format === 'unknown' ? compression : format) {
    case '':
      return bytes;
    case 'gz':
      return (await undone(unzip, bytes)) ?? DAMAGED;
    case 'lz4':
      return unpackedLz4(bytes);
    case 'zst':
      return format === 'unknown' || unpackZstd === undefined
        ? undefined
        : ((await undone(unpackZstd, bytes)) ?? DAMAGED);
    default:
      return undefined;
  }
}

const DAMAGED = Buffer.alloc(0);

type Unpacker = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const unzip: Unpacker = promisify(zlib.gunzip);
const unpackBrotli: Unpacker = promisify(zlib.brotliDecompress);
/** Not known to every Node. */
const unpackZstd =
  'zstdDecompress' in zlib ? promisify(zlib.zstdDecompress as typeof zlib.brotliDecompress) : undefined;

async function undone(unpack: Unpacker, bytes: Buffer): Promise<Buffer | undefined> {
  try {
    return await unpack(bytes, { maxOutputLength: LARGEST_TEXT_BYTES });
  } catch {
    return undefined;
  }
}

function unpackedLz4(bytes: Buffer): Buffer | undefined {
  const content = unpackLz4(bytes, LARGEST_TEXT_BYTES);
  if (content === undefined) return undefined;
  return content.isWhole ? Buffer.from(content.bytes) : DAMAGED;
}

/**
 * Where the zone's abbreviation is ambiguous the backup ended when its label came into the archive: a moment later, so
 * nothing is claimed that it cannot give.
 */
function toLabel(fileName: string, text: BackupLabelText, archivedSeconds: number): WalText | undefined {
  const { startTime, stopTime, stopLsn } = text;
  if (startTime === undefined || stopTime === undefined || stopLsn === undefined) return undefined;
  const stopTimeSeconds = stopTime.seconds ?? archivedSeconds;
  const startTimeSeconds = startTime.seconds ?? stopTimeSeconds - (stopTime.localSeconds - startTime.localSeconds);
  const wal = { timeline: text.startTimeline, start: text.startLsn, stop: stopLsn };
  const { label, fromStandby } = text;
  const late = stopTime.seconds === undefined ? { hasLateTimes: true } : {};
  return { kind: 'label', label: { fileName, label, wal, startTimeSeconds, stopTimeSeconds, fromStandby, ...late } };
}
