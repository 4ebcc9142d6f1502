import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Reaper, waitFor } from '../../servers/index.ts';
import { fetchText } from './http.ts';
import { projectDirectory } from './project-directory.ts';

const cli = join(projectDirectory, 'dist/main.js');

export interface WalguardOptions {
  /** The target's URL; by default none is given. */
  readonly dataSourceName?: string;
  /** Further arguments, after the address to listen on. */
  readonly args?: readonly string[];
  /** Arguments of Node itself, such as `--cpu-prof`. */
  readonly nodeArgs?: readonly string[];
  /** A program with its arguments that becomes Node, such as `setpriv`. */
  readonly launcher?: readonly string[];
  /** Further variables of the environment, which is otherwise that of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Until it must answer on /-/ready, ms. */
  readonly readyTimeoutMs?: number;
  /** Ready once it listens: it is not for everybody to ask. */
  readonly isProtected?: boolean;
  /** Where it listens, when `args`, `env` or a file say so; by default a port of the system's choice. */
  readonly port?: number;
}

/** A finished run: `code` is null when a signal ended it. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Starts the built CLI on a free port and returns once it is ready; throws, with what it wrote, when it ends before.
 * Dispose of it or `stop` it; it does not outlive this process either way.
 *
 * The port is the system's choice, read from the log: of two processes that choose for themselves, one may be taken
 * for the other. Where the log is to say less than that, give `port`.
 */
export async function startWalguard(options: WalguardOptions = {}): Promise<Walguard> {
  const address = options.port === undefined ? ['--web.listen-address=127.0.0.1:0'] : [];
  const walguard = new Walguard(spawnCli([...address, ...(options.args ?? [])], options), options.port);
  const isReady = async (): Promise<boolean> => {
    if (walguard.hasEnded) return true;
    if (walguard.port === undefined || options.isProtected === true) return walguard.port !== undefined;
    return (await fetchText(`${walguard.url}/-/ready`)).status === 200;
  };
  try {
    await waitFor('walguard to be ready', isReady, options.readyTimeoutMs ?? 15_000);
    if (walguard.hasEnded) throw new Error('walguard ended by itself.');
    return walguard;
  } catch (error) {
    await walguard[Symbol.asyncDispose]();
    throw new Error(`walguard did not start. It wrote:\n${walguard.stderr}${walguard.stdout}`, { cause: error });
  }
}

/** Runs a command of the built CLI to its end, such as `['check', 'queries.yaml']`. */
export async function runWalguard(
  args: readonly string[],
  options: Omit<WalguardOptions, 'args'> = {},
): Promise<Finished> {
  await using walguard = new Walguard(spawnCli(args, options), undefined);
  return await walguard.finished;
}

/** Starts a command of the built CLI that goes on for a while; dispose of it. */
export function startCommand(args: readonly string[], options: Omit<WalguardOptions, 'args'> = {}): Walguard {
  return new Walguard(spawnCli(args, options), undefined);
}

/** A running CLI with all it has written so far. */
export class Walguard implements AsyncDisposable {
  /** Settles when the process has ended and its output is complete. */
  readonly finished: Promise<Finished>;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #reaper = new Reaper();
  readonly #givenPort: number | undefined;

  constructor(child: ChildProcess, givenPort: number | undefined) {
    this.#child = child;
    this.#givenPort = givenPort;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    if (child.pid !== undefined) this.#reaper.watch(child.pid);
    this.finished = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        this.#reaper.release();
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Where it listens; undefined until it says so. */
  get port(): number | undefined {
    const [, said] = /"addresses":\["[^"]*:(\d+)"/.exec(this.stderr) ?? [];
    return this.#givenPort ?? (said === undefined ? undefined : Number(said));
  }

  /** `http://127.0.0.1:PORT`. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** What it logged so far: its stderr, a JSON object a line; lines that are none are left out. */
  get logLines(): readonly Readonly<Record<string, unknown>>[] {
    return this.stderr.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as Readonly<Record<string, unknown>>];
      } catch {
        return [];
      }
    });
  }

  /** Sends a signal, such as SIGHUP to reload. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Asks it to stop and returns its exit code; null when it had to be killed after 10 s. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    const { code } = await this.finished;
    clearTimeout(timer);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded) this.#child.kill('SIGKILL');
    await this.finished;
  }
}

/** Without DATA_SOURCE_* and PG* of the environment the tests run in. */
function spawnCli(args: readonly string[], options: WalguardOptions): ChildProcess {
  if (!existsSync(cli)) throw new Error(`${cli} is missing: run "npm run build".`);
  const inherited = Object.entries(process.env).filter(([name]) => !/^(DATA_SOURCE_|PG|WALGUARD_)/.test(name));
  const dsn = options.dataSourceName === undefined ? {} : { DATA_SOURCE_NAME: options.dataSourceName };
  const [program, ...before] = [...(options.launcher ?? []), process.execPath];
  return spawn(program, [...before, ...(options.nodeArgs ?? []), cli, ...args], {
    cwd: projectDirectory,
    env: { ...Object.fromEntries(inherited), ...dsn, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
