import { join } from 'node:path';

import type { Restorer, RestoreRequest } from '../../core/drill.ts';
import type { Launch } from '../../process/launch.ts';
import { type PgBackRestPlace, placeArguments } from '../../process/pgbackrest.ts';
import { failedRestore, launchHere } from '../../process/restoring.ts';
import { runProgram } from '../../process/run-program.ts';
import { makeRestoredFolder } from '../../storage/restored-files.ts';
import { watchGrowth } from '../../storage/tree-growth.ts';

export interface PgBackRestRestoreOptions extends PgBackRestPlace {
  /** The program, and arguments that it always has. */
  readonly command: readonly string[];
  readonly launch: Launch;
}

/**
 * Puts backups back by pgBackRest itself, which knows what they need and compares every file with its checksum. It gets
 * folders of its own for all that it writes, and no settings of recovery: those are the drill's.
 */
export function restorePgBackRest({ command, launch, ...place }: PgBackRestRestoreOptions): Restorer {
  return {
    method: 'pgbackrest',
    async restore(request) {
      const { backup, dataDirectory, tablespaceDirectory, progress, signal } = request;
      const argv = [...command, ...restoreArguments(place, backup.label, request)];
      for (const name of ['lock', 'log', 'spool']) await makeRestoredFolder(join(request.scratchDirectory, name));
      const { made, bytes } = await watchGrowth([dataDirectory, tablespaceDirectory], progress, () =>
        runProgram(launchHere(launch, 'pgbackrest'), argv, signal),
      );
      if (made.exitCode !== 0)
        throw failedRestore(
          made,
          'Verify the repository with pgbackrest verify, and make a full backup now if a file is lost.',
        );
      return { bytes, verifiedBy: 'tool' };
    },
  };
}

/** What a restore is told beside the repository and the backup. */
function restoreArguments(
  place: PgBackRestPlace,
  label: string,
  { dataDirectory, tablespaceDirectory, scratchDirectory }: RestoreDirectories,
): readonly string[] {
  return [
    'restore',
    ...placeArguments(place),
    `--set=${label}`,
    `--pg1-path=${dataDirectory}`,
    // The configuration of a repository's host has the host of production there.
    '--reset-pg1-host',
    `--tablespace-map-all=${tablespaceDirectory}`,
    '--type=none',
    `--lock-path=${join(scratchDirectory, 'lock')}`,
    `--log-path=${join(scratchDirectory, 'log')}`,
    `--spool-path=${join(scratchDirectory, 'spool')}`,
  ];
}

type RestoreDirectories = Pick<RestoreRequest, 'dataDirectory' | 'tablespaceDirectory' | 'scratchDirectory'>;
