import type { Command } from 'commander';

import type { NamedTarget } from '../app/check/named-target.ts';
import type { FlagValues } from '../config/given.ts';
import { addTargetOption, targetOf } from './check-command.ts';

/** `walguard explain`. */
export interface ExplainInvocation {
  readonly kind: 'explain';
  readonly target: NamedTarget;
  readonly json: boolean;
  readonly flags: FlagValues;
}

const NOTES = `
The server and everything else are those of serve, by the same flags, variables and file, the collectors' switches too.
It asks what server it is and what predicate queries ask, read only, and runs no other query: docs/explain.md.

Exit codes: 0 explained, 1 the server cannot be reached, 2 wrong usage or configuration.
`;

export function describeExplain(command: Command): Command {
  return addTargetOption(command, 'The server, in place of the one of DATA_SOURCE_NAME and its companions.')
    .option('--json', 'Write one JSON object instead of a table.')
    .addHelpText('after', NOTES);
}

export function toExplainInvocation(values: Readonly<Record<string, unknown>>, flags: FlagValues): ExplainInvocation {
  return {
    kind: 'explain',
    target: targetOf(values['target']) ?? { said: undefined },
    json: values['json'] === true,
    flags,
  };
}
