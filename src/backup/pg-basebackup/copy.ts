import { join } from 'node:path';

import type { BackupLabelText } from '../../core/backup-label.ts';
import type { Backup, BackupWal } from '../../core/catalogue.ts';
import type { Lsn } from '../../core/lsn.ts';
import { segmentBytesBy } from '../../core/segments.ts';
import { readPieces } from '../../storage/read-file.ts';
import { type Copy, entryOf, type Folder, incomplete } from './folder.ts';
import { type Manifest, ManifestReader } from './manifest.ts';

/** What both formats know of a copy that is whole. */
export interface CopyFacts {
  readonly label: BackupLabelText | undefined;
  readonly manifest: Manifest | undefined;
  /** Where it ends if there is no manifest: at least here. */
  readonly stopAtLeast: Lsn | undefined;
  /** When its last file was written, if there is no manifest. */
  readonly writtenSeconds: number;
  readonly included: boolean;
  readonly systemIdentifier: string | undefined;
  /** Content of PG_VERSION. */
  readonly version: string | undefined;
  readonly storedBytes: number | undefined;
}

/** The manifest of a folder; undefined if there is none. @throws BACKUP_INCOMPLETE if it is not whole */
export async function readManifest(folder: Folder): Promise<Manifest | undefined> {
  if (entryOf(folder, 'backup_manifest')?.kind !== 'file') return undefined;
  const reader = new ManifestReader();
  for await (const piece of readPieces(join(folder.path, 'backup_manifest'), folder.signal)) reader.add(piece);
  const manifest = reader.finish();
  if (!(manifest instanceof Error)) return manifest;
  return incomplete(
    folder,
    `of its backup_manifest, ${manifest.message}`,
    'Remove it, and make a new backup; the disk may have been full.',
  );
}

/** Puts together what is known of a whole copy. @throws BACKUP_INCOMPLETE if nothing tells where its WAL begins */
export function toCopy(folder: Folder, facts: CopyFacts): Copy {
  const { label, manifest } = facts;
  const incrementalFrom = label?.incrementalFrom;
  const started = label?.startTime?.seconds ?? manifest?.labelWrittenSeconds;
  const written = entryOf(folder, 'backup_manifest')?.timeSeconds ?? facts.writtenSeconds;
  const backup: Backup = {
    label: folder.label,
    type: incrementalFrom === undefined ? 'full' : 'incremental',
    startTimeSeconds: started,
    // Files that were copied here with the clock of another host may pretend to be older.
    stopTimeSeconds: Math.max(Math.ceil(written), started ?? 0),
    wal: walOf(folder, facts),
    systemIdentifier: manifest?.systemIdentifier ?? facts.systemIdentifier,
    majorVersion: majorVersion(facts.version),
    needs: [],
    hasErrors: false,
    sizeBytes: incrementalFrom === undefined ? manifest?.sizeBytes : undefined,
    storedBytes: facts.storedBytes,
  };
  const unsettledSeconds = manifest === undefined ? facts.writtenSeconds : undefined;
  return { kind: 'copy', backup, incrementalFrom, unsettledSeconds };
}

function walOf(folder: Folder, { label, manifest, stopAtLeast, included }: CopyFacts): BackupWal {
  const [first] = manifest?.walRanges ?? [];
  const last = manifest?.walRanges.at(-1);
  if (first !== undefined && last !== undefined) {
    return { timeline: first.timeline, start: first.start, stop: last.stop, included, ...sizeOf(label) };
  }
  if (label === undefined) {
    incomplete(
      folder,
      'neither a manifest nor its backup_label tells where its WAL begins',
      'If it is whole, let pg_basebackup write manifests, or compress it with gzip.',
    );
  }
  const { startTimeline, startLsn, checkpointLsn } = label;
  const stop = latest(startLsn, stopAtLeast, checkpointLsn);
  return { timeline: startTimeline, start: startLsn, stop, included, ...sizeOf(label) };
}

function sizeOf(label: BackupLabelText | undefined): Pick<BackupWal, 'segmentBytes'> {
  return { segmentBytes: label === undefined ? undefined : segmentBytesBy(label.startLsn, label.startFile) };
}

function latest(first: Lsn, ...others: readonly (Lsn | undefined)[]): Lsn {
  return others.reduce<Lsn>((last, each) => (each !== undefined && each > last ? each : last), first);
}

function majorVersion(text: string | undefined): number | undefined {
  const major = /^(\d+)\s*$/.exec(text ?? '')?.[1];
  return major === undefined ? undefined : Number(major) * 10_000;
}
