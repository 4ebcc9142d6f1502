import { join } from 'node:path';

import { type BackupLabelText, parseBackupLabel } from '../../core/backup-label.ts';
import { messageOf, systemCode } from '../../core/error.ts';
import { type Lsn, parseWalFileName } from '../../core/lsn.ts';
import { isSegmentSize, SEGMENT_SIZES, segmentOf } from '../../core/segments.ts';
import { readWalHeader } from '../../core/wal-header.ts';
import type { FileFacts } from '../../storage/file-facts.ts';
import { readTail } from '../../storage/read-file.ts';
import { canDecompress, listTar, readTar, type TarMember } from '../../storage/tar.ts';
import { readManifest, toCopy } from './copy.ts';
import { entryOf, type Folder, type Found, incomplete, incompleteError, lastChange } from './folder.ts';
import type { TarFile } from './layout.ts';
import type { Manifest } from './manifest.ts';

const MEBIBYTE = 1024 * 1024;
/** The label is the first file, the version among the first, if the file system lists it so. */
const MAX_HEAD_BYTES = 4 * MEBIBYTE;
/** Of a pg_wal.tar without a manifest: 16 segments of the usual size. */
const MAX_WAL_BYTES = 256 * MEBIBYTE;
const MAX_WAL_MEMBERS = 100_000;
const TAR_BLOCK_BYTES = 512;
const END_BYTES = 2 * TAR_BLOCK_BYTES;
const GZIP_SIZE_MODULUS = 2 ** 32;
/** Folders and links that the manifest does not list. */
const SLACK_BYTES = 4 * MEBIBYTE;

const AGAIN = 'Remove it once nobody writes it any more, and make a new backup.';

const LABEL = /^backup_label$/;
const VERSION = /(?:^|\/)PG_VERSION$/;
const SEGMENT = /^[0-9A-F]{24}$/;

type Tar = TarFile & FileFacts;

/** Reads a backup in tar format. @throws BACKUP_INCOMPLETE */
export async function readTars(folder: Folder, files: readonly TarFile[]): Promise<Found> {
  const tars = files.flatMap((file) => {
    const facts = entryOf(folder, file.name);
    return facts?.kind === 'file' ? [{ ...file, ...facts }] : [];
  });
  const base = tars.find(({ holds }) => holds === 'base');
  if (base === undefined) return incomplete(folder, 'its base.tar is no file', AGAIN);
  const manifest = await readManifest(folder);
  const cut = await firstCutOff(folder, tars, manifest);
  const isWritten =
    manifest === undefined && (cut !== undefined || entryOf(folder, 'backup_manifest.tmp') !== undefined);
  if (isWritten) return unfinished(folder, tars, base);
  if (cut !== undefined) incomplete(folder, `${cut.name} is cut off`, AGAIN);
  for (const number of manifest?.tablespaces ?? []) {
    if (!tars.some(({ holds }) => holds === number))
      incomplete(folder, `${number}.tar, a tablespace, is missing`, AGAIN);
  }
  const head = await readBase(folder, base);
  const wal = tars.find(({ holds }) => holds === 'pg_wal');
  return toCopy(folder, {
    ...head,
    manifest,
    stopAtLeast: manifest === undefined && wal !== undefined ? await lastPosition(folder, wal) : undefined,
    writtenSeconds: lastChange(tars) ?? 0,
    included: wal !== undefined || (manifest !== undefined && (await holdsItsWal(folder, base, manifest))),
    systemIdentifier: await identifierIn(folder, wal),
    storedBytes: tars.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  });
}

/** The first of the tars that is not whole, as far as its compression lets one see; undefined if none. */
async function firstCutOff(folder: Folder, tars: readonly Tar[], manifest?: Manifest): Promise<Tar | undefined> {
  for (const tar of tars) {
    const isTooSmall = tar.name === 'base.tar' && tar.sizeBytes < (manifest?.leastTarBytes ?? 0);
    if (isTooSmall || tar.sizeBytes === 0 || !(await hasItsEnd(join(folder.path, tar.name), tar))) return tar;
  }
  return undefined;
}

/** The size of a tar is that of whole blocks, the last two of which are empty; so may be blocks of WAL. */
async function hasItsEnd(path: string, { holds, compression, sizeBytes }: Tar): Promise<boolean> {
  if (compression === 'gz') return (await unpackedBytes(path)) % TAR_BLOCK_BYTES === 0;
  if (compression !== '') return true;
  const end = await readTail(path, END_BYTES);
  const isEnd = end.length === END_BYTES && end.every((byte) => byte === 0) && sizeBytes % TAR_BLOCK_BYTES === 0;
  return isEnd && (holds !== 'pg_wal' || (await listTar(path, MAX_WAL_MEMBERS)).isWhole);
}

/** Of a gzip file the size of its content modulo 2^32, its last four bytes. */
async function unpackedBytes(path: string): Promise<number> {
  const end = await readTail(path, 4);
  return end.length < 4 ? 1 : end.readUInt32LE(0);
}

function contentOf(members: readonly TarMember[], pattern: RegExp): string | undefined {
  return members.find(({ name, content }) => content !== undefined && pattern.test(name))?.content?.toString('utf8');
}

interface BaseHead {
  readonly label: BackupLabelText | undefined;
  readonly version: string | undefined;
}

/** @throws BACKUP_INCOMPLETE if it is no tar, or is compressed otherwise than its name says */
async function readBase(folder: Folder, base: Tar): Promise<BaseHead> {
  if (!canDecompress(base.compression)) return { label: undefined, version: undefined };
  try {
    const { members } = await readTar(join(folder.path, base.name), base.compression, {
      isWanted: (name) => LABEL.test(name) || VERSION.test(name),
      isEnough: (found) => contentOf(found, LABEL) !== undefined && contentOf(found, VERSION) !== undefined,
      maxBytes: MAX_HEAD_BYTES,
    });
    return { label: parseBackupLabel(contentOf(members, LABEL) ?? ''), version: contentOf(members, VERSION) };
  } catch (thrown) {
    if (/^E[A-Z]+$/.test(systemCode(thrown))) throw thrown;
    return incomplete(folder, `${base.name} cannot be read: ${messageOf(thrown)}`, AGAIN);
  }
}

/** Of the cluster, by the first segment of its WAL: pg_control stands at the far end of base.tar. */
async function identifierIn(folder: Folder, wal: Tar | undefined): Promise<string | undefined> {
  if (wal === undefined || !canDecompress(wal.compression)) return undefined;
  try {
    const { members } = await readTar(join(folder.path, wal.name), wal.compression, {
      isWanted: (name) => SEGMENT.test(name),
      isEnough: (found) => contentsOf(found).length > 0,
      maxBytes: MAX_HEAD_BYTES,
    });
    const [head] = contentsOf(members);
    return head === undefined ? undefined : readWalHeader(head)?.systemIdentifier;
  } catch (thrown) {
    if (/^E[A-Z]+$/.test(systemCode(thrown))) throw thrown;
    return incomplete(folder, `${wal.name} cannot be read: ${messageOf(thrown)}`, AGAIN);
  }
}

function contentsOf(members: readonly TarMember[]): readonly Buffer[] {
  return members.flatMap(({ content }) => (content === undefined ? [] : [content]));
}

/** The last byte of the WAL in pg_wal.tar: a backup ends in its last segment. Undefined if that is too far to look. */
async function lastPosition(folder: Folder, wal: Tar): Promise<Lsn | undefined> {
  if (!canDecompress(wal.compression)) return undefined;
  const path = join(folder.path, wal.name);
  const { members, isWhole } =
    wal.compression === ''
      ? await listTar(path, MAX_WAL_MEMBERS)
      : await readTar(path, wal.compression, {
          isWanted: () => false,
          isEnough: () => false,
          maxBytes: MAX_WAL_BYTES,
        });
  const ends = members.flatMap(({ name, sizeBytes }) => {
    const segment = isSegmentSize(sizeBytes) ? parseWalFileName(name, sizeBytes) : undefined;
    return segment === undefined ? [] : [segment.end - 1n];
  });
  return isWhole ? ends.toSorted((a, b) => Number(a - b)).at(-1) : undefined;
}

/**
 * True if base.tar holds the WAL too (`-X fetch`), which stands at its end and in no manifest: the tar is larger than
 * what the manifest lists by just the segments that the backup needs.
 */
async function holdsItsWal(folder: Folder, base: Tar, manifest: Manifest): Promise<boolean> {
  if (base.compression !== '' && base.compression !== 'gz') return false;
  const isPacked = base.compression === 'gz';
  const size = isPacked ? await unpackedBytes(join(folder.path, base.name)) : base.sizeBytes;
  const more = isPacked ? mod(size - manifest.leastTarBytes, GZIP_SIZE_MODULUS) : size - manifest.leastTarBytes;
  return SEGMENT_SIZES.some((segmentBytes) => {
    const segments = manifest.walRanges.reduce((sum, { start, stop }) => {
      const last = segmentOf(stop > start ? stop - 1n : stop, segmentBytes);
      return sum + last - segmentOf(start, segmentBytes) + 1;
    }, 0);
    const needed = segments * (segmentBytes + TAR_BLOCK_BYTES);
    return more >= needed && more < needed + Math.min(SLACK_BYTES, segmentBytes);
  });
}

function mod(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}

/** Not whole, or not yet: when anything in it changed last decides later. */
async function unfinished(folder: Folder, tars: readonly Tar[], base: Tar): Promise<Found> {
  const { label } = await readBase(folder, base).catch((): BaseHead => ({ label: undefined, version: undefined }));
  return {
    kind: 'unfinished',
    changedSeconds: lastChange(folder.entries) ?? 0,
    running: {
      type: label === undefined ? undefined : label.incrementalFrom === undefined ? 'full' : 'incremental',
      startTimeSeconds: label?.startTime?.seconds,
      doneBytes: tars.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      expectedBytes: undefined,
    },
    problem: incompleteError(folder.path, 'pg_basebackup was interrupted before it wrote the last file', AGAIN),
  };
}
