import { join } from 'node:path';

import { type BackupLabelText, parseBackupLabel } from '../../core/backup-label.ts';
import { isSegmentSize, type SegmentNumber, segmentName, segmentOf } from '../../core/segments.ts';
import { parseWalFileName } from '../../core/lsn.ts';
import { factsAt, factsIn, type NamedFile, namesIn } from '../../storage/folder.ts';
import { readHead } from '../../storage/read-file.ts';
import { type CopyFacts, readManifest, toCopy } from './copy.ts';
import { entryOf, type Folder, type Found, incomplete, incompleteError, lastChange } from './folder.ts';
import type { Manifest, WalRange } from './manifest.ts';

const MAX_TEXT_BYTES = 64 * 1024;
const MAX_NAMES = 100_000;
/** Of ControlFileData: the identifier of the system, and the place of the last checkpoint; alike in 13 to 19. */
const CONTROL_BYTES = 40;
const CHECKPOINT_AT = 32;
const MAX_SEGMENTS_LOOKED_AT = 10_000;

const AGAIN = 'Remove it once nobody writes it any more, and make a new backup.';

/** Reads a backup in plain format: a data directory that no server has touched since. @throws BACKUP_INCOMPLETE */
export async function readPlain(folder: Folder): Promise<Found> {
  refuseStarted(folder);
  await refuseLostTablespaces(folder);
  const text = await textOf(folder, 'backup_label');
  const label = text === undefined ? undefined : parseBackupLabel(text);
  const manifest = await readManifest(folder);
  const control = await readControl(folder);
  if (manifest === undefined && (control === undefined || entryOf(folder, 'backup_manifest.tmp') !== undefined)) {
    return unfinished(folder, label);
  }
  if (label === undefined) {
    incomplete(folder, 'it has no backup_label, which recovery needs: it is a copy that was started or changed', AGAIN);
  }
  if (control === undefined) incomplete(folder, 'it has no global/pg_control', AGAIN);
  return toCopy(folder, {
    label,
    manifest,
    ...(await walWithin(folder, { label, manifest, control })),
    writtenSeconds: control.writtenSeconds,
    systemIdentifier: control.systemIdentifier,
    version: await textOf(folder, 'PG_VERSION'),
    storedBytes: manifest?.sizeBytes,
  });
}

interface Parts {
  readonly label: BackupLabelText;
  readonly manifest: Manifest | undefined;
  readonly control: Control;
}

/** What the segments in the copy itself tell: without a manifest, that it ends in the last of them. */
async function walWithin(
  folder: Folder,
  { label, manifest, control }: Parts,
): Promise<Pick<CopyFacts, 'stopAtLeast' | 'included'>> {
  const held = await heldWal(folder);
  if (held?.last === undefined || held.last.end <= label.startLsn)
    return { stopAtLeast: control.checkpoint, included: false };
  const claimed = { timeline: label.startTimeline, start: label.startLsn, stop: held.last.end };
  const ranges = manifest?.walRanges ?? [claimed];
  return { stopAtLeast: held.last.end - 1n, included: ranges.every((range) => isHeld(range, held)) };
}

function refuseStarted(folder: Folder): void {
  if (entryOf(folder, 'postmaster.pid') !== undefined) {
    incomplete(folder, 'it has a postmaster.pid, so a server runs or ran in it', 'Keep backups apart from servers.');
  }
  if (entryOf(folder, 'backup_label') === undefined && entryOf(folder, 'backup_label.old') !== undefined) {
    incomplete(folder, 'it was started as a server, which took its backup_label', 'Remove it, or move it elsewhere.');
  }
}

/** Of a tablespace a plain backup holds a link to a folder elsewhere. */
async function refuseLostTablespaces(folder: Folder): Promise<void> {
  if (entryOf(folder, 'pg_tblspc') === undefined) return;
  const path = join(folder.path, 'pg_tblspc');
  const names = await namesIn(path, MAX_NAMES);
  const found = new Set((await factsIn(path, names)).map(({ name }) => name));
  const lost = names.filter((name) => !found.has(name));
  if (lost.length > 0) incomplete(folder, `the folder of its tablespace ${lost.join(', ')} is gone`, AGAIN);
}

async function textOf(folder: Folder, name: string): Promise<string | undefined> {
  if (entryOf(folder, name)?.kind !== 'file') return undefined;
  return (await readHead(join(folder.path, name), MAX_TEXT_BYTES)).toString('utf8');
}

interface Control {
  readonly systemIdentifier: string;
  readonly checkpoint: bigint;
  readonly writtenSeconds: number;
}

/** pg_basebackup writes it after all other files of the data directory. */
async function readControl({ path }: Folder): Promise<Control | undefined> {
  const file = join(path, 'global', 'pg_control');
  const facts = await factsAt(file);
  if (facts?.kind !== 'file') return undefined;
  const bytes = await readHead(file, CONTROL_BYTES);
  if (bytes.length < CONTROL_BYTES) return undefined;
  return {
    systemIdentifier: String(bytes.readBigUInt64LE(0)),
    checkpoint: bytes.readBigUInt64LE(CHECKPOINT_AT),
    writtenSeconds: facts.timeSeconds,
  };
}

interface HeldWal {
  readonly segmentBytes: number;
  /** Names of whole segments. */
  readonly names: ReadonlySet<string>;
  readonly last: { readonly timeline: number; readonly end: bigint } | undefined;
}

/** The segments that lie in the copy itself; undefined without any. */
async function heldWal({ path }: Folder): Promise<HeldWal | undefined> {
  const folder = join(path, 'pg_wal');
  if ((await factsAt(folder))?.kind !== 'folder') return undefined;
  const names = (await namesIn(folder, MAX_NAMES)).filter((name) => /^[0-9A-F]{24}$/.test(name));
  const files = await factsIn(folder, names.slice(-MAX_SEGMENTS_LOOKED_AT));
  const segmentBytes = files[0]?.sizeBytes ?? 0;
  if (!isSegmentSize(segmentBytes)) return undefined;
  const whole = files.filter(({ sizeBytes }) => sizeBytes === segmentBytes).map(({ name }) => name);
  return { segmentBytes, names: new Set(whole), last: parseWalFileName(whole.at(-1) ?? '', segmentBytes) };
}

function isHeld({ timeline, start, stop }: WalRange, { segmentBytes, names }: HeldWal): boolean {
  // The end of a backup is behind its last byte.
  const last = segmentOf(stop > start ? stop - 1n : stop, segmentBytes);
  for (let segment: SegmentNumber = segmentOf(start, segmentBytes); segment <= last; segment += 1) {
    if (!names.has(segmentName(timeline, segment, segmentBytes))) return false;
  }
  return true;
}

/** Not whole, or not yet: when anything in it changed last decides later. */
async function unfinished(folder: Folder, label: BackupLabelText | undefined): Promise<Found> {
  return {
    kind: 'unfinished',
    changedSeconds: (await lastChangeWithin(folder)) ?? 0,
    running: {
      type: label === undefined ? undefined : label.incrementalFrom === undefined ? 'full' : 'incremental',
      startTimeSeconds: label?.startTime?.seconds,
      doneBytes: undefined,
      expectedBytes: undefined,
    },
    problem: incompleteError(folder.path, 'pg_basebackup was interrupted before it wrote the last file', AGAIN),
  };
}

/** Files are written in one folder after another: the newest database shows what the newest file is. */
async function lastChangeWithin(folder: Folder): Promise<number | undefined> {
  const databases = await filesIn(join(folder.path, 'base'));
  const newest = databases.toSorted((a, b) => b.timeSeconds - a.timeSeconds)[0];
  const inside = ['global', 'pg_wal', ...(newest === undefined ? [] : [join('base', newest.name)])];
  const files = await Promise.all(inside.map((name) => filesIn(join(folder.path, name))));
  return lastChange([...folder.entries, ...databases, ...files.flat()]);
}

/** Empty if there is no such folder. */
async function filesIn(path: string): Promise<readonly NamedFile[]> {
  if ((await factsAt(path))?.kind !== 'folder') return [];
  return factsIn(path, await namesIn(path, MAX_NAMES));
}
