import { basename } from 'node:path';

import { WalguardError } from '../core/error.ts';
import type { Launch } from './launch.ts';
import { failedProgram, type ProgramResult } from './run-program.ts';

/** For a program whose time is limited by who calls it off: the most that a timer of Node can wait, 24 days. */
export const UNLIMITED_MS = 2 ** 31 - 1;

/**
 * How a tool is run that restores. Throws DRILL_NO_METHOD if a command stands in front of it: what that puts back is on
 * another host, or belongs to another user.
 */
export function launchHere({ prefix, environment }: Launch, program: string): Launch {
  if (prefix[0] === undefined) return { prefix, environment, timeoutMs: UNLIMITED_MS };
  const message = `${program} is reached through ${basename(prefix[0])}, and so cannot restore into a folder of this drill`;
  throw new WalguardError('DRILL_NO_METHOD', message, {
    hint: 'Run the drill where the tool is, as the user who may read the repository, with a configuration without prefix.',
  });
}

/** Why a tool did not put a backup back. */
export function failedRestore(result: ProgramResult, hint: string): WalguardError {
  const { code, message } = failedProgram(result, hint);
  return new WalguardError(code === 'SOURCE_PROGRAM_MISSING' ? code : 'DRILL_RESTORE_FAILED', message, { hint });
}
