import { readBuildInfo } from '../app/build-info.ts';
import { asWalguardError, byPlace, renderError, WalguardError, WalguardErrors } from '../core/error.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import type { BuildInfo } from '../self/instruments.ts';
import { takeCollectorFlags } from './collector-flags.ts';
import { type HelpFacts, type Invocation, readCommandLine } from './program.ts';
import { stopSignal } from './stop-signal.ts';

const HELP_FLAGS: ReadonlySet<string> = new Set(['-h', '--help']);
const FAILED = 1;
const WRONG_CONFIGURATION = 2;
const CONFIGURATION_CODES = /^(CONFIG|PACK|USAGE)_|^TARGET_(MISSING|BAD_DSN)$/;

/**
 * Runs walguard.
 *
 * @returns the exit code: 0 stopped as asked or nothing wrong, 1 failed, 2 wrong usage or configuration; `status`
 * and `drill` have their own
 */
export async function main(argv: readonly string[]): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', goOn);
  const build = readBuildInfo();
  const { switches, rest, others } = takeCollectorFlags(argv);
  const collectors = rest.some((word) => HELP_FLAGS.has(word)) ? await readCollectors() : [];
  const invocation = readCommandLine(
    rest,
    { version: build.version, collectors },
    {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
    },
  );
  if (invocation.kind === 'done') return invocation.exitCode;
  try {
    if (invocation.kind !== 'serve') return await runTool(invocation, { switches, others }, build);
    // Before anything is loaded: the first process of a container is deaf to a signal that it does not handle.
    const stop = stopSignal();
    // Only now: help and version must not wait for the driver, the web server and the rest to load.
    const { runServe } = await import('./serve.ts');
    await runServe({ flags: invocation.flags, collectorFlags: switches, env: process.env, build, stop });
    return 0;
  } catch (thrown) {
    const errors = thrown instanceof WalguardErrors ? thrown.errors : [asWalguardError(thrown)];
    process.stderr.write(`${errors.toSorted(byPlace).map(renderError).join('\n')}\n`);
    return errors.every(({ code }) => isConfiguration(code)) ? WRONG_CONFIGURATION : FAILED;
  }
}

/** Runs a command that is not the server. @returns the exit code */
async function runTool(
  invocation: Exclude<Invocation, { readonly kind: 'serve' | 'done' }>,
  { switches, others }: { readonly switches: ReadonlyMap<string, boolean>; readonly others: readonly string[] },
  build: BuildInfo,
): Promise<number> {
  const { env } = process;
  switch (invocation.kind) {
    case 'check': {
      refuseSwitches(switches);
      const { runCheck } = await import('./check.ts');
      return await runCheck(invocation, env);
    }
    case 'explain': {
      const { runExplain } = await import('./explain.ts');
      return await runExplain(invocation, { collectorFlags: switches, env });
    }
    case 'status': {
      const { runStatus } = await import('./status.ts');
      return await runStatus(invocation, { collectorFlags: switches, env, build });
    }
    case 'drill': {
      refuseSwitches(switches);
      const { runDrillCommand } = await import('./drill.ts');
      return await runDrillCommand(invocation, env);
    }
    case 'logs': {
      refuseSwitches(switches);
      const { runLogs } = await import('./logs.ts');
      return await runLogs(invocation, env);
    }
    case 'migrate': {
      refuseSwitches(switches);
      const { runMigrate } = await import('./migrate.ts');
      return runMigrate(invocation, others);
    }
  }
}

/** Of what is written for a reader that went away, such as `head`, or to a full disk: nobody is left to tell. */
function goOn(): void {}

/** @throws USAGE_UNKNOWN_OPTION */
function refuseSwitches(switches: ReadonlyMap<string, boolean>): void {
  for (const [name, on] of switches) {
    const said = `--${on ? '' : 'no-'}collector.${name}`;
    throw new WalguardError('USAGE_UNKNOWN_OPTION', `${said} is not for this command`, { hint: 'Leave it out.' });
  }
}

async function readCollectors(): Promise<HelpFacts['collectors']> {
  const { shippedCollectors } = await import('../app/collectors.ts');
  return shippedCollectors();
}

function isConfiguration(code: ErrorCode): boolean {
  return CONFIGURATION_CODES.test(code);
}
