import type { PasswordCommand } from '../config/data-source.ts';
import type { Environment } from '../config/given.ts';
import { WalguardError } from '../core/error.ts';
import type { PasswordProgram } from '../postgres/connection-options.ts';
import { runProgram } from '../process/run-program.ts';

/** Far above what a token takes, and below what a scrape may. */
const TIME_LIMIT_MS = 10_000;
/** A password is a line; tokens come to some kilobytes. */
const MOST_BYTES = 64 * 1_024;
/** What walguard itself connects with is no business of a program that is asked for another password. */
const WITHHELD = /^(DATA_SOURCE_|PGPASSWORD$|WALGUARD_)/;

/** All that ask by the same command share what it printed, however often their settings are read. */
const programs = new Map<string, PasswordProgram>();

/** The program of a command, with what it printed last. */
export function passwordProgramOf(command: PasswordCommand, env: Environment): PasswordProgram {
  const key = JSON.stringify(command);
  const program = programs.get(key) ?? createPasswordProgram(command, env);
  programs.set(key, program);
  return program;
}

function createPasswordProgram({ argv, ttlMs }: PasswordCommand, env: Environment): PasswordProgram {
  let known: { readonly password: string; readonly untilMs: number } | undefined;
  let underWay: Promise<string> | undefined;

  async function run(): Promise<string> {
    const password = await printedBy(argv, env);
    known = { password, untilMs: performance.now() + ttlMs };
    return password;
  }

  return {
    name: nameOf(argv),
    async ask() {
      if (known !== undefined && performance.now() < known.untilMs) return { password: known.password, isFresh: false };
      underWay ??= run().finally(() => (underWay = undefined));
      return { password: await underWay, isFresh: true };
    },
    forget(password) {
      if (known?.password === password) known = undefined;
    },
  };
}

/** Of its standard error nothing is told: it may hold the password too. */
async function printedBy(argv: readonly string[], env: Environment): Promise<string> {
  const given = Object.entries(env).filter(([name, value]) => value !== undefined && !WITHHELD.test(name));
  const launch = {
    prefix: [],
    environment: Object.fromEntries(given) as Readonly<Record<string, string>>,
    timeoutMs: TIME_LIMIT_MS,
    maxOutputBytes: MOST_BYTES,
  };
  const result = await runProgram(launch, argv, new AbortController().signal).catch((thrown: unknown) => {
    throw failed(argv, thrown instanceof WalguardError ? (REASONS[thrown.code] ?? KILLED) : KILLED);
  });
  if (result.exitCode !== 0) throw failed(argv, `ended with exit code ${result.exitCode}`);
  const password = result.stdout.toString('utf8').replace(/[\r\n]+$/, '');
  if (password === '') throw failed(argv, 'printed nothing');
  if (/[\r\n\0]/.test(password)) throw failed(argv, 'printed more than a line');
  return password;
}

const KILLED = 'could not be run to its end';
const REASONS: Readonly<Record<string, string>> = {
  SOURCE_TIMEOUT: `did not end within ${TIME_LIMIT_MS / 1_000} s`,
  SOURCE_PROGRAM_MISSING: 'is not there, or may not be executed',
  SOURCE_BAD_ANSWER: `printed more than ${MOST_BYTES} bytes`,
};

function failed(argv: readonly string[], what: string): WalguardError {
  return new WalguardError('TARGET_AUTHENTICATION', `the password command ${nameOf(argv)} ${what}`, {
    hint: 'Run it by hand as the user walguard runs as, and correct DATA_SOURCE_PASS_COMMAND or data_source.pass_command.',
  });
}

/** Of the arguments any may be a secret. */
function nameOf([program = '']: readonly string[]): string {
  return program.replace(/^.*\//, '');
}
