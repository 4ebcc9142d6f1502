import type { BackupSource } from '../../core/catalogue.ts';
import type { Launch } from '../../process/launch.ts';
import { placeArguments } from '../../process/pgbackrest.ts';
import { failedProgram, runProgram } from '../../process/run-program.ts';
import { mayBeInfo, parseInfo, type StanzaChoice } from './parse.ts';

export interface PgBackRestOptions extends StanzaChoice {
  /** The program, and arguments that it always has. */
  readonly command: readonly string[];
  /** Path of its configuration file; undefined for the usual one. */
  readonly config: string | undefined;
  readonly launch: Launch;
}

/** The backups of one stanza in one repository of pgBackRest, as `pgbackrest info` tells them; it changes nothing. */
export function pgBackRestBackups(options: PgBackRestOptions): BackupSource {
  return {
    method: 'pgbackrest',
    read: async (signal) => {
      const result = await runProgram(options.launch, infoCommand(options), signal);
      const stdout = result.stdout.toString('utf8');
      if (result.exitCode !== 0 && !mayBeInfo(stdout)) {
        throw failedProgram(result, 'Run it by hand as the user walguard runs as, and correct what it names.');
      }
      return parseInfo(stdout, options);
    },
  };
}

/** The one command of pgBackRest that is called for its backups. */
export function infoCommand({ command, ...place }: Omit<PgBackRestOptions, 'launch'>): readonly string[] {
  return [...command, 'info', '--output=json', ...placeArguments(place)];
}
