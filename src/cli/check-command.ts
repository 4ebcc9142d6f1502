import { type Command, Option } from 'commander';

import type { NamedTarget } from '../app/check/named-target.ts';
import type { FlagValues } from '../config/given.ts';

/** `walguard check`. */
export interface CheckInvocation {
  readonly kind: 'check';
  /** Files, directories and patterns; none for the packs that come with walguard. */
  readonly paths: readonly string[];
  /** Undefined for no server. */
  readonly target: NamedTarget | undefined;
  readonly json: boolean;
  readonly strict: boolean;
  readonly flags: FlagValues;
}

const NOTES = `
PATH is a file, a directory or a pattern, as --extend.query-path takes it; without one the packs that come with walguard
are checked. What a walguard would refuse to load is an error, what a person should know a warning: docs/check.md.

--target has a server describe the queries, without running any: the one of DATA_SOURCE_NAME and its companions, a target
of the configuration file by its name, or that of a connection string. A password need not stand on the command line:
DATA_SOURCE_PASS, PGPASSWORD and a password file do.

Exit codes: 0 no errors, 1 errors, 2 wrong usage or configuration.
`;

/** The options that a server needs to be named by. */
export function addTargetOption(command: Command, what: string): Command {
  return command.addOption(new Option('--target [dsn]', what));
}

/** Declares the command on a program. */
export function describeCheck(command: Command): Command {
  addTargetOption(command, 'Have this server describe the queries, and say where in the YAML its errors are.')
    .argument('[path...]', 'Packs to check.')
    .option('--strict', 'Count warnings as errors in the exit code.')
    .option('--json', 'Write one JSON object instead of lines.')
    .addHelpText('after', NOTES);
  return command;
}

export function toCheckInvocation(
  paths: readonly string[],
  values: Readonly<Record<string, unknown>>,
  flags: FlagValues,
): CheckInvocation {
  return {
    kind: 'check',
    paths,
    target: targetOf(values['target']),
    json: values['json'] === true,
    strict: values['strict'] === true,
    flags,
  };
}

/** @param value of the option: text, or true where there is none */
export function targetOf(value: unknown): NamedTarget | undefined {
  if (value === undefined) return undefined;
  return { said: typeof value === 'string' && value !== '' ? value : undefined };
}
