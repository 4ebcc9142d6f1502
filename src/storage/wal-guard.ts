import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { WalFetch } from '../core/drill.ts';
import { WalguardError } from '../core/error.ts';
import type { Lsn } from '../core/lsn.ts';
import { printable } from '../core/printable.ts';
import { namesBehind } from '../core/segments.ts';
import { readWalName } from '../core/wal-names.ts';
import { type CutRecord, type MadeTablespace, TablespaceFinder } from '../core/wal-tablespaces.ts';
import { unlessAbsent } from './file-facts.ts';

const CHUNK_BYTES = 1_048_576;
/** More than are fetched ahead. */
const CUTS_KEPT = 64;

/**
 * Fetches WAL as it is told to, and refuses what a restored server would write by into a folder that is not the drill's: a
 * server that replays how a tablespace was made links and fills the folder that the original had, which on the same host
 * may be that of the original itself. Throws DRILL_UNSAFE.
 *
 * @param from where replaying begins: what is before it is not replayed; undefined if that is not known
 */
export function guarded(fetch: WalFetch, from: Lsn | undefined): WalFetch {
  /** What is cut off at the end of a segment, by the place of the one behind it on whatever timeline. */
  const cuts = new Map<string, Promise<CutRecord | undefined>>();
  let segmentBytes = 0;
  return async (name, into, signal) => {
    if (readWalName(name)?.kind !== 'segment') return await fetch(name, into, signal);
    const reading = (async () => {
      const bytes = await fetch(name, into, signal);
      if (bytes === undefined) return undefined;
      segmentBytes = bytes;
      return { bytes, ...(await findTablespaces(into, await cuts.get(placeOf(name)))) };
    })();
    const cut = reading.then(
      (read) => read?.cut,
      () => undefined,
    );
    const keepCut = (): void => {
      const [next] = namesBehind(name, segmentBytes, 1);
      if (next !== undefined) keepNewest(cuts, placeOf(next), cut);
    };
    // Those behind it may be fetched at the same time; how large they are is known by then.
    keepCut();
    const read = await reading;
    keepCut();
    if (read !== undefined) await refuseForeign(name, read.found, from);
    return read?.bytes;
  };
}

/** Throws DRILL_UNSAFE as `guarded` does, for WAL that came with the copy. */
export async function refuseForeignTablespaces(folder: string, from: Lsn | undefined): Promise<void> {
  const names = ((await unlessAbsent(readdir(folder))) ?? []).filter((name) => readWalName(name)?.kind === 'segment');
  let cut: CutRecord | undefined;
  for (const name of names.toSorted()) {
    const read = await findTablespaces(join(folder, name), cut);
    await refuseForeign(name, read.found, from);
    cut = read.cut;
  }
}

/** Where it lies on any timeline. */
function placeOf(name: string): string {
  return name.slice(8);
}

function keepNewest<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) if (map.size > CUTS_KEPT) map.delete(oldest);
}

async function findTablespaces(
  path: string,
  before: CutRecord | undefined,
): Promise<Pick<TablespaceFinder, 'found' | 'cut'>> {
  const finder = new TablespaceFinder(before);
  for await (const piece of createReadStream(path, { highWaterMark: CHUNK_BYTES })) finder.add(piece as Buffer);
  return { found: finder.found, cut: finder.cut };
}

/** Where the folder is not there, or belongs to somebody else, PostgreSQL itself gives up as soon as it comes to it. */
async function refuseForeign(name: string, made: readonly MadeTablespace[], from: Lsn | undefined = 0n): Promise<void> {
  for (const { location, lsn } of made) {
    if (lsn < from) continue;
    const facts = await stat(location).catch(() => undefined);
    if (facts === undefined || facts.uid !== process.geteuid?.()) continue;
    const what = `${name} makes a tablespace in ${printable(location)}, which is there and no folder of the drill`;
    throw new WalguardError('DRILL_UNSAFE', `${what}: the restored server would write into it`, {
      hint: 'Make a full backup now: tablespaces that a backup holds are restored into the folder of the drill. Until then drill to an earlier target, or as a user who does not own that folder.',
    });
  }
}
