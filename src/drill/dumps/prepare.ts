import { join } from 'node:path';

import type { DrillSettings } from '../../config/drills.ts';
import { messageOf, WalguardError } from '../../core/error.ts';
import { UNLIMITED_MS } from '../../process/restoring.ts';
import { runProgram } from '../../process/run-program.ts';
import { writePrivate } from '../../storage/drill-folder.ts';
import { freshConfigurationText, HBA_TEXT } from '../configuration.ts';
import type { DrillLayout } from '../layout.ts';
import type { DumpPrograms } from './programs.ts';

export interface NewServer {
  readonly layout: DrillLayout;
  readonly programs: DumpPrograms;
  readonly settings: DrillSettings;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Makes an empty data directory, and what decides how its server starts. Throws DRILL_START_FAILED. */
export async function makeDataDirectory({ layout, programs, settings, environment, signal }: NewServer): Promise<void> {
  const program = join(programs.server, 'initdb');
  const place = [`--pgdata=${layout.data}`, `--username=${settings.user}`];
  const options = ['--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  const launch = { prefix: [], environment, timeoutMs: UNLIMITED_MS };
  const { exitCode, stderr } = await runProgram(launch, [program, ...place, ...options], signal).catch(
    (thrown: unknown) => {
      signal.throwIfAborted();
      throw failed(messageOf(thrown));
    },
  );
  if (exitCode !== 0) throw failed(`initdb ended with exit code ${exitCode} and said: ${stderr}`);
  const text = freshConfigurationText({
    majorVersion: programs.major * 10_000,
    socketDirectory: layout.socket,
    preload: settings.preload,
  });
  await writePrivate(join(layout.config, 'config'), text);
  await writePrivate(join(layout.config, 'hba'), HBA_TEXT);
  await writePrivate(join(layout.config, 'ident'), '');
}

function failed(why: string): WalguardError {
  return new WalguardError('DRILL_START_FAILED', `there is no server for the dumps: ${why}`, {
    hint: 'Run initdb by hand as the user that runs the drill: it may lack a file of its package, or room on the disk.',
  });
}
