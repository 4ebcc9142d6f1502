import { type Command, Option } from 'commander';

import type { MigrationRequest } from '../app/migrate/index.ts';
import { PEERS } from '../app/migrate/report.ts';

/** `walguard migrate`. */
export interface MigrateInvocation {
  readonly kind: 'migrate';
  readonly request: Omit<MigrationRequest, 'words'>;
  readonly json: boolean;
}

const NOTES = `
After -- comes the command line of the other exporter as it is; or --environment-file names the file that its unit or package has
(ARGS="...", DATA_SOURCE_NAME=..., PG_EXPORTER_...). Nothing is run, and no password is printed.

--rules and --dashboards say which metrics that they use walguard does not give. --old-page and --new-page compare what both
answer: docs/migration.md.

Exit codes: 0 nothing is lost, 1 something needs attention, 2 wrong usage or a file that cannot be read.
`;

/** Declares the command on a program. */
export function describeMigrate(command: Command): Command {
  return command
    .addOption(
      new Option('--from <exporter>', 'What walguard is to replace.').choices([...PEERS]).makeOptionMandatory(),
    )
    .option('--environment-file <file>', 'File with the variables of the other exporter.')
    .option('--rules <file>', 'Rules of Prometheus; may be given several times.', several)
    .option('--dashboards <file>', 'Dashboard of Grafana as JSON; may be given several times.', several)
    .option('--old-page <file>', "What the other exporter's /metrics answered.")
    .option('--new-page <file>', "What walguard's /metrics answered.")
    .option('--json', 'Write one JSON object instead of lines.')
    .addHelpText('after', NOTES);
}

export function toMigrateInvocation(values: Readonly<Record<string, unknown>>): MigrateInvocation {
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const texts = (name: string): readonly string[] => [values[name] ?? []].flat().map(String);
  return {
    kind: 'migrate',
    json: values['json'] === true,
    request: {
      from: PEERS.find((each) => each === values['from']) ?? 'postgres_exporter',
      envFile: text('environmentFile'),
      rules: texts('rules'),
      dashboards: texts('dashboards'),
      oldPage: text('oldPage'),
      newPage: text('newPage'),
    },
  };
}

function several(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}
