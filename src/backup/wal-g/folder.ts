import { join } from 'node:path';

import type { BackupCatalogue, BackupSource, RunningBackup } from '../../core/catalogue.ts';
import { WalguardError } from '../../core/error.ts';
import { FILE_ACCESS, type FileAccess } from '../../storage/file-access.ts';
import { stillWaiting, unreadableSource } from '../../storage/file-errors.ts';
import { watchAccess } from '../../storage/watch-access.ts';
import { readBackupName } from './backup-name.ts';
import { linkChains } from './chains.ts';
import { createFiles, type Files } from './files.ts';
import { readStored, type Stored } from './stored.ts';
import { incomplete, type NamedBackup } from './to-backup.ts';
import { lookAtUnfinished, type Unfinished, unknownRun } from './unfinished.ts';

export interface WalGFolderOptions {
  /** Absolute; that of WALG_FILE_PREFIX. */
  readonly path: string;
  readonly access?: FileAccess;
}

const SENTINEL = /^(base_.+)_backup_stop_sentinel\.json$/;
/** What has not changed for so long is not being written. */
const QUIET_SECONDS = 120;

interface Memory {
  readonly stored: ReadonlyMap<string, Stored>;
  readonly unfinished: ReadonlyMap<string, Unfinished>;
}

/**
 * The backups in a folder that WAL-G writes to, by what it wrote of them; what did not change is not read again.
 *
 * Throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE and SOURCE_TIMEOUT.
 */
export function walGFolder({ path, access: given = FILE_ACCESS }: WalGFolderOptions): BackupSource {
  const { access, isWaiting } = watchAccess(given);
  let memory: Memory = { stored: new Map(), unfinished: new Map() };
  return {
    method: 'wal_g',
    async read(signal) {
      if (isWaiting()) throw stillWaiting(path);
      const files = createFiles(access, signal);
      const folder = join(path, 'basebackups_005');
      try {
        memory = await readFolder(folder, files, memory);
      } catch (thrown) {
        if (await isNew(path, files)) return emptyCatalogue();
        throw unreadableSource(folder, thrown);
      }
      return toCatalogue(memory);
    },
  };
}

/** WAL was archived, and no backup made yet. */
async function isNew(path: string, files: Files): Promise<boolean> {
  const [backups, wal] = [
    await files.facts(join(path, 'basebackups_005')),
    await files.facts(join(path, 'wal_005')),
  ];
  return backups === undefined && wal?.kind === 'folder';
}

function emptyCatalogue(): BackupCatalogue {
  return { backups: [], running: [], lastFailureSeconds: undefined, problems: [] };
}

async function readFolder(folder: string, files: Files, memory: Memory): Promise<Memory> {
  const names = await files.names(folder);
  const labels = names.flatMap((name) => SENTINEL.exec(name)?.[1] ?? []);
  const stored = new Map<string, Stored>();
  for (const label of labels) stored.set(label, await readStored(folder, label, files, memory.stored.get(label)));
  const others = names.filter((name) => readBackupName(name) !== undefined && !stored.has(name));
  const unfinished = new Map<string, Unfinished>();
  for (const label of others) {
    const found = await lookAtUnfinished(join(folder, label), files, memory.unfinished.get(label));
    if (found !== undefined) unfinished.set(label, found);
  }
  return { stored, unfinished };
}

function toCatalogue(memory: Memory): BackupCatalogue {
  const nowSeconds = Date.now() / 1000;
  const found: NamedBackup[] = [];
  const problems: WalguardError[] = [];
  const running: RunningBackup[] = [];
  for (const [label, { read, changedSeconds }] of memory.stored) {
    if (!(read instanceof WalguardError)) found.push(read);
    // It is being written, or copied here.
    else if (nowSeconds - changedSeconds < QUIET_SECONDS) running.push(unknownRun(label));
    else problems.push(read);
  }
  for (const [label, { changedSeconds, sinceSeconds, running: seen }] of memory.unfinished) {
    if (Math.max(nowSeconds - changedSeconds, nowSeconds - sinceSeconds) < QUIET_SECONDS) running.push(seen);
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
  if (found.length === 0 && first !== undefined && errors.every(({ code }) => code === 'SOURCE_UNREADABLE')) throw first;
}
