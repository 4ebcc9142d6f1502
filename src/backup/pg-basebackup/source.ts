import { basename, join } from 'node:path';

import type { BackupCatalogue, BackupSource, RunningBackup } from '../../core/catalogue.ts';
import { asWalguardError, WalguardError, systemCode } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { identityOf } from '../../storage/file-facts.ts';
import { entriesOf, factsAt, factsIn, type NamedEntry } from '../../storage/folder.ts';
import { linkChains } from './chains.ts';
import type { Copy, Folder, Found } from './folder.ts';
import { type Layout, layoutOf } from './layout.ts';
import { readPlain } from './plain.ts';
import { readTars } from './tars.ts';

/** A folder of backups, of days with backups. */
const MAX_DEPTH = 2;
/** A folder with more in it is no backup, nor one of backups. */
const MAX_NAMES = 20_000;
/** What has not changed for so long is not being written. */
const QUIET_SECONDS = 120;

/** What was found in a folder, and what it looked like then. */
interface Remembered {
  readonly look: string;
  readonly found: Found;
  /** When it was first seen with this last change, by walguard's clock: that of the files may be another. */
  readonly sinceSeconds: number;
}

interface Round {
  readonly signal: AbortSignal;
  readonly nowSeconds: number;
  readonly old: ReadonlyMap<string, Remembered>;
  readonly next: Map<string, Remembered>;
  readonly seen: Set<string>;
  readonly unreadable: WalguardError[];
}

/**
 * The backups in a folder that pg_basebackup wrote, in either format: the folder itself, its folders, and theirs.
 *
 * A copy that looks as before is not read again. Reading throws SOURCE_NOT_FOUND if there is no such folder, and
 * SOURCE_UNREADABLE if nothing in it may be read.
 */
export function baseBackupFolder(path: string): BackupSource {
  let memory: ReadonlyMap<string, Remembered> = new Map();
  return {
    method: 'pg_basebackup',
    read: async (signal) => {
      const round: Round = {
        signal,
        nowSeconds: Date.now() / 1000,
        old: memory,
        next: new Map(),
        seen: new Set(),
        unreadable: [],
      };
      await readRoot(path, round);
      memory = round.next;
      return toCatalogue(path, round);
    },
  };
}

async function readRoot(path: string, round: Round): Promise<void> {
  const facts = await orThrow(path, () => factsAt(path));
  if (facts?.kind !== 'folder') {
    throw new WalguardError('SOURCE_NOT_FOUND', `${path} is ${facts === undefined ? 'not there' : 'no folder'}`, {
      hint: 'Correct path, mount the file system, or make the folder that pg_basebackup is to write into.',
    });
  }
  const entries = await orThrow(path, () => entriesOf(path, MAX_NAMES));
  if (entries === undefined) {
    throw new WalguardError(
      'SOURCE_BAD_ANSWER',
      `${path} holds more than ${MAX_NAMES} files, so it is no folder of backups`,
      {
        hint: 'Correct path: it names the folder that holds one folder for each backup.',
      },
    );
  }
  await visit({ path, label: basename(path), depth: 0, identity: identityOf(facts) }, round);
}

interface Place {
  readonly path: string;
  readonly label: string;
  readonly depth: number;
  readonly identity: string;
}

/** Looks at a folder and, unless it is a backup, at those in it. */
async function visit(place: Place, round: Round): Promise<void> {
  if (round.seen.has(place.identity)) return;
  round.seen.add(place.identity);
  round.signal.throwIfAborted();
  try {
    const listed = await entriesOf(place.path, MAX_NAMES);
    if (listed === undefined) return;
    const layout = layoutOf(listed.map(({ name }) => name));
    if (layout.kind === 'other') await visitInner(place, listed, round);
    else await remember(place, listed, { layout, round });
  } catch (thrown) {
    round.signal.throwIfAborted();
    round.unreadable.push(unreadable(place.path, thrown));
  }
}

async function visitInner(place: Place, listed: readonly NamedEntry[], round: Round): Promise<void> {
  if (place.depth === MAX_DEPTH) return;
  const names = listed.flatMap(({ name, mayBeFolder }) => (mayBeFolder ? [name] : []));
  for (const { name, ...facts } of await factsIn(place.path, names)) {
    const label = place.depth === 0 ? name : `${place.label}/${name}`;
    const identity = identityOf(facts);
    if (facts.kind === 'folder') {
      await visit({ path: join(place.path, name), label, depth: place.depth + 1, identity }, round);
    }
  }
}

type BackupLayout = Exclude<Layout, { readonly kind: 'other' }>;

/** Reads a backup, unless it looks as it did the last time. */
async function remember(
  { path, label }: Place,
  listed: readonly NamedEntry[],
  { layout, round }: { readonly layout: BackupLayout; readonly round: Round },
): Promise<void> {
  const entries = await factsIn(
    path,
    listed.map(({ name }) => name),
  );
  const folder: Folder = { path, label: printable(label), entries, signal: round.signal };
  const look = entries
    .map((entry) => `${entry.name}:${identityOf(entry)}:${entry.sizeBytes}:${entry.timeSeconds}`)
    .join('\n');
  const known = round.old.get(folder.path);
  if (known?.look === look && known.found.kind !== 'unfinished') {
    round.next.set(folder.path, known);
    return;
  }
  const found = await read(folder, layout);
  const isUnchanged = known !== undefined && changeOf(known.found) === changeOf(found);
  round.next.set(folder.path, { look, found, sinceSeconds: isUnchanged ? known.sinceSeconds : round.nowSeconds });
}

async function read(folder: Folder, layout: BackupLayout): Promise<Found> {
  try {
    return await (layout.kind === 'plain' ? readPlain(folder) : readTars(folder, layout.tars));
  } catch (thrown) {
    if (thrown instanceof WalguardError && thrown.code === 'BACKUP_INCOMPLETE')
      return { kind: 'problem', problem: thrown };
    throw thrown;
  }
}

/** When that changed which may still be written; undefined if it is whole or never will be. */
function changeOf(found: Found): number | undefined {
  if (found.kind === 'unfinished') return found.changedSeconds;
  return found.kind === 'copy' ? found.unsettledSeconds : undefined;
}

function isBeingWritten({ found, sinceSeconds }: Remembered, nowSeconds: number): boolean {
  const changed = changeOf(found);
  return changed !== undefined && Math.max(nowSeconds - changed, nowSeconds - sinceSeconds) < QUIET_SECONDS;
}

function toCatalogue(path: string, { next, nowSeconds, unreadable: notRead }: Round): BackupCatalogue {
  const copies: Copy[] = [];
  const running: RunningBackup[] = [];
  const problems: WalguardError[] = [...notRead];
  for (const each of next.values()) {
    const { found } = each;
    if (isBeingWritten(each, nowSeconds)) running.push(runningOf(found));
    else if (found.kind === 'copy') copies.push(found);
    else problems.push(found.problem);
  }
  if (notRead.length > 0 && next.size === 0) {
    throw new WalguardError('SOURCE_UNREADABLE', `nothing in ${path} can be read: ${notRead[0]?.message ?? ''}`, {
      hint: notRead[0]?.hint ?? '',
    });
  }
  return { backups: linkChains(copies), running, lastFailureSeconds: undefined, problems };
}

function runningOf(found: Found): RunningBackup {
  if (found.kind === 'unfinished') return found.running;
  const backup = found.kind === 'copy' ? found.backup : undefined;
  return {
    type: backup?.type,
    startTimeSeconds: backup?.startTimeSeconds,
    doneBytes: backup?.storedBytes,
    expectedBytes: undefined,
  };
}

async function orThrow<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

function unreadable(path: string, thrown: unknown): WalguardError {
  const code = systemCode(thrown);
  if (code === '') return asWalguardError(thrown);
  const isForbidden = code === 'EACCES' || code === 'EPERM';
  const why = isForbidden ? 'walguard may not read it' : code;
  return new WalguardError('SOURCE_UNREADABLE', `${printable(path)} cannot be read: ${why}`, {
    hint: isForbidden
      ? 'Run walguard as a user or in a group that may read it, as with initdb --allow-group-access.'
      : 'Look into the log of the system: the disk or the network file system may be failing.',
  });
}
