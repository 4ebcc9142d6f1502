import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { messageOf, systemCode, WalguardError } from '../core/error.ts';
import type { Filter } from '../core/unpack-programs.ts';
import { ErrorOutput } from './error-output.ts';
import { watchOver } from './watchdog.ts';

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Programs of this environment, which end with walguard and when the signal is aborted. */
export function filtersIn(environment: Readonly<Record<string, string>>): (signal: AbortSignal) => Filter {
  return (signal) => (argv, source) => filtered(argv, source, { environment, signal });
}

interface Running {
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

async function* filtered(
  argv: readonly string[],
  source: AsyncIterable<Uint8Array>,
  { environment, signal }: Running,
): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { cwd: '/', env: environment, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const started = once(child, 'spawn');
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  // Who leaves before the end waits for neither.
  ended.catch(ignore);
  const said = new ErrorOutput();
  child.stderr.on('data', (piece: Buffer) => said.add(piece));
  const kill = (): void => killGroup(child);
  const release = await started.then(
    () => watchOver(child.pid ?? 0),
    (thrown: unknown) => {
      throw cannotStart(file, thrown);
    },
  );
  signal.addEventListener('abort', kill);
  let failure: Error | undefined;
  const fed = pipeline(Readable.from(source), child.stdin).catch((thrown: unknown) => {
    // The program ended first, and tells by its exit code why.
    if (systemCode(thrown) !== 'EPIPE') failure = thrown as Error;
  });
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const [exitCode, by] = await ended;
    signal.throwIfAborted();
    await fed;
    if (failure !== undefined) throw failure;
    if (exitCode !== 0)
      throw failed(file, exitCode === null ? `by ${by}` : `with exit code ${exitCode}`, said.show([]));
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
    release();
  }
}

function killGroup({ pid }: Child): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function cannotStart(file: string, thrown: unknown): WalguardError {
  if (systemCode(thrown) === 'ENOENT')
    return new WalguardError('SOURCE_PROGRAM_MISSING', `${file} is not there, which unpacks what is to be read`, {
      hint: `Install ${file} on this host.`,
    });
  return new WalguardError('SOURCE_PROGRAM_FAILED', `${file} cannot be started: ${messageOf(thrown)}`, {
    hint: 'Look at the limits of the system: processes, memory.',
  });
}

function failed(file: string, how: string, said: string): WalguardError {
  const words = said === '' ? 'and said nothing' : `and said: ${said}`;
  return new WalguardError('SOURCE_PROGRAM_FAILED', `${file} ended ${how} ${words}`, {
    hint: 'What it was to unpack is damaged, or was packed by another program than its name says.',
  });
}

function ignore(): void {}
