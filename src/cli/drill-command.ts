import { type Command, Option } from 'commander';

import type { FlagValues } from '../config/given.ts';
import { DRILL_SOURCES, type DrillSourceKind } from '../core/drill-report.ts';

/** `walguard drill`. */
export interface DrillInvocation {
  readonly kind: 'drill';
  /** Undefined: the only one there is. */
  readonly repository: string | undefined;
  /** Undefined: as the configuration says. */
  readonly source: DrillSourceKind | undefined;
  /** Not read yet; undefined: as the policy says. */
  readonly to: string | undefined;
  readonly dryRun: boolean;
  readonly keep: boolean;
  readonly json: boolean;
  readonly flags: FlagValues;
}

const NOTES = `
Restores a backup into a folder of its own and recovers it, or dumps into a server of its own; looks at what came out,
measures how long that takes, writes a report and removes all of it again: docs/drills.md. Nothing of it reaches the
server that was backed up, or writes to its archive.
The configuration file says where backups and WAL are (repositories) and where to restore (drills).

--to is latest (the end of what is archived), a time such as 2026-11-22T10:00:00Z (UTC without a zone), an LSN such as
16/B374D848, or the name that pg_create_restore_point gave. Of dumps, those are restored that are the newest until then.

Exit codes: 0 all was restored and every check passed, 1 the drill failed (the report says why), 2 wrong usage or
configuration, 3 it could not begin and there is no report (another one runs, the folder cannot be used, as root),
130 and 143 stopped by SIGINT and SIGTERM, after it had removed all.
`;

/** Declares the command on a program. */
export function describeDrill(command: Command): Command {
  return command
    .option('--repository <name>', 'The repository to restore; needed if there are several.')
    .addOption(
      new Option(
        '--source <source>',
        'Restore its backups or its dumps. (default: as drill.source of the repository says, else backups if it has any)',
      ).choices([...DRILL_SOURCES]),
    )
    .option('--to <target>', 'Recover to latest, a time, an LSN or a restore point. (default: as drills.targets says)')
    .option('--dry-run', 'Say what would be done, and do nothing.')
    .option('--keep', 'Leave the restored server where it is, stopped, and say how to start and to remove it.')
    .addOption(new Option('--json', 'Write the report instead of lines.'))
    .addHelpText('after', NOTES);
}

export function toDrillInvocation(values: Readonly<Record<string, unknown>>, flags: FlagValues): DrillInvocation {
  const { repository, source, to, dryRun, keep, json } = values;
  return {
    kind: 'drill',
    repository: typeof repository === 'string' ? repository : undefined,
    source: DRILL_SOURCES.find((each) => each === source),
    to: typeof to === 'string' ? to : undefined,
    dryRun: dryRun === true,
    keep: keep === true,
    json: json === true,
    flags,
  };
}
