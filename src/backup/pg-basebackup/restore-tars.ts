import { dirname, join } from 'node:path';

import { messageOf, systemCode, WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import type { Filter } from '../../core/unpack-programs.ts';
import {
  makeRestoredFolder,
  makeRestoredLink,
  pathWithin,
  readForRestore,
  writeRestoredFile,
} from '../../storage/restored-files.ts';
import { type TarEntry, tarEntries } from '../../storage/tar-stream.ts';
import { unpacked } from '../../storage/unpack.ts';
import { type Copying, isLeftOut, refuseUnlessBackup } from './copying.ts';
import type { TarFile } from './layout.ts';
import { damaged } from './proof.ts';

/** Where the members of a tar belong. */
interface Destination {
  readonly folder: string;
  /** What stands in front of their names in the manifest; empty, or it ends in a slash. */
  readonly path: string;
}

type Target = NonNullable<Copying['to']>;

/** A map of tablespaces has a short line for each. */
const MAX_MAP_BYTES = 16 * 1_048_576;

/** Unpacks a backup in tar format, its tablespaces among it. @throws BACKUP_DAMAGED and what reading and writing throws */
export async function restoreTars(
  copying: Copying & { readonly to: Target },
  tars: readonly TarFile[],
  filter: Filter,
): Promise<void> {
  await makeRestoredFolder(copying.to.dataDirectory);
  const ordered = tars.toSorted((a, b) => Number(b.holds === 'base') - Number(a.holds === 'base'));
  for (const tar of ordered)
    await restoreTar({ tar, tars, destination: destinationOf(tar, copying.to), copying, filter });
  copying.proof.finish();
}

function destinationOf({ holds }: TarFile, { dataDirectory, tablespaceDirectory }: Target): Destination {
  if (holds === 'base') return { folder: dataDirectory, path: '' };
  if (holds === 'pg_wal') return { folder: join(dataDirectory, 'pg_wal'), path: 'pg_wal/' };
  return { folder: join(tablespaceDirectory, holds), path: `pg_tblspc/${holds}/` };
}

interface Unpacking {
  readonly tar: TarFile;
  readonly tars: readonly TarFile[];
  readonly destination: Destination;
  readonly copying: Copying & { readonly to: Target };
  readonly filter: Filter;
}

async function restoreTar(unpacking: Unpacking): Promise<void> {
  const { tar, destination, copying, filter } = unpacking;
  const { from, signal, to } = copying;
  await makeRestoredFolder(destination.folder);
  const source = readForRestore(join(from, tar.name), signal);
  const seen = new Set<string>();
  try {
    for await (const entry of tarEntries(unpacked(source, tar.compression, filter))) {
      signal.throwIfAborted();
      seen.add(entry.name.split('/', 1)[0] ?? '');
      await restoreMember(entry, unpacking);
    }
  } catch (thrown) {
    throw asDamage(from, tar, thrown);
  }
  if (tar.holds === 'base') refuseUnlessBackup(from, seen);
  else if (tar.holds !== 'pg_wal') await makeRestoredLink(await linkOf(to, tar.holds), destination.folder);
}

async function linkOf({ dataDirectory }: Target, oid: string): Promise<string> {
  const folder = join(dataDirectory, 'pg_tblspc');
  await makeRestoredFolder(folder);
  return join(folder, oid);
}

async function restoreMember(entry: TarEntry, unpacking: Unpacking): Promise<void> {
  const { tar, destination, copying } = unpacking;
  const path = pathWithin(destination.folder, entry.name);
  if (path === undefined) throw unsafe(copying.from, tar, `the name ${printable(entry.name)}`);
  if (entry.kind === 'folder') {
    await makeRestoredFolder(path);
    return;
  }
  if (entry.kind === 'symlink') {
    // The tablespace itself comes with a tar of its own, and a link to that is made then.
    if (tar.holds === 'base' && /^pg_tblspc\/\d+\/?$/.test(entry.name)) return;
    throw unsafe(copying.from, tar, `the link ${printable(entry.name)}`);
  }
  const name = destination.path + path.slice(destination.folder.length + 1);
  const of = copying.proof.begin(name);
  const take = (piece: Uint8Array): void => {
    of.add(piece);
    copying.count(piece.length);
  };
  if (name === 'tablespace_map') refuseLostTablespaces(await textOf(entry, take), unpacking);
  else if (isLeftOut(name)) for await (const piece of entry.content()) take(piece);
  else {
    await makeRestoredFolder(dirname(path));
    await writeRestoredFile(path, entry.content(), take);
  }
  of.settle(entry.sizeBytes);
}

async function textOf(entry: TarEntry, take: (piece: Uint8Array) => void): Promise<string> {
  if (entry.sizeBytes > MAX_MAP_BYTES) throw new Error(`its ${entry.name} is larger than any can be`);
  const pieces: Buffer[] = [];
  for await (const piece of entry.content()) {
    take(piece);
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Each tablespace has a tar; an empty one has no file in the manifest by which it would be missed. */
function refuseLostTablespaces(map: string, { tars, copying: { from } }: Unpacking): void {
  for (const line of map.split('\n')) {
    const oid = /^(\d+) /.exec(line)?.[1];
    if (oid !== undefined && !tars.some(({ holds }) => holds === oid))
      throw damaged(from, `${oid}.tar, a tablespace, is missing`);
  }
}

function unsafe(folder: string, { name }: TarFile, what: string): WalguardError {
  return new WalguardError('DRILL_UNSAFE', `${printable(folder)}/${name} holds ${what}, which leads out of the copy`, {
    hint: 'Do not restore it; see who wrote into this folder, and make a new backup.',
  });
}

/** What is wrong with the content, unless it is the disk or the program that failed. */
function asDamage(folder: string, { name }: TarFile, thrown: unknown): unknown {
  if (thrown instanceof WalguardError || (thrown instanceof Error && thrown.name === 'AbortError')) return thrown;
  const code = systemCode(thrown);
  if (/^E[A-Z]+$/.test(code)) return thrown;
  return damaged(folder, `${name}: ${code === 'Z_BUF_ERROR' ? 'it is cut off' : messageOf(thrown)}`);
}
