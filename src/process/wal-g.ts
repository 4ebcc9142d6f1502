import type { Launch } from './launch.ts';
import { type ProgramResult, runProgram } from './run-program.ts';

/** How WAL-G is run. */
export interface WalGPlace {
  /** The program, and arguments that it always has. */
  readonly command: readonly string[];
  /** Path of its configuration file; undefined for the usual one. */
  readonly config: string | undefined;
  readonly launch: Launch;
}

/** Of WAL-G's own log, which goes to the standard output in versions before 1.0. */
const LOG_LINE = /^(?:DEBUG|INFO|WARNING|ERROR): \d{4}\/\d\d\/\d\d .*$/;

/** Runs one command of WAL-G; any exit code is a result. Throws as runProgram does. */
export function runWalG(
  { command, config, launch }: WalGPlace,
  args: readonly string[],
  signal: AbortSignal,
): Promise<ProgramResult> {
  return runProgram(launch, [...command, ...args, ...(config === undefined ? [] : ['--config', config])], signal);
}

/** What WAL-G printed, without the lines of its log. */
export function withoutLog(stdout: string): string {
  const lines = stdout.split('\n');
  return lines.filter((line) => !LOG_LINE.test(line)).join('\n');
}
