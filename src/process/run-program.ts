import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { asWalguardError, messageOf, WalguardError, systemCode } from '../core/error.ts';
import { ErrorOutput } from './error-output.ts';
import { addedValues, argumentList, commandName, type Launch } from './launch.ts';
import { watchOver } from './watchdog.ts';

/** What a program that ended by itself left. */
export interface ProgramResult {
  /** As a message names it. */
  readonly command: string;
  readonly exitCode: number;
  readonly stdout: Buffer;
  /** Of its standard error the end, as far as it may be shown. */
  readonly stderr: string;
}

const DEFAULT_MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** From SIGTERM to SIGKILL, and from there to giving up on a process that even that does not end. */
const TERMINATION_MS = 1000;
/** How long a child may keep the output open, without a word, once the program itself has ended. */
const SILENCE_MS = 500;

type Child = ChildProcessByStdio<Writable | null, Readable, Readable>;

/**
 * Runs a program to its end: no shell, on its standard input only what the launch has for it, in a group of its own that
 * is ended with all that it started, when it is done, when its time is over, when it is aborted, and when walguard ends.
 *
 * Any exit code is a result. Throws SOURCE_PROGRAM_MISSING, SOURCE_TIMEOUT (also if aborted), SOURCE_BAD_ANSWER for
 * more output than allowed, SOURCE_PROGRAM_FAILED if it was killed by a signal.
 */
export function runProgram(launch: Launch, argv: readonly string[], signal: AbortSignal): Promise<ProgramResult> {
  const command = commandName(launch, argv);
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(aborted(command));
      return;
    }
    const child = start(launch, argv, command);
    new RunningProgram(child, { launch, command, signal, resolve, reject }).attend();
  });
}

/** @throws SOURCE_PROGRAM_FAILED as the reason why what it printed cannot be taken for an answer */
export function failedProgram({ command, exitCode, stderr }: ProgramResult, hint: string): WalguardError {
  if (exitCode === 127) return missing(command, 'is not there (exit code 127)');
  const said = stderr === '' ? 'and said nothing that may be shown' : `and said: ${stderr}`;
  return new WalguardError('SOURCE_PROGRAM_FAILED', `${command} ended with exit code ${exitCode} ${said}`, { hint });
}

function start(launch: Launch, argv: readonly string[], command: string): Child {
  const [file = '', ...args] = argumentList(launch, argv);
  try {
    const options = { cwd: '/', env: launch.environment, detached: true } as const;
    return launch.input === undefined
      ? spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
      : spawn(file, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  } catch (thrown) {
    // A zero byte in an argument, or a list that is too long.
    throw new WalguardError(
      'SOURCE_PROGRAM_FAILED',
      `${command} cannot be started: ${systemCode(thrown) || messageOf(thrown)}`,
      {
        hint: 'Correct the arguments that the configuration gives to it.',
      },
    );
  }
}

interface Task {
  readonly launch: Launch;
  readonly command: string;
  readonly signal: AbortSignal;
  readonly resolve: (result: ProgramResult) => void;
  readonly reject: (error: WalguardError) => void;
}

/** Owns the process group, its timers and its watch, until it has settled. */
class RunningProgram {
  readonly #child: Child;
  readonly #task: Task;
  readonly #release: () => void;
  readonly #stdout: Buffer[] = [];
  readonly #stderr = new ErrorOutput();
  readonly #timers: NodeJS.Timeout[] = [];
  #silence: NodeJS.Timeout | undefined;
  #bytes = 0;
  #failure: WalguardError | undefined;
  #ended: { readonly exitCode: number | null; readonly by: string | null } | undefined;
  #isSettled = false;

  constructor(child: Child, task: Task) {
    this.#child = child;
    this.#task = task;
    this.#release = child.pid === undefined ? nothing : watchOver(child.pid);
  }

  attend(): void {
    const { launch, command, signal } = this.#task;
    this.#child.once('error', (thrown) => this.#fail(cannotStart(command, launch, thrown)));
    this.#child.once('exit', (exitCode, by) => {
      this.#ended = { exitCode, by };
      this.#silence = setTimeout(() => this.#settle(), SILENCE_MS);
    });
    this.#child.once('close', () => this.#settle());
    this.#child.stdout.on('data', (chunk: Buffer) => this.#keep(chunk));
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr.add(chunk);
      launch.hear?.(chunk);
    });
    this.#feed();
    signal.addEventListener('abort', this.#onAbort);
    this.#later(launch.timeoutMs, () => this.#stop(this.#timedOut()));
  }

  #feed(): void {
    const { stdin } = this.#child;
    const { input } = this.#task.launch;
    if (stdin === null || input === undefined) return;
    pipeline(Readable.from(input), stdin).catch((thrown: unknown) => {
      // The program ended first, and tells by its exit code why.
      const isClosed = ['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET'].includes(systemCode(thrown));
      if (!isClosed && this.#ended === undefined) this.#stop(asWalguardError(thrown));
    });
  }

  readonly #onAbort = (): void => this.#stop(aborted(this.#task.command));

  #keep(chunk: Buffer): void {
    this.#silence?.refresh();
    const { take } = this.#task.launch;
    if (take !== undefined) {
      take(chunk);
      return;
    }
    this.#bytes += chunk.length;
    const limit = this.#task.launch.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
    if (this.#bytes <= limit) {
      this.#stdout.push(chunk);
      return;
    }
    this.#stdout.length = 0;
    this.#stop(
      new WalguardError('SOURCE_BAD_ANSWER', `${this.#task.command} printed more than ${limit} bytes`, {
        hint: 'Run the command by hand and look at what it prints; it may not be the program it should be.',
      }),
    );
  }

  #timedOut(): WalguardError {
    const { command, launch } = this.#task;
    const stderr = this.#stderr.show(addedValues(launch.environment));
    const said = stderr === '' ? '' : `; it said: ${stderr}`;
    return new WalguardError('SOURCE_TIMEOUT', `${command} did not end within ${launch.timeoutMs} ms${said}`, {
      hint: 'Run the command by hand as the user walguard runs as: it may wait for a password, a host or a lock. If it is only slow, raise the time limit.',
    });
  }

  /** Ends the group: first asks, then forces. Settles when its output closes, at the latest when force had its time. */
  #stop(failure: WalguardError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#kill('SIGTERM');
    this.#later(TERMINATION_MS, () => this.#kill('SIGKILL'));
    this.#later(2 * TERMINATION_MS, () => this.#settle());
  }

  #fail(failure: WalguardError): void {
    this.#failure ??= failure;
    this.#settle();
  }

  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { command, launch, signal, resolve, reject } = this.#task;
    for (const timer of [...this.#timers, this.#silence]) clearTimeout(timer);
    signal.removeEventListener('abort', this.#onAbort);
    // What the program left behind in its group ends with it.
    this.#kill('SIGKILL');
    this.#release();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    const stderr = this.#stderr.show(addedValues(launch.environment));
    const { exitCode, by } = this.#ended ?? { exitCode: null, by: null };
    if (this.#failure !== undefined) reject(this.#failure);
    else if (exitCode === null) reject(killed(command, by ?? 'a signal', stderr));
    else resolve({ command, exitCode, stdout: Buffer.concat(this.#stdout), stderr });
  }

  #kill(name: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, name);
    } catch {
      // It has gone, or belongs to another user, as behind sudo: it ends when it writes into the closed pipe.
    }
  }

  #later(delayMs: number, run: () => void): void {
    this.#timers.push(setTimeout(run, delayMs));
  }
}

function cannotStart(command: string, { prefix }: Launch, thrown: unknown): WalguardError {
  const first = prefix[0] ?? command.split(' ', 1)[0] ?? '';
  const code = systemCode(thrown) || messageOf(thrown);
  if (code === 'ENOENT') return missing(first, 'is not there');
  if (code === 'EACCES' || code === 'EPERM') return missing(first, 'may not be executed by the user walguard runs as');
  return new WalguardError('SOURCE_PROGRAM_FAILED', `${command} cannot be started: ${code}`, {
    hint: 'Look at the limits of the system: processes, memory, length of the arguments.',
  });
}

function missing(program: string, why: string): WalguardError {
  return new WalguardError('SOURCE_PROGRAM_MISSING', `${program} ${why}`, {
    hint: 'Install it where it is called, correct its path, or configure the command in front that reaches it, such as ssh or sudo -n.',
  });
}

function killed(command: string, by: string, stderr: string): WalguardError {
  const said = stderr === '' ? '' : `; it said: ${stderr}`;
  return new WalguardError('SOURCE_PROGRAM_FAILED', `${command} was ended by ${by}${said}`, {
    hint: 'Look into the log of the system: memory may have run out.',
  });
}

function aborted(command: string): WalguardError {
  return new WalguardError('SOURCE_TIMEOUT', `${command} was ended because its reading was called off`, {
    hint: 'Raise the time limit of the source if this comes back.',
  });
}

function nothing(): void {}
