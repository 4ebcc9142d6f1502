import type { BackupSource } from '../../core/catalogue.ts';
import { systemCode, WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { createS3Bucket, type S3Bucket } from '../../storage/s3.ts';
import type { S3Object } from '../../storage/s3-answers.ts';
import { nameOf, type S3Place } from '../../storage/s3-place.ts';
import { isDone, newestOf, toCatalogue } from './catalogue.ts';
import type { BarmanBackup } from './facts.ts';
import { parseBackupInfo } from './parse.ts';

/** What `barman-cloud-backup` is given: a URL of a bucket, and the name of a server. */
export interface BarmanCloudPlace {
  readonly place: S3Place;
  /** Empty, or it ends in a slash. */
  readonly prefix: string;
  readonly server: string;
}

export const INFO = 'backup.info';
const LARGEST_INFO_BYTES = 1_048_576;
/** `data.tar`, `data_0001.tar.gz`, `16384.tar.snappy`: beside them there are notes of `barman-cloud-backup-keep`. */
const PART_OF_COPY = /\.tar(?:\.|$)/;
/** Its backup.info comes last; until then a copy that is made and one that was interrupted look alike. */
const LONGEST_BACKUP_SECONDS = 86_400;

/** All objects of one backup. */
interface Copy {
  readonly id: string;
  info: S3Object | undefined;
  partBytes: number;
  parts: number;
  /** Of the newest object, Unix seconds. */
  writtenSeconds: number;
}

/** What was read of a backup.info, as long as the object is the same. */
interface ReadInfo {
  readonly object: S3Object;
  readonly content: BarmanBackup | WalguardError;
}

/** The backups that barman-cloud keeps of one server in a bucket. */
export function barmanCloud({ place, prefix, server }: BarmanCloudPlace): BackupSource {
  const bucket = createS3Bucket(place);
  const home = `${prefix}${server}/`;
  const url = nameOf(place, printable(prefix)).replace(/\/$/, '');
  let read: ReadonlyMap<string, ReadInfo> = new Map();
  return {
    method: 'barman_cloud',
    async read(signal) {
      const copies = await listCopies(bucket, `${home}base/`, signal);
      if (copies.size === 0 && !(await isThere(bucket, home, signal))) throw noServer(place, home);
      read = await readInfos(bucket, copies, read, signal);
      const nowSeconds = Date.now() / 1_000;
      const told = [...copies.values()].flatMap((copy) => tell(copy, read.get(copy.id)?.content));
      const backups = told.flatMap((each) => (each instanceof WalguardError ? [] : [each]));
      const problems = told.flatMap((each) => (each instanceof WalguardError ? [each] : []));
      const isYoung = (copy: Copy | undefined): boolean =>
        copy !== undefined && nowSeconds - copy.writtenSeconds < LONGEST_BACKUP_SECONDS;
      const last = newestOf(backups)?.id ?? '';
      for (const copy of copies.values())
        if (copy.info === undefined && !(copy.id > last && isYoung(copy))) problems.push(interrupted(copy));
      const catalogue = toCatalogue(backups, problems, {
        isAlive: ({ id }) => isYoung(copies.get(id)),
        failedSeconds: ({ id }) => copies.get(id)?.info?.timeSeconds,
        removal: (id) => `barman-cloud-backup-delete --backup-id ${id} ${url} ${server}`,
      });
      return { ...catalogue, running: undefined };
    },
  };
}

async function listCopies(bucket: S3Bucket, base: string, signal: AbortSignal): Promise<ReadonlyMap<string, Copy>> {
  const copies = new Map<string, Copy>();
  for await (const { objects } of bucket.list({ prefix: base }, signal))
    for (const object of objects) {
      const [id = '', ...rest] = object.key.slice(base.length).split('/');
      const name = rest.join('/');
      if (id === '' || name === '') continue;
      const copy = copies.get(id) ?? { id, info: undefined, partBytes: 0, parts: 0, writtenSeconds: 0 };
      copies.set(id, copy);
      copy.writtenSeconds = Math.max(copy.writtenSeconds, object.timeSeconds);
      if (name === INFO) copy.info = object;
      else if (PART_OF_COPY.test(name)) {
        copy.parts += 1;
        copy.partBytes += object.sizeBytes;
      }
    }
  return copies;
}

/** Of a server of which only WAL is there yet. */
async function isThere(bucket: S3Bucket, home: string, signal: AbortSignal): Promise<boolean> {
  for await (const { objects, folders } of bucket.list({ prefix: home, delimiter: '/' }, signal))
    if (objects.length + folders.length > 0) return true;
  return false;
}

async function readInfos(
  bucket: S3Bucket,
  copies: ReadonlyMap<string, Copy>,
  before: ReadonlyMap<string, ReadInfo>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadInfo>> {
  const read = new Map<string, ReadInfo>();
  for (const { id, info } of copies.values()) {
    if (info === undefined) continue;
    const known = before.get(id);
    const content =
      known !== undefined && isSame(known.object, info) ? known.content : await get(bucket, id, info, signal);
    if (content !== undefined) read.set(id, { object: info, content });
  }
  return read;
}

function isSame(a: S3Object, b: S3Object): boolean {
  return a.tag === b.tag && a.sizeBytes === b.sizeBytes && a.timeSeconds === b.timeSeconds;
}

/** Undefined if it is gone by now: the backup was deleted. */
async function get(
  bucket: S3Bucket,
  id: string,
  { key }: S3Object,
  signal: AbortSignal,
): Promise<BarmanBackup | WalguardError | undefined> {
  try {
    const text = await readInfoText(bucket, key, signal);
    return text === undefined ? undefined : parseBackupInfo(id, text);
  } catch (thrown) {
    if (thrown instanceof WalguardError && thrown.code === 'SOURCE_BAD_ANSWER') return thrown;
    throw thrown;
  }
}

/** A backup.info as it stands in the bucket; undefined if it is not there. Throws S3_FORBIDDEN and what the bucket throws. */
export async function readInfoText(bucket: S3Bucket, key: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await bucket.head(key, LARGEST_INFO_BYTES, signal))?.toString('utf8');
  } catch (thrown) {
    throw systemCode(thrown) === 'EACCES' ? forbidden(key) : thrown;
  }
}

/** Without any of them nothing is known of backups. */
function forbidden(key: string): WalguardError {
  return new WalguardError('S3_FORBIDDEN', `The credentials may not read ${printable(key)}`, {
    hint: 'Allow s3:GetObject on it, and kms:Decrypt on the key that encrypts it if there is one.',
  });
}

function tell(
  copy: Copy,
  content: BarmanBackup | WalguardError | undefined,
): readonly (BarmanBackup | WalguardError)[] {
  if (content === undefined) return [];
  if (content instanceof WalguardError) return [content];
  // Of a snapshot the copy is at the provider of the disks.
  const isElsewhere = content.mode?.startsWith('snapshot') === true;
  if (isDone(content) && copy.parts === 0 && !isElsewhere) return [withoutCopy(copy)];
  return [isElsewhere ? content : { ...content, storedBytes: copy.partBytes }];
}

function withoutCopy({ id }: Copy): WalguardError {
  return new WalguardError('BACKUP_INCOMPLETE', `${printable(id)} of barman-cloud is no backup: its copy is gone`, {
    hint: 'Look for what removed it (a lifecycle rule of the bucket?), and make a new backup.',
  });
}

function interrupted({ id }: Copy): WalguardError {
  const name = printable(id);
  return new WalguardError('BACKUP_INCOMPLETE', `${name} of barman-cloud is no backup: it has no backup.info`, {
    hint: `See the log of barman-cloud-backup for why, then remove what is below base/${name} in the bucket.`,
  });
}

function noServer(place: S3Place, home: string): WalguardError {
  return new WalguardError('SOURCE_NOT_FOUND', `There is nothing below ${nameOf(place, printable(home))}`, {
    hint: 'Correct prefix and server: they are the URL and the server name that barman-cloud-backup is given.',
  });
}
