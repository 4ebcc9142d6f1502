import { type Command, Option } from 'commander';

import type { FlagValues } from '../config/given.ts';

/** `walguard status`. */
export interface StatusInvocation {
  readonly kind: 'status';
  /** A running walguard's URL; undefined to ask the server and the sources without one. */
  readonly url: string | undefined;
  /** By its name in the configuration; undefined: the only one. */
  readonly target: string | undefined;
  readonly format: 'text' | 'json' | 'brief';
  /** As a duration, not read yet. */
  readonly timeout: string;
  readonly flags: FlagValues;
}

const DEFAULT_STATUS_URL = 'http://localhost:9187';
const DEFAULT_TIMEOUT = '10s';

const NOTES = `
Says whether the server could be got back, to when, and how much would be lost, and what to do about it: docs/status.md.

A running walguard is asked by default. --once asks the server and the repositories itself, and takes the options below
and the variables of a walguard that serves; they do not count otherwise.

Exit codes: 0 recoverable, 1 at risk, 2 not recoverable, 3 unknown or no answer (as Icinga has them); the first line
that --brief prints is all that it prints.
`;

/** Declares the command on a program. */
export function describeStatus(command: Command): Command {
  return command
    .addOption(new Option('--url <url>', `The walguard to ask. (default: ${DEFAULT_STATUS_URL})`).conflicts('once'))
    .option(
      '--once',
      'Ask without a running walguard: read the configuration, ask the server and the repositories once.',
    )
    .option('--target <name>', 'Which of several servers, by its name in the configuration.')
    .option('--timeout <duration>', `How long a running walguard may take to answer. (default: ${DEFAULT_TIMEOUT})`)
    .addOption(new Option('--json', 'Write the JSON of /api/v1/status instead of a table.').conflicts('brief'))
    .option('--brief', 'Write one line, as a plugin of Icinga or Nagios does.')
    .addHelpText('after', NOTES);
}

export function toStatusInvocation(values: Readonly<Record<string, unknown>>, flags: FlagValues): StatusInvocation {
  const { url = DEFAULT_STATUS_URL, target, once, timeout = DEFAULT_TIMEOUT, json, brief } = values;
  return {
    kind: 'status',
    url: once === true ? undefined : String(url),
    target: typeof target === 'string' ? target : undefined,
    format: json === true ? 'json' : brief === true ? 'brief' : 'text',
    timeout: String(timeout),
    flags,
  };
}
