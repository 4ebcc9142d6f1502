import type { BackupCatalogue, RunningBackup } from '../../core/catalogue.ts';
import { WalguardError } from '../../core/error.ts';
import { unreadableSource } from '../../storage/file-errors.ts';
import { readBackupName } from './backup-name.ts';
import { linkChains } from './chains.ts';
import type { Files } from './files.ts';
import { readStored, type Stored } from './stored.ts';
import { incomplete, type NamedBackup } from './to-backup.ts';
import { lookAtUnfinished, type Unfinished, unknownRun } from './unfinished.ts';

const FOLDER = 'basebackups_005';
const SENTINEL = /^(base_.+)_backup_stop_sentinel\.json$/;

/** Reads all backups of a storage by what WAL-G wrote of them; what did not change is not read again. */
export type StorageReader = (files: Files) => Promise<BackupCatalogue>;

interface Memory {
  readonly stored: ReadonlyMap<string, Stored>;
  readonly unfinished: ReadonlyMap<string, Unfinished>;
}

/**
 * Throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE and SOURCE_TIMEOUT.
 *
 * @param quietSeconds what has not changed for so long is not being written
 */
export function createStorageReader(quietSeconds: number): StorageReader {
  let memory: Memory = { stored: new Map(), unfinished: new Map() };
  return async (files) => {
    try {
      memory = await readFolder(files, memory);
    } catch (thrown) {
      if (await isNew(files)) return { backups: [], running: [], lastFailureSeconds: undefined, problems: [] };
      throw unreadableSource(files.nameOf(FOLDER), thrown);
    }
    return toCatalogue(memory, quietSeconds);
  };
}

/** WAL was archived, and no backup made yet. */
async function isNew(files: Files): Promise<boolean> {
  const [backups, wal] = [await files.facts(FOLDER), await files.facts('wal_005')];
  return backups === undefined && wal?.kind === 'folder';
}

async function readFolder(files: Files, memory: Memory): Promise<Memory> {
  const names = await files.names(FOLDER);
  const labels = names.flatMap((name) => SENTINEL.exec(name)?.[1] ?? []);
  const stored = new Map<string, Stored>();
  for (const label of labels) stored.set(label, await readStored(FOLDER, label, files, memory.stored.get(label)));
  const others = names.filter((name) => readBackupName(name) !== undefined && !stored.has(name));
  const unfinished = new Map<string, Unfinished>();
  for (const label of others) {
    const found = await lookAtUnfinished(`${FOLDER}/${label}`, files, memory.unfinished.get(label));
    if (found !== undefined) unfinished.set(label, found);
  }
  return { stored, unfinished };
}

function toCatalogue(memory: Memory, quietSeconds: number): BackupCatalogue {
  const nowSeconds = Date.now() / 1000;
  const found: NamedBackup[] = [];
  const problems: WalguardError[] = [];
  const running: RunningBackup[] = [];
  for (const [label, { read, changedSeconds }] of memory.stored) {
    if (!(read instanceof WalguardError)) found.push(read);
    // It is being written, or copied here.
    else if (nowSeconds - changedSeconds < quietSeconds) running.push(unknownRun(label));
    else problems.push(read);
  }
  for (const [label, { changedSeconds, sinceSeconds, running: seen }] of memory.unfinished) {
    if (Math.max(nowSeconds - changedSeconds, nowSeconds - sinceSeconds) < quietSeconds) running.push(seen);
    else problems.push(incomplete(label, 'it has no sentinel, which WAL-G writes last', REMOVE));
  }
  requireOne(found, memory);
  return { backups: linkChains(found), running, lastFailureSeconds: undefined, problems };
}

const REMOVE = 'Let `wal-g delete garbage` remove it, once nobody writes it any more.';

/** Nothing of it may be read: that is no list of broken backups. */
function requireOne(found: readonly NamedBackup[], { stored }: Memory): void {
  const errors = [...stored.values()].flatMap(({ read }) => (read instanceof WalguardError ? [read] : []));
  const [first] = errors;
  if (found.length === 0 && first !== undefined && errors.every(({ code }) => code === 'SOURCE_UNREADABLE'))
    throw first;
}
