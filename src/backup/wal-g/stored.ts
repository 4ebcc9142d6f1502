import { join } from 'node:path';
import type { z } from 'zod';

import type { WalguardError } from '../../core/error.ts';
import { parseExactJson } from '../../core/exact-json.ts';
import type { FileFacts } from '../../storage/file-facts.ts';
import { unreadableSource } from '../../storage/file-errors.ts';
import { readBackupName } from './backup-name.ts';
import type { Files } from './files.ts';
import { metadataSchema, sentinelSchema, type Told, toldByDetails, toldBySentinel } from './schema.ts';
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
export async function readStored(folder: string, label: string, files: Files, known: Stored | undefined): Promise<Stored> {
  const paths: Paths = {
    sentinel: join(folder, `${label}_backup_stop_sentinel.json`),
    metadata: join(folder, label, 'metadata.json'),
    parts: join(folder, label, 'tar_partitions'),
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
    const error = unreadableSource(paths.sentinel, thrown);
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
  const sentinel = await readSentinel(label, paths.sentinel, facts.sentinel, files);
  const text = facts.metadata === undefined ? undefined : await files.text(paths.metadata, LARGEST_METADATA_BYTES);
  const metadata = text === undefined ? {} : toldByDetails(parse(label, 'metadata.json', text, metadataSchema));
  await requireParts(label, paths.parts, facts.parts, files);
  return toBackup(label, merged(metadata, sentinel), facts.sentinel?.timeSeconds);
}

/** Nothing of one that is too large: metadata.json and the backup's name tell the rest. */
async function readSentinel(
  label: string,
  path: string,
  facts: FileFacts | undefined,
  files: Files,
): Promise<Told> {
  if ((facts?.sizeBytes ?? 0) > LARGEST_SENTINEL_BYTES) return {};
  return toldBySentinel(parse(label, 'its sentinel', (await files.text(path, LARGEST_SENTINEL_BYTES)) ?? '', sentinelSchema));
}

function parse<Schema extends z.ZodType>(label: string, what: string, text: string, schema: Schema): z.output<Schema> {
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch (thrown) {
    throw incomplete(label, `${what} is no JSON, or only a part of it`, AGAIN, thrown);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw incomplete(label, `${what} is not as expected: ${parsed.error.issues[0]?.path.join('.') ?? ''}`, AGAIN);
}

/** What the first does not tell, or tells as nothing, is taken from the second. */
function merged(first: Told, second: Told): Told {
  const told = Object.entries(first).filter(([, value]) => !isNothing(value));
  return { ...second, ...Object.fromEntries(told) };
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === 0 || value === 0n || value === '' || /^0001-/.test(String(value));
}

/** WAL-G restores no full backup without the archive that holds pg_control, and none of whose archives one is empty. */
async function requireParts(label: string, folder: string, facts: FileFacts | undefined, files: Files): Promise<void> {
  const names = facts?.kind === 'folder' ? await files.names(folder) : [];
  if (names.length === 0) throw incomplete(label, 'it has a sentinel, and no files (tar_partitions)', AGAIN);
  const isFull = readBackupName(label)?.parentFile === undefined;
  if (isFull && !names.some((name) => name.startsWith('pg_control.tar')))
    throw incomplete(label, 'its pg_control.tar is missing, without which WAL-G restores nothing', AGAIN);
  for (const name of names) {
    const part = await files.facts(join(folder, name));
    if (part?.sizeBytes === 0) throw incomplete(label, `${name} is empty`, AGAIN);
  }
}
