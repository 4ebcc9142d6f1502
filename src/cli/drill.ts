import { renderKept, renderReport } from '../app/drill/render.ts';
import type { Environment } from '../config/given.ts';
import { asWalguardError, byPlace, renderError, WalguardErrors } from '../core/error.ts';
import type { DrillReport } from '../core/drill-report.ts';
import { readTarget } from '../drill/wanted.ts';
import type { DrillInvocation } from './drill-command.ts';
import { createDrillLines } from './drill-lines.ts';
import { stopSignal } from './stop-signal.ts';

const FAILED = 1;
const WRONG_CONFIGURATION = 2;
const NOT_BEGUN = 3;
const SIGNAL_CODES: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 };
const CONFIGURATION_CODES = /^(CONFIG|USAGE)_/;
const NOT_BEGUN_CODES: ReadonlySet<string> = new Set(['DRILL_AS_ROOT', 'DRILL_BUSY', 'DRILL_FOLDER']);

/** Restores and measures. Never throws: what keeps it from doing so is told. @returns the exit code */
export async function runDrillCommand(invocation: DrillInvocation, env: Environment): Promise<number> {
  const stop = stopSignal();
  const { json } = invocation;
  const lines = createDrillLines({ terminal: process.stdout.isTTY && !json, quiet: json });
  try {
    const { prepareDrill } = await import('../app/drill/index.ts');
    const { to, ...asked } = invocation;
    const target = to === undefined ? undefined : readTarget(to);
    const drill = prepareDrill({ ...asked, target, env, stop, listener: lines, uid: process.getuid?.() });
    if (invocation.dryRun) {
      process.stdout.write(await drill.dryRun());
      return 0;
    }
    const { report, kept } = await drill.run();
    process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : renderReport(report));
    if (kept !== undefined) process.stderr.write(renderKept(kept));
    return exitCodeOf(report, stop);
  } catch (thrown) {
    const errors = thrown instanceof WalguardErrors ? thrown.errors : [asWalguardError(thrown)];
    process.stderr.write(`${errors.toSorted(byPlace).map(renderError).join('\n')}\n`);
    if (errors.every(({ code }) => CONFIGURATION_CODES.test(code))) return WRONG_CONFIGURATION;
    return errors.some(({ code }) => NOT_BEGUN_CODES.has(code)) ? NOT_BEGUN : FAILED;
  }
}

function exitCodeOf({ outcome }: DrillReport, { reason }: AbortSignal): number {
  if (outcome === 'interrupted') return SIGNAL_CODES[String(reason)] ?? FAILED;
  return outcome === 'success' ? 0 : FAILED;
}
