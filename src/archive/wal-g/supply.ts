import { join } from 'node:path';

import type { WalFetch, WalSupplier } from '../../core/drill.ts';
import { filtersIn } from '../../process/filter-program.ts';
import { launchHere } from '../../process/restoring.ts';
import { failedProgram, type ProgramResult } from '../../process/run-program.ts';
import { runWalG, type WalGPlace } from '../../process/wal-g.ts';
import { factsAt } from '../../storage/folder.ts';
import { openWalDepot } from '../../storage/wal-depot.ts';
import { fetchFromFolders } from '../../storage/wal-fetch.ts';
import { WAL_FOLDER } from './folder.ts';

export interface WalGSupplyOptions extends WalGPlace {
  /** Of the storage, if it is a folder; else WAL-G knows it by its own configuration. */
  readonly path: string | undefined;
  /** What programs see that unpack. */
  readonly environment: Readonly<Record<string, string>>;
}

/** By which wal-fetch says that the storage does not hold a file, since 2.0.1; all others are errors. */
const ABSENT = 74;

/** WAL out of a storage that is a folder, read by walguard, or out of any by WAL-G itself, which has the keys. */
export function walGSupplier({ path, environment, ...place }: WalGSupplyOptions): WalSupplier {
  return {
    method: 'wal_g',
    supply: (request) =>
      openWalDepot(
        request,
        path === undefined ? fetchBy(place) : fetchFromFolders([join(path, WAL_FOLDER)], filtersIn(environment)),
      ),
  };
}

function fetchBy(given: WalGPlace): WalFetch {
  const launch = launchHere(given.launch, 'wal-g');
  // Who fetches ahead is walguard; with one at a time WAL-G does not, and leaves nothing running behind it.
  const environment = { ...launch.environment, WALG_DOWNLOAD_CONCURRENCY: '1' };
  const place = { ...given, launch: { ...launch, environment, timeoutMs: given.launch.timeoutMs } };
  return async (name, into, signal) => {
    const result = await runWalG(place, ['wal-fetch', name, into], signal);
    if (isAbsent(result, name)) return undefined;
    if (result.exitCode !== 0) throw failedProgram(result, 'Run wal-g wal-fetch by hand with the same configuration.');
    return (await factsAt(into))?.sizeBytes;
  };
}

/** Older ones say it in words, and end as they do for everything else. */
function isAbsent({ exitCode, stderr }: ProgramResult, name: string): boolean {
  return exitCode === ABSENT || (exitCode === 1 && stderr.includes(`Archive '${name}' does not exist`));
}
