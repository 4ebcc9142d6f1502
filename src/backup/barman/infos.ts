import { join } from 'node:path';

import { asWalguardError, systemCode, WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { unreadableSource } from '../../storage/file-errors.ts';
import { type FileFacts, identityOf } from '../../storage/file-facts.ts';
import { entriesOf, factsAt } from '../../storage/folder.ts';
import { readHead } from '../../storage/read-file.ts';
import type { BarmanBackup } from './facts.ts';
import { parseBackupInfo } from './parse.ts';

/** One backup of which a backup.info tells. */
export interface FoundInfo {
  readonly id: string;
  /** What it says, or why that cannot be told. */
  readonly content: BarmanBackup | WalguardError;
  /** When Barman wrote it, Unix seconds. */
  readonly writtenSeconds: number;
  /** False if the folder for the copy itself is gone or empty; undefined if copies are not kept here. */
  readonly hasData: boolean | undefined;
  readonly look: string;
}

export type FoundInfos = ReadonlyMap<string, FoundInfo>;

const LARGEST_INFO_BYTES = 1_048_576;
/** More in one folder is no catalogue of Barman. */
const MAX_NAMES = 20_000;
const IN_META = /^(.+)-backup\.info$/;
const INFO = 'backup.info';

/**
 * Finds what Barman wrote of its backups below the folder of a server: `base/ID/backup.info`, and since 3.13.2
 * `meta/ID-backup.info`, which is the newer where both are. What looks as before is not read again.
 *
 * Throws SOURCE_NOT_FOUND if that is no folder of a server, and SOURCE_UNREADABLE.
 */
export async function findInfos(home: string, before: FoundInfos, signal: AbortSignal): Promise<FoundInfos> {
  const [base, meta] = [await list(join(home, 'base')), await list(join(home, 'meta'))];
  if (base === undefined && meta === undefined) throw await noServer(home);
  const ids = new Set((meta ?? []).flatMap((name) => IN_META.exec(name)?.[1] ?? []));
  const found = new Map<string, FoundInfo>();
  for (const id of new Set([...(base ?? []), ...ids])) {
    signal.throwIfAborted();
    const names = base?.includes(id) === true ? await list(join(home, 'base', id)) : [];
    const inMeta = ids.has(id);
    if (!inMeta && names?.includes(INFO) !== true) continue;
    const path = inMeta ? join(home, 'meta', `${id}-${INFO}`) : join(home, 'base', id, INFO);
    const hasData = base === undefined ? undefined : names?.some((name) => !name.startsWith(INFO));
    const info = await readInfo({ path, id, hasData }, before.get(id));
    if (info !== undefined) found.set(id, info);
  }
  return found;
}

interface InfoPlace {
  readonly path: string;
  readonly id: string;
  readonly hasData: boolean | undefined;
}

/** Undefined if it is gone by now: the backup was deleted. */
async function readInfo(
  { path, id, hasData }: InfoPlace,
  before: FoundInfo | undefined,
): Promise<FoundInfo | undefined> {
  try {
    const facts = await factsAt(path);
    if (facts === undefined) return undefined;
    const look = `${path} ${identityOf(facts)} ${facts.sizeBytes} ${facts.timeSeconds}`;
    if (before?.look === look) return { ...before, hasData };
    return { id, content: await read(path, id, facts), writtenSeconds: facts.timeSeconds, hasData, look };
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    return { id, content: unreadableSource(printable(path), thrown), writtenSeconds: 0, hasData, look: '' };
  }
}

async function read(path: string, id: string, { kind, sizeBytes }: FileFacts): Promise<BarmanBackup | WalguardError> {
  if (kind !== 'file' || sizeBytes > LARGEST_INFO_BYTES) {
    return new WalguardError('SOURCE_BAD_ANSWER', `${printable(path)} is no backup.info of Barman`, {
      hint: 'Remove what does not belong into the folders of Barman.',
    });
  }
  const text = (await readHead(path, LARGEST_INFO_BYTES)).toString('utf8');
  try {
    return parseBackupInfo(id, text);
  } catch (thrown) {
    return asWalguardError(thrown);
  }
}

/** Names in a folder; undefined if it is not there, or no folder. */
async function list(path: string): Promise<readonly string[] | undefined> {
  try {
    return (await entriesOf(path, MAX_NAMES))?.map(({ name }) => name);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadableSource(path, thrown);
  }
}

async function noServer(home: string): Promise<WalguardError> {
  const facts = await factsAt(home).catch((thrown: unknown) => {
    throw unreadableSource(home, thrown);
  });
  const what = facts?.kind === 'folder' ? `${home} holds neither base nor meta` : `There is no folder ${home}`;
  return new WalguardError('SOURCE_NOT_FOUND', `${what}: Barman keeps no such server there`, {
    hint: 'Correct path (barman_home) and server (the name in brackets in the configuration of Barman); where backup_directory is another folder, let barman itself be asked, without path.',
    where: { file: home },
  });
}
