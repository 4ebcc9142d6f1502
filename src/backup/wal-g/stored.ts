import type { WalguardError } from '../../core/error.ts';
import { parseExactJson } from '../../core/exact-json.ts';
import type { FileFacts } from '../../storage/file-facts.ts';
import { unreadableSource } from '../../storage/file-errors.ts';
import { readBackupName } from './backup-name.ts';
import type { Files } from './files.ts';
import { readMetadata, readSentinel, type Told } from './schema.ts';
import { incomplete, type NamedBackup, toBackup } from './to-backup.ts';

/** What is known of a backup that WAL-G says is complete, and what its files looked like then. */
export interface Stored {
  readonly look: string;
  /** When its sentinel was written, Unix seconds by the storage's clock. */
  readonly changedSeconds: number;
  readonly read: NamedBackup | WalguardError;
}

/** Before 2.0 a sentinel lists every file of the cluster, and may be of any size. */
const LARGEST_SENTINEL_BYTES = 64 * 1_048_576;
const LARGEST_METADATA_BYTES = 16 * 1_048_576;
const AGAIN = 'Make a new backup, and let `wal-g delete` remove this one.';

/** Reads a backup, unless it looks as it did the last time. */
export async function readStored(
  folder: string,
  label: string,
  files: Files,
  known: Stored | undefined,
): Promise<Stored> {
  const paths: Paths = {
    sentinel: `${folder}/${label}_backup_stop_sentinel.json`,
    metadata: `${folder}/${label}/metadata.json`,
    parts: `${folder}/${label}/tar_partitions`,
  };
  const [sentinel, metadata, parts] = [
    await files.facts(paths.sentinel),
    await files.facts(paths.metadata),
    await files.facts(paths.parts),
  ];
  const look = [sentinel, metadata, parts].map(lookOf).join(' ');
  if (known?.look === look) return known;
  const changedSeconds = sentinel?.timeSeconds ?? 0;
  try {
    return { look, changedSeconds, read: await read(label, paths, { sentinel, metadata, parts }, files) };
  } catch (thrown) {
    const error = unreadableSource(files.nameOf(paths.sentinel), thrown);
    // What was not answered may be answered the next time.
    if (error.code === 'SOURCE_TIMEOUT') throw error;
    return { look: error.code === 'BACKUP_INCOMPLETE' ? look : '', changedSeconds, read: error };
  }
}

type Paths = Readonly<Record<'sentinel' | 'metadata' | 'parts', string>>;
type Facts = Readonly<Record<keyof Paths, FileFacts | undefined>>;

function lookOf(facts: FileFacts | undefined): string {
  return facts === undefined ? '-' : `${facts.inode}:${facts.sizeBytes}:${facts.timeSeconds}`;
}

async function read(label: string, paths: Paths, facts: Facts, files: Files): Promise<NamedBackup> {
  const sentinel = await sentinelOf(label, paths.sentinel, facts.sentinel, files);
  const text = facts.metadata === undefined ? undefined : await files.text(paths.metadata, LARGEST_METADATA_BYTES);
  const metadata = text === undefined ? undefined : parse(label, 'metadata.json', text, readMetadata);
  await requireParts(label, paths.parts, facts.parts, files);
  return toBackup(label, merged(metadata, sentinel), facts.sentinel?.timeSeconds);
}

/** Undefined for one that is too large: metadata.json and the backup's name tell the rest. */
async function sentinelOf(
  label: string,
  path: string,
  facts: FileFacts | undefined,
  files: Files,
): Promise<Told | undefined> {
  if ((facts?.sizeBytes ?? 0) > LARGEST_SENTINEL_BYTES) return undefined;
  return parse(label, 'its sentinel', (await files.text(path, LARGEST_SENTINEL_BYTES)) ?? '', readSentinel);
}

function parse(label: string, what: string, text: string, toTold: (value: unknown) => Told | Error): Told {
  const told = toTold(parseJson(label, what, text));
  if (told instanceof Error) throw incomplete(label, `of ${what}, ${told.message}`, AGAIN);
  return told;
}

function parseJson(label: string, what: string, text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (thrown) {
    throw incomplete(label, `${what} is no JSON, or only a part of it`, AGAIN, thrown);
  }
}

/** What the first does not tell is taken from the second. */
function merged(first: Told | undefined, second: Told | undefined): Told {
  const known = Object.entries(first ?? {}).filter(([, value]) => value !== undefined);
  return { ...NOTHING_TOLD, ...second, ...Object.fromEntries(known) };
}

const NOTHING_TOLD: Told = {
  startTimeSeconds: undefined,
  stopTimeSeconds: undefined,
  startLsn: undefined,
  stopLsn: undefined,
  pgVersion: undefined,
  systemIdentifier: undefined,
  uncompressedBytes: undefined,
  compressedBytes: undefined,
  databaseBytes: undefined,
  parent: undefined,
};

/** WAL-G restores no full backup without the archive that holds pg_control, and none of whose archives one is empty. */
async function requireParts(label: string, folder: string, facts: FileFacts | undefined, files: Files): Promise<void> {
  const names = facts?.kind === 'folder' ? await files.names(folder) : [];
  if (names.length === 0) throw incomplete(label, 'it has a sentinel, and no files (tar_partitions)', AGAIN);
  const isFull = readBackupName(label)?.parentFile === undefined;
  if (isFull && !names.some((name) => name.startsWith('pg_control.tar')))
    throw incomplete(label, 'its pg_control.tar is missing, without which WAL-G restores nothing', AGAIN);
  for (const name of names) {
    const part = await files.facts(`${folder}/${name}`);
    if (part?.sizeBytes === 0) throw incomplete(label, `${name} is empty`, AGAIN);
  }
}
