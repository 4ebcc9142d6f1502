import { join } from 'node:path';

import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import {
  type CopyEntry,
  entriesOfCopy,
  folderBehind,
  makeRestoredFolder,
  makeRestoredLink,
  readForRestore,
  writeRestoredFile,
} from '../../storage/restored-files.ts';
import { type Copying, isLeftOut, refuseUnlessBackup } from './copying.ts';
import { damaged } from './proof.ts';

/** A folder of the copy. */
interface Place {
  readonly from: string;
  /** Undefined if nothing is written: the copy is only compared with its manifest. */
  readonly to: string | undefined;
  /** Below the data directory; '' is that itself. */
  readonly path: string;
}

interface FileToCopy {
  readonly from: string;
  readonly to: string | undefined;
  readonly path: string;
}

/** Two read while two write. */
const AT_ONCE = 4;
const OID = /^\d+$/;

/** Copies a backup in plain format, its tablespaces among it. @throws BACKUP_DAMAGED and what reading and writing throws */
export async function restorePlain(copying: Copying): Promise<void> {
  refuseUnlessBackup(copying.from, new Set((await entriesOfCopy(copying.from)).map(({ name }) => name)));
  const files = allFiles(copying);
  // Nothing is written any more once this is over, whichever of them failed.
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => copyFrom(files, copying)));
  for (const each of ended) if (each.status === 'rejected') throw each.reason as Error;
  copying.proof.finish();
}

async function copyFrom(files: AsyncGenerator<FileToCopy, void, void>, copying: Copying): Promise<void> {
  try {
    for (;;) {
      const next = await files.next();
      if (next.done === true) return;
      await copyFile(next.value, copying);
    }
  } finally {
    // The others find nothing more to do if this one failed.
    await files.return(undefined);
  }
}

async function copyFile({ from, to, path }: FileToCopy, { proof, count, signal }: Copying): Promise<void> {
  signal.throwIfAborted();
  const of = proof.begin(path);
  const pieces = readForRestore(from, signal);
  let bytes = 0;
  if (to === undefined) {
    for await (const piece of pieces) {
      of.add(piece);
      bytes += piece.length;
    }
  } else if (!isLeftOut(path)) {
    bytes = await writeRestoredFile(to, pieces, (piece) => {
      of.add(piece);
      count(piece.length);
    });
  } else return;
  of.settle(bytes);
}

async function* allFiles(copying: Copying): AsyncGenerator<FileToCopy, void, void> {
  const linked = new Set<string>();
  const watching: Copying = {
    ...copying,
    tablespace(oid, folder) {
      linked.add(oid);
      copying.tablespace?.(oid, folder);
    },
  };
  yield* filesOf({ from: copying.from, to: copying.to?.dataDirectory, path: '' }, watching);
  for (const [oid, from] of copying.unlinked ?? [])
    if (!linked.has(oid)) yield* tablespaceFiles(oid, { from, to: undefined, path: `pg_tblspc/${oid}` }, copying);
}

async function* filesOf(place: Place, copying: Copying): AsyncGenerator<FileToCopy, void, void> {
  copying.signal.throwIfAborted();
  if (place.to !== undefined) await makeRestoredFolder(place.to);
  for (const entry of await entriesOfCopy(place.from)) {
    const inside = {
      from: join(place.from, entry.name),
      to: place.to === undefined ? undefined : join(place.to, entry.name),
      path: place.path === '' ? entry.name : `${place.path}/${entry.name}`,
    };
    if (entry.kind === 'file') yield inside;
    else if (entry.kind === 'folder') yield* filesOf(inside, copying);
    else yield* filesBehind(entry, inside, copying);
  }
}

/** A link leads to the WAL or to a tablespace; any other leads to what is no part of the copy. */
async function* filesBehind(entry: CopyEntry, place: Place, copying: Copying): AsyncGenerator<FileToCopy, void, void> {
  const isTablespace = place.path === `pg_tblspc/${entry.name}` && OID.test(entry.name);
  if (entry.kind !== 'link' || (!isTablespace && place.path !== 'pg_wal')) throw foreign(copying.from, place.path);
  const behind = await folderBehind(place.from);
  if (behind === undefined)
    throw damaged(copying.from, `the folder that ${printable(place.path)} leads to is not there`);
  copying.tablespace?.(entry.name, behind);
  yield* isTablespace ? tablespaceFiles(entry.name, place, copying) : filesOf(place, copying);
}

/** A link leads to them, in the folder of the drill. */
async function* tablespaceFiles(oid: string, place: Place, copying: Copying): AsyncGenerator<FileToCopy, void, void> {
  if (copying.to === undefined) {
    yield* filesOf(place, copying);
    return;
  }
  const { dataDirectory, tablespaceDirectory } = copying.to;
  const target = join(tablespaceDirectory, oid);
  await makeRestoredFolder(join(dataDirectory, 'pg_tblspc'));
  await makeRestoredLink(join(dataDirectory, 'pg_tblspc', oid), target);
  yield* filesOf({ ...place, to: target }, copying);
}

function foreign(folder: string, path: string): WalguardError {
  const message = `${printable(folder)} holds ${printable(path)}, which is neither a file nor a folder`;
  return new WalguardError('DRILL_UNSAFE', message, {
    hint: 'Make backups by pg_basebackup: only pg_wal and tablespaces may lie elsewhere, by a link.',
  });
}
