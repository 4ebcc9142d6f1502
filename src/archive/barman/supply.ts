import { join } from 'node:path';

import type { WalSupplier } from '../../core/drill.ts';
import { filtersIn } from '../../process/filter-program.ts';
import { openWalDepot } from '../../storage/wal-depot.ts';
import { fetchFromFolders } from '../../storage/wal-fetch.ts';

export interface BarmanSupplyOptions {
  /** Of Barman (barman_home). */
  readonly path: string;
  readonly server: string;
  /** What programs see that unpack. */
  readonly environment: Readonly<Record<string, string>>;
}

/** WAL of one server of Barman, archived or on its way there; Barman's names do not say how it is packed. */
export function barmanSupplier({ path, server, environment }: BarmanSupplyOptions): WalSupplier {
  const folders = ['wals', 'incoming', 'streaming'].map((name) => join(path, server, name));
  return {
    method: 'barman',
    supply: (request) => openWalDepot(request, fetchFromFolders(folders, filtersIn(environment))),
  };
}
