import { open } from 'node:fs/promises';
import { join } from 'node:path';

import type { WalFetch } from '../core/drill.ts';
import { messageOf, systemCode, WalguardError } from '../core/error.ts';
import { printable } from '../core/printable.ts';
import type { Filter } from '../core/unpack-programs.ts';
import { COMPRESSIONS, type Compression, ENCRYPTIONS, readWalName } from '../core/wal-names.ts';
import { unreadableSource } from './file-errors.ts';
import { factsAt } from './folder.ts';
import { readForRestore, writeRestoredFile } from './restored-files.ts';
import { packingOf, unpacked } from './unpack.ts';

const MAGIC_BYTES = 8;

/** What unpacks by programs, which end when the signal is aborted. */
export type FilterUntil = (signal: AbortSignal) => Filter;

/** Where a file of WAL lies, and how it is packed. */
interface FoundWal {
  readonly path: string;
  readonly compression: Compression;
}

/**
 * Fetches WAL out of folders: as it is named, or with the ending of a program that packs, in the folder itself or in that
 * which is named by the timeline, or by timeline and log. What is packed without an ending is known by its first bytes.
 *
 * Throws SOURCE_UNREADABLE, DRILL_WAL_DAMAGED, DRILL_NO_METHOD for what is encrypted, and what the filter throws.
 */
export function fetchFromFolders(folders: readonly string[], filterUntil: FilterUntil): WalFetch {
  let usual: FoundWal | undefined;
  return async (name, into, signal) => {
    const found = await findWal(folders, name, usual);
    if (found === undefined) {
      if (usual === undefined && readWalName(name)?.kind === 'segment') await refuseEncrypted(folders, name);
      return undefined;
    }
    usual = found;
    const packing = found.compression === '' ? packingOf(await headOf(found.path)) : found.compression;
    const source = readForRestore(found.path, signal);
    return await writeUnpacked(found.path, { source, packing, into, filter: filterUntil(signal) });
  };
}

export interface PackedWal {
  readonly source: AsyncIterable<Uint8Array>;
  readonly packing: string;
  readonly into: string;
  readonly filter: Filter;
}

/** @param name of the file in the archive, for messages. Throws DRILL_WAL_DAMAGED if it cannot be unpacked */
export async function writeUnpacked(name: string, { source, packing, into, filter }: PackedWal): Promise<number> {
  try {
    return await writeRestoredFile(into, unpacked(source, packing, filter), () => {});
  } catch (thrown) {
    const isDamage = !(thrown instanceof WalguardError) && !/^E[A-Z]+$/.test(systemCode(thrown));
    if (!isDamage || (thrown instanceof Error && thrown.name === 'AbortError')) throw thrown;
    throw new WalguardError('DRILL_WAL_DAMAGED', `${printable(name)} cannot be unpacked: ${messageOf(thrown)}`, {
      hint: 'Put a whole copy of the segment into the archive; make a full backup now if there is none.',
    });
  }
}

/** First as the last one was found: an archive is nearly always of one kind. */
async function findWal(
  folders: readonly string[],
  name: string,
  usual: FoundWal | undefined,
): Promise<FoundWal | undefined> {
  const inside = folders.flatMap((folder) => [folder, join(folder, name.slice(0, 16)), join(folder, name.slice(0, 8))]);
  const first = usual === undefined ? [] : [usual.compression];
  for (const compression of [...first, ...COMPRESSIONS])
    for (const folder of inside) {
      const path = join(folder, withEnding(name, compression));
      if ((await factsOrThrow(path))?.kind === 'file') return { path, compression };
    }
  return undefined;
}

/** What is there and cannot be decrypted must not be taken for the end of the archive. */
async function refuseEncrypted(folders: readonly string[], name: string): Promise<void> {
  const names = COMPRESSIONS.flatMap((compression) =>
    ENCRYPTIONS.slice(1).map((encryption) => withEnding(name, compression, encryption)),
  );
  for (const folder of folders.flatMap((each) => [each, join(each, name.slice(0, 16))]))
    for (const each of names) if ((await factsOrThrow(join(folder, each))) !== undefined) throw encrypted(each);
}

/** An archive whose WAL is encrypted by a program that walguard does not know. */
export function encrypted(path: string): WalguardError {
  return new WalguardError('DRILL_NO_METHOD', `${printable(path)} is encrypted, and walguard has no key`, {
    hint: 'Let the tool that keeps this archive supply it: configure the archive by the method of that tool.',
  });
}

function withEnding(name: string, ...endings: readonly string[]): string {
  return [name, ...endings.filter((ending) => ending !== '')].join('.');
}

async function factsOrThrow(path: string): ReturnType<typeof factsAt> {
  try {
    return await factsAt(path);
  } catch (thrown) {
    throw unreadableSource(path, thrown);
  }
}

async function headOf(path: string): Promise<Buffer> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch (thrown) {
    throw unreadableSource(path, thrown);
  }
}
