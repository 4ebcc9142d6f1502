import { join } from 'node:path';

import type { Restorer, RestoreRequest } from '../../core/drill.ts';
import { WalguardError } from '../../core/error.ts';
import { parseExactJson } from '../../core/exact-json.ts';
import { printable } from '../../core/printable.ts';
import { failedRestore, launchHere } from '../../process/restoring.ts';
import { failedProgram } from '../../process/run-program.ts';
import { runWalG, type WalGPlace, withoutLog } from '../../process/wal-g.ts';
import { writePrivate } from '../../storage/drill-folder.ts';
import { removeFile } from '../../storage/restored-files.ts';
import { watchGrowth } from '../../storage/tree-growth.ts';
import { readTablespaces } from './schema.ts';

export interface WalGRestoreOptions extends WalGPlace {
  /** Of the storage, if it is a folder; else WAL-G knows it by its own configuration. */
  readonly path: string | undefined;
}

/** WAL-G before 2.0 lists every file of the cluster there. */
const MAX_SENTINEL_BYTES = 256 * 1_048_576;

/**
 * Puts backups back by WAL-G itself, which has the keys and knows what a delta needs. It is told where every tablespace
 * goes, and the data directory itself: left to its own knowledge it makes links and folders where production had them.
 */
export function restoreWalG(options: WalGRestoreOptions): Restorer {
  return {
    method: 'wal_g',
    async restore(request) {
      const { dataDirectory, tablespaceDirectory, scratchDirectory, progress, signal } = request;
      const { label } = request.backup;
      const place = await placeOf(options, request);
      const spec = join(scratchDirectory, 'tablespaces.json');
      await writePrivate(spec, specOf(await tablespacesOf(place, label, signal), request));
      const { made, bytes } = await watchGrowth([dataDirectory, tablespaceDirectory], progress, () =>
        runWalG(place, ['backup-fetch', dataDirectory, label, '--restore-spec', spec], signal),
      );
      if (made.exitCode !== 0)
        throw failedRestore(made, 'Fetch the backup by hand, and make a full backup now if a part of it is lost.');
      // It names the folders of production, and comes along where WAL-G was told to keep no metadata of files.
      await removeFile(join(dataDirectory, 'tablespace_map'));
      return { bytes, verifiedBy: undefined };
    },
  };
}

async function placeOf(
  { path, command, config, launch }: WalGRestoreOptions,
  { scratchDirectory }: RestoreRequest,
): Promise<WalGPlace> {
  const own = { command, launch: launchHere(launch, 'wal-g') };
  if (path === undefined) return { ...own, config };
  // Without one WAL-G reads that in the home of the user, which may mean another storage.
  const file = join(scratchDirectory, 'wal-g.json');
  await writePrivate(file, JSON.stringify({ WALG_FILE_PREFIX: path }));
  return { ...own, config: file };
}

async function tablespacesOf(place: WalGPlace, label: string, signal: AbortSignal): Promise<readonly string[]> {
  const asking = { ...place, launch: { ...place.launch, maxOutputBytes: MAX_SENTINEL_BYTES } };
  const sentinel = `basebackups_005/${label}_backup_stop_sentinel.json`;
  const result = await runWalG(asking, ['st', 'cat', sentinel], signal);
  if (result.exitCode !== 0) throw failedProgram(result, 'Run it by hand, and see if the backup is still there.');
  const oids = readTablespaces(parse(withoutLog(result.stdout.toString('utf8'))));
  if (oids !== undefined) return oids;
  throw new WalguardError('SOURCE_BAD_ANSWER', `the sentinel of ${printable(label)} does not tell its tablespaces`, {
    hint: `Look at it with wal-g st cat ${sentinel}.`,
  });
}

function parse(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

/** As `--restore-spec` takes it: TablespaceSpec in tablespace_spec.go. */
function specOf(oids: readonly string[], { dataDirectory, tablespaceDirectory }: RestoreRequest): string {
  const places = oids.map((oid) => [oid, { loc: join(tablespaceDirectory, oid), link: `pg_tblspc/${oid}` }] as const);
  return JSON.stringify({ base_prefix: dataDirectory, tablespaces: oids, ...Object.fromEntries(places) });
}
