import { WalguardError } from '../core/error.ts';

/** Words that `logs.path` has beside paths: where the server says; through the server; on standard input. */
export const WHERE_SERVER_SAYS = 'auto';
export const LOG_OF_SERVER = 'server';
export const LOG_ON_INPUT = '-';

/**
 * What is wrong with where logs are said to be.
 *
 * @param paths those of each server
 */
export function checkLogPaths(paths: readonly (readonly string[])[]): readonly WalguardError[] {
  const mixed = paths.filter(
    (each) => each.length > 1 && (each.includes(LOG_ON_INPUT) || each.includes(LOG_OF_SERVER)),
  );
  const problems = mixed.map((each) =>
    refusal(
      `logs.path has ${each.join(' and ')}`,
      `Give ${LOG_ON_INPUT} or ${LOG_OF_SERVER} alone: it is the same log.`,
    ),
  );
  const onInput = paths.filter((each) => each.includes(LOG_ON_INPUT)).length;
  if (onInput > 1)
    problems.push(
      refusal(
        `logs.path is ${LOG_ON_INPUT} for ${onInput} targets`,
        'Standard input has the log of one server: say it of that target only.',
      ),
    );
  return problems;
}

function refusal(message: string, hint: string): WalguardError {
  return new WalguardError('CONFIG_BAD_VALUE', message, { hint });
}
