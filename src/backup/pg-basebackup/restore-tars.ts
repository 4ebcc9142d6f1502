import { dirname, join, relative } from 'node:path';

import type { CopyTar, TarCopy } from '../../core/drill.ts';
import { messageOf, systemCode, WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import type { Filter } from '../../core/unpack-programs.ts';
import { makeRestoredFolder, makeRestoredLink, pathWithin, writeRestoredFile } from '../../storage/restored-files.ts';
import { type TarEntry, tarEntries } from '../../storage/tar-stream.ts';
import { unpacked } from '../../storage/unpack.ts';
import { type Copying, isLeftOut, refuseUnlessBackup } from './copying.ts';
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

/** Where a copy goes, and who watches it. */
type TarCopying = Pick<Copying, 'proof' | 'count' | 'signal'> & { readonly to: Target };

interface Unpacking {
  readonly copy: TarCopy;
  readonly tar: CopyTar;
  readonly destination: Destination;
  readonly copying: TarCopying;
  readonly filter: Filter;
}

/** Unpacks a backup in tar format, its tablespaces among it. @throws BACKUP_DAMAGED and what reading and writing throws */
export async function restoreTars(copying: TarCopying, copy: TarCopy, filter: Filter): Promise<void> {
  const { to, proof } = copying;
  await makeRestoredFolder(to.dataDirectory);
  const unpack = (tar: CopyTar): Promise<ReadonlySet<string>> =>
    restoreTar({ copy, tar, destination: destinationOf(tar, to), copying, filter });
  const inBase = new Set<string>();
  for (const tar of copy.tars.filter(({ holds }) => holds === 'base'))
    for (const name of await unpack(tar)) inBase.add(name);
  refuseUnlessBackup(copy.name, inBase);
  for (const tar of copy.tars.filter(({ holds }) => holds !== 'base')) {
    await unpack(tar);
    if (tar.holds !== 'pg_wal') await makeRestoredLink(await linkOf(to, tar.holds), destinationOf(tar, to).folder);
  }
  proof.finish();
}

function destinationOf({ holds }: CopyTar, { dataDirectory, tablespaceDirectory }: Target): Destination {
  if (holds === 'base') return { folder: dataDirectory, path: '' };
  if (holds === 'pg_wal') return { folder: join(dataDirectory, 'pg_wal'), path: 'pg_wal/' };
  return { folder: join(tablespaceDirectory, holds), path: `pg_tblspc/${holds}/` };
}

/** Returns the names in it, as far as the first folder. */
async function restoreTar(unpacking: Unpacking): Promise<ReadonlySet<string>> {
  const { copy, tar, destination, copying, filter } = unpacking;
  const { signal } = copying;
  await makeRestoredFolder(destination.folder);
  const seen = new Set<string>();
  try {
    for await (const entry of tarEntries(unpacked(tar.pieces(signal), tar.compression, filter))) {
      signal.throwIfAborted();
      seen.add(relative(destination.folder, await restoreMember(entry, unpacking)).split('/', 1)[0] ?? '');
    }
  } catch (thrown) {
    throw asDamage(copy, tar, thrown);
  }
  return seen;
}

async function linkOf({ dataDirectory }: Target, oid: string): Promise<string> {
  const folder = join(dataDirectory, 'pg_tblspc');
  await makeRestoredFolder(folder);
  return join(folder, oid);
}

/** Returns where it was put, or would have been. */
async function restoreMember(entry: TarEntry, unpacking: Unpacking): Promise<string> {
  const { copy, tar, destination } = unpacking;
  const path = pathWithin(destination.folder, entry.name);
  if (path === undefined) throw unsafe(copy, tar, `the name ${printable(entry.name)}`);
  if (entry.kind === 'folder') await makeRestoredFolder(path);
  else if (entry.kind === 'file') await restoreFile(entry, path, unpacking);
  // The tablespace itself comes with a tar of its own, and a link to that is made then.
  else if (tar.holds !== 'base' || !/^pg_tblspc\/\d+$/.test(relative(destination.folder, path)))
    throw unsafe(copy, tar, `the link ${printable(entry.name)}`);
  return path;
}

async function restoreFile(entry: TarEntry, path: string, unpacking: Unpacking): Promise<void> {
  const { destination, copying } = unpacking;
  const name = destination.path + relative(destination.folder, path);
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
function refuseLostTablespaces(map: string, { copy: { name, tars } }: Unpacking): void {
  for (const line of map.split('\n')) {
    const oid = /^(\d+) /.exec(line)?.[1];
    if (oid !== undefined && !tars.some(({ holds }) => holds === oid))
      throw damaged(name, `${oid}.tar, a tablespace, is missing`);
  }
}

function unsafe(copy: TarCopy, { name }: CopyTar, what: string): WalguardError {
  return new WalguardError(
    'DRILL_UNSAFE',
    `${printable(copy.name)}/${name} holds ${what}, which leads out of the copy`,
    {
      hint: 'Do not restore it; see who wrote it, and make a new backup.',
    },
  );
}

/** What is wrong with the content, unless it is the disk or the program that failed. */
function asDamage(copy: TarCopy, { name }: CopyTar, thrown: unknown): unknown {
  if (thrown instanceof WalguardError || (thrown instanceof Error && thrown.name === 'AbortError')) return thrown;
  const code = systemCode(thrown);
  if (/^E[A-Z]+$/.test(code)) return thrown;
  return damaged(copy.name, `${name}: ${code === 'Z_BUF_ERROR' ? 'it is cut off' : messageOf(thrown)}`);
}
