import type { WalSupplier } from '../../core/drill.ts';
import { filtersIn } from '../../process/filter-program.ts';
import { openWalDepot } from '../../storage/wal-depot.ts';
import { fetchFromFolders } from '../../storage/wal-fetch.ts';

/**
 * WAL out of a folder: bare or packed, flat or in folders named by timeline and log.
 *
 * @param environment what programs see that unpack
 */
export function directorySupplier(path: string, environment: Readonly<Record<string, string>>): WalSupplier {
  return {
    method: 'directory',
    supply: (request) => openWalDepot(request, fetchFromFolders([path], filtersIn(environment))),
  };
}
