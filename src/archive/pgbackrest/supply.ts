import { join } from 'node:path';

import type { SupplyRequest, WalFetch, WalSupplier } from '../../core/drill.ts';
import type { Launch } from '../../process/launch.ts';
import { type PgBackRestPlace, placeArguments } from '../../process/pgbackrest.ts';
import { launchHere } from '../../process/restoring.ts';
import { failedProgram, runProgram } from '../../process/run-program.ts';
import { factsAt } from '../../storage/folder.ts';
import { makeRestoredFolder } from '../../storage/restored-files.ts';
import { openWalDepot } from '../../storage/wal-depot.ts';

export interface PgBackRestSupplyOptions extends PgBackRestPlace {
  /** The program, and arguments that it always has. */
  readonly command: readonly string[];
  readonly launch: Launch;
}

/** By which archive-get says that the archive does not hold a file; all others are errors. */
const ABSENT = 1;

/** WAL by pgBackRest itself: it decrypts, unpacks and compares with the checksum in the name. */
export function pgBackRestSupplier(options: PgBackRestSupplyOptions): WalSupplier {
  return {
    method: 'pgbackrest',
    async supply(request) {
      for (const name of ['lock', 'log']) await makeRestoredFolder(join(request.scratchDirectory, name));
      return await openWalDepot(request, fetchBy(options, request));
    },
  };
}

function fetchBy({ command, launch, ...place }: PgBackRestSupplyOptions, request: SupplyRequest): WalFetch {
  const { dataDirectory, scratchDirectory } = request;
  const { prefix, environment } = launchHere(launch, 'pgbackrest');
  const own = [
    ...placeArguments(place),
    `--pg1-path=${dataDirectory}`,
    '--reset-pg1-host',
    // Who fetches ahead is walguard; so there is no spool, which two servers of one stanza would share.
    '--no-archive-async',
    `--lock-path=${join(scratchDirectory, 'lock')}`,
    `--log-path=${join(scratchDirectory, 'log')}`,
  ];
  return async (name, into, signal) => {
    const argv = [...command, 'archive-get', ...own, name, into];
    const result = await runProgram({ prefix, environment, timeoutMs: launch.timeoutMs }, argv, signal);
    if (result.exitCode === ABSENT) return undefined;
    if (result.exitCode !== 0)
      throw failedProgram(result, 'Run pgbackrest archive-get by hand with the same configuration.');
    return (await factsAt(into))?.sizeBytes;
  };
}
