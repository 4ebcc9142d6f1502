import { checkPacks } from '../app/check/index.ts';
import { countOf, renderJson, renderText } from '../app/check/render.ts';
import type { Environment } from '../config/given.ts';
import type { CheckInvocation } from './check-command.ts';

const CLEAN = 0;
const FOUND = 1;
const WRONG_USAGE = 2;

/**
 * Checks packs and writes down what was found.
 *
 * @returns the exit code: 0 clean, 1 errors (or, if it is to be strict, warnings), 2 a file that cannot be read
 * @throws WalguardErrors with what is wrong with the configuration
 */
export async function runCheck(
  { paths, target, flags, json, strict }: CheckInvocation,
  env: Environment,
): Promise<number> {
  const report = await checkPacks({ paths, target, flags, env });
  process.stdout.write(json ? renderJson(report) : renderText(report));
  const { findings } = report;
  if (findings.some(({ code }) => code === 'CONFIG_FILE_UNREADABLE')) return WRONG_USAGE;
  const failures = countOf(findings, 'error') + (strict ? countOf(findings, 'warning') : 0);
  return failures === 0 ? CLEAN : FOUND;
}
