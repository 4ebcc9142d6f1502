import type { Backup } from '../../core/catalogue.ts';
import type { CopyTar, Restorer, TarRestorer } from '../../core/drill.ts';
import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { createS3Bucket, type S3Bucket } from '../../storage/s3.ts';
import { nameOf } from '../../storage/s3-place.ts';
import { type BarmanCloudPlace, INFO, readInfoText } from './cloud.ts';
import { parseBackupInfo } from './parse.ts';
import { tablespacesIn } from './tablespaces.ts';

export interface BarmanCloudRestoreOptions extends BarmanCloudPlace {
  readonly tars: TarRestorer;
}

/** One backup in the bucket. */
interface Copy {
  readonly bucket: S3Bucket;
  readonly name: string;
  /** Of all its keys. */
  readonly prefix: string;
}

/** An object that `barman-cloud-backup` wrote: `data.tar`, `data_0001.tar.gz`, `16384.tar.bz2`. */
interface Part {
  readonly key: string;
  readonly file: string;
  /** `data`, or the OID of a tablespace. */
  readonly of: string;
  readonly index: number;
  readonly compression: string;
}

const PART = /^(data|\d+)(?:_(\d+))?\.tar(?:\.(\w+))?$/;
/** What it can write and walguard cannot read. */
const SNAPPY = 'snappy';

/** Puts back what barman-cloud-backup put into a bucket, by walguard's own client: each tar is unpacked as it comes. */
export function restoreBarmanCloud({ place, prefix, server, tars }: BarmanCloudRestoreOptions): Restorer {
  const bucket = createS3Bucket(place);
  return {
    method: 'barman_cloud',
    async restore(request) {
      const { backup } = request;
      const folder = `${prefix}${server}/base/${backup.label}/`;
      const copy: Copy = { bucket, name: nameOf(place, printable(folder.slice(0, -1))), prefix: folder };
      const wanted = ['data', ...(await tablespacesOf(copy, backup, request.signal))];
      const parts = (await listParts(copy, request.signal)).filter(({ of }) => wanted.includes(of));
      for (const of of wanted) refuseIncomplete(copy, of, parts);
      return await tars({ name: copy.name, tars: inOrder(parts).map((part) => toTar(copy, part)) }, request);
    },
  };
}

/** Reads backup.info again: the one that the catalogue read may be of a backup that was deleted meanwhile. */
async function tablespacesOf(copy: Copy, { label }: Backup, signal: AbortSignal): Promise<readonly string[]> {
  const text = await readInfoText(copy.bucket, copy.prefix + INFO, signal);
  if (text === undefined) throw incomplete(copy, `${INFO} is not there any more`);
  if (parseBackupInfo(label, text).mode?.startsWith('snapshot') === true)
    throw new WalguardError('DRILL_NO_METHOD', `${copy.name} is a snapshot of disks, which their provider keeps`, {
      hint: 'Make backups by barman-cloud-backup without snapshots as well, and drill with those.',
    });
  return tablespacesIn(text);
}

async function listParts({ bucket, prefix }: Copy, signal: AbortSignal): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for await (const { objects } of bucket.list({ prefix }, signal))
    for (const { key } of objects) {
      const file = key.slice(prefix.length);
      const [, of, index = '0', compression = ''] = PART.exec(file) ?? [];
      if (of !== undefined) parts.push({ key, file, of, index: Number(index), compression });
    }
  return parts;
}

/** Of the data directory the last part holds backup_label, and is missed by that; the last of a tablespace is not. */
function refuseIncomplete(copy: Copy, of: string, parts: readonly Part[]): void {
  const own = parts.filter((part) => part.of === of).toSorted((a, b) => a.index - b.index);
  if (own.length === 0) throw incomplete(copy, `${of}.tar is missing`);
  const gap = own.findIndex(({ index }, position) => index !== position);
  if (gap >= 0) throw incomplete(copy, gap === 0 ? `${of}.tar is missing` : `${of}_${digits(gap)}.tar is missing`);
  if (own.some(({ compression }) => compression === SNAPPY))
    throw new WalguardError('DRILL_NO_METHOD', `${copy.name} is packed by Snappy, which walguard cannot unpack`, {
      hint: 'Let barman-cloud-backup pack by --gzip or --bzip2.',
    });
}

function digits(index: number): string {
  return String(index).padStart(4, '0');
}

function inOrder(parts: readonly Part[]): readonly Part[] {
  return parts.toSorted((a, b) => a.of.localeCompare(b.of) || a.index - b.index);
}

function toTar(copy: Copy, { key, file, of, compression }: Part): CopyTar {
  return {
    name: file,
    holds: of === 'data' ? 'base' : of,
    compression,
    async *pieces(signal) {
      const pieces = await copy.bucket.whole(key, signal);
      if (pieces === undefined) throw incomplete(copy, `${file} is not there any more`);
      yield* pieces;
    },
  };
}

function incomplete({ name }: Copy, what: string): WalguardError {
  return new WalguardError('BACKUP_DAMAGED', `${name} cannot be restored whole: ${what}`, {
    hint: 'Look for what removed it (a lifecycle rule of the bucket?), and make a new backup now.',
  });
}
