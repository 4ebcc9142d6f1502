import { WalguardError } from '../../core/error.ts';
import { type Lsn, parseLsn, parseWalFileName } from '../../core/lsn.ts';
import { DEFAULT_SEGMENT_BYTES, isSegmentSize, segmentBytesBy } from '../../core/segments.ts';
import { type BarmanBackup, type BarmanStatus, parseMoment, STATUSES } from './facts.ts';

/**
 * Reads a `backup.info`, which Barman and barman-cloud write alike: lines of `key=value` in the order of the keys, with
 * `None` for what is not known. Keys that are not known here are left alone.
 *
 * Throws SOURCE_BAD_ANSWER for a file that is not whole, or no such file.
 *
 * @param id of the backup: only the path tells it
 */
export function parseBackupInfo(id: string, text: string): BarmanBackup {
  const fields = readFields(id, text);
  const status = readStatus(id, fields);
  const mode = fields.get('mode');
  const [size, own] = [readCount(fields, 'size'), readCount(fields, 'deduplicated_size')];
  const parentId = fields.get('parent_backup_id');
  // What lies in the repository is of the database's size only if all of it does, and not packed.
  const isPlain = fields.get('compression') === undefined && parentId === undefined;
  return {
    id,
    status,
    error: fields.get('error'),
    mode,
    parentId,
    beginSeconds: parseMoment(fields.get('begin_time')),
    endSeconds: parseMoment(fields.get('end_time')),
    ...readWal(fields),
    systemIdentifier: readDigits(fields, 'systemid'),
    version: readCount(fields, 'version'),
    sizeBytes: readCount(fields, 'cluster_size') ?? (isPlain ? size : undefined),
    storedBytes: own ?? size,
    encrypted: text.includes('\nencryption=') ? fields.get('encryption') !== undefined : undefined,
  };
}

type Fields = ReadonlyMap<string, string>;

/** Those that have a value. */
function readFields(id: string, text: string): Fields {
  if (text.includes('\0') || !text.endsWith('\n')) throw notWhole(id, 'it ends in the middle of a line');
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    if (at < 1) throw notWhole(id, 'a line of it has no =');
    const value = line.slice(at + 1).trim();
    if (value !== 'None') fields.set(line.slice(0, at).trim(), value);
  }
  return fields;
}

function readStatus(id: string, fields: Fields): BarmanStatus {
  const given = fields.get('status');
  const status = STATUSES.find((one) => one === given);
  if (status === undefined) throw notWhole(id, given === undefined ? 'it has no status' : 'its status is not known');
  return status;
}

type BarmanWal = Pick<BarmanBackup, 'begin' | 'end' | 'beginTimeline' | 'endTimeline' | 'segmentBytes'>;

function readWal(fields: Fields): BarmanWal {
  const told = readCount(fields, 'xlog_segment_size') ?? DEFAULT_SEGMENT_BYTES;
  const segmentBytes = isSegmentSize(told) ? told : DEFAULT_SEGMENT_BYTES;
  const [beginWal, endWal] = [fields.get('begin_wal') ?? '', fields.get('end_wal') ?? ''];
  const names = { beginWal, endWal, beginLsn: fields.get('begin_xlog'), endLsn: fields.get('end_xlog') };
  return readRange(names, segmentBytes, readCount(fields, 'timeline'));
}

/** How every output of Barman names the WAL of a backup: positions, and the files in which they are. */
export interface BarmanRange {
  readonly beginWal: string;
  readonly endWal: string;
  readonly beginLsn: string | undefined;
  readonly endLsn: string | undefined;
}

/** Positions where they are told, else the ends of the files. */
export function readRange(
  { beginWal, endWal, beginLsn, endLsn }: BarmanRange,
  segmentBytes: number,
  timeline: number | undefined,
): BarmanWal {
  const lsn = readLsn(beginLsn);
  const [first, last] = [parseWalFileName(beginWal, segmentBytes), parseWalFileName(endWal, segmentBytes)];
  return {
    begin: lsn ?? first?.start,
    end: readLsn(endLsn) ?? last?.end,
    beginTimeline: first?.timeline ?? timeline,
    endTimeline: last?.timeline,
    segmentBytes: lsn === undefined ? undefined : segmentBytesBy(lsn, beginWal),
  };
}

function readLsn(text: string | undefined): Lsn | undefined {
  return text === undefined ? undefined : parseLsn(text);
}

function readDigits(fields: Fields, key: string): string | undefined {
  const value = fields.get(key);
  return value !== undefined && /^\d+$/.test(value) ? value : undefined;
}

function readCount(fields: Fields, key: string): number | undefined {
  const digits = readDigits(fields, key);
  return digits === undefined || !Number.isSafeInteger(Number(digits)) ? undefined : Number(digits);
}

function notWhole(id: string, what: string): WalguardError {
  return new WalguardError('SOURCE_BAD_ANSWER', `backup.info of ${id} cannot be read: ${what}`, {
    hint: 'Look at the file, and make a new backup if it is damaged: without it Barman restores nothing.',
  });
}
