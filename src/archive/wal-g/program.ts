import type { ArchiveSource } from '../../core/catalogue.ts';
import { failedProgram } from '../../process/run-program.ts';
import { runWalG, type WalGPlace } from '../../process/wal-g.ts';
import { createWalTree } from '../../storage/wal-tree.ts';
import { WAL_FOLDER } from './folder.ts';
import { parseListing } from './listing.ts';
import { createToldFiles } from './told-files.ts';

/** A line takes some 100 bytes; more than two million of them are not asked through a program. */
const MAX_OUTPUT_BYTES = 256 * 1_048_576;

/** The WAL in a storage, as WAL-G itself lists it: wherever it is, and with the keys WAL-G has. */
export function createWalGProgram(place: WalGPlace): ArchiveSource {
  const files = createToldFiles();
  const read = createWalTree({ access: files.access });
  return {
    method: 'wal_g',
    async read(known, signal) {
      const ask = askBy(place, signal);
      const listed = parseListing((await ask(['st', 'ls', WAL_FOLDER])).toString('latin1'));
      // WAL-G undoes both by its own configuration.
      files.renew(listed, (name) => ask(['st', 'cat', '--decrypt', '--decompress', `${WAL_FOLDER}/${name}`]));
      return await read({ path: WAL_FOLDER, encrypted: false }, known, signal);
    },
  };
}

function askBy(place: WalGPlace, signal: AbortSignal): (args: readonly string[]) => Promise<Buffer> {
  const launch = { maxOutputBytes: MAX_OUTPUT_BYTES, ...place.launch };
  return async (args) => {
    const result = await runWalG({ ...place, launch }, args, signal);
    if (result.exitCode === 0) return result.stdout;
    throw failedProgram(result, 'Run it by hand as the user walguard runs as, and correct what it names.');
  };
}
