import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reaper, waitFor } from '../../servers/index.ts';

/** A program of Prometheus' family: a folder of its own, and a log that says where it listens. */
export class WebProcess implements AsyncDisposable {
  /** Everything it logged so far, in logfmt. */
  log = '';
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  readonly #directory: string;
  readonly #reaper: Reaper;

  constructor(child: ChildProcess, directory: string) {
    this.#child = child;
    this.#directory = directory;
    this.#reaper = new Reaper(directory);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    if (child.pid !== undefined) this.#reaper.watch(child.pid);
    this.#closed = new Promise((resolve) => {
      child.once('error', (error) => (this.log += `${error.message}\n`));
      child.once('close', () => resolve());
    });
  }

  get hasEnded(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** `http://127.0.0.1:PORT`; throws while it does not listen yet. */
  get url(): string {
    const address = /msg="Listening on".* address=(\S+)\n/.exec(this.log)?.[1];
    if (address === undefined) throw new Error('It does not listen yet.');
    return `http://${address}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded) this.#child.kill('SIGKILL');
    if (this.#child.pid !== undefined) await this.#closed;
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    this.#reaper.release();
  }
}

/** What is started, and how. */
export interface WebProgram<T extends WebProcess> {
  readonly binary: string;
  /** Its arguments, by the folder that was made for it. */
  readonly prepare: (directory: string) => Promise<readonly string[]>;
  readonly create: (child: ChildProcess, directory: string) => T;
}

/** Starts it and returns once it says that it is ready; throws, with its log, when it ends before. Dispose of it. */
export async function startWebProcess<T extends WebProcess>(program: WebProgram<T>): Promise<T> {
  const { binary, prepare, create } = program;
  const directory = await mkdtemp(join(tmpdir(), 'walguard-web-'));
  const args = await prepare(directory);
  const started = create(spawn(binary, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] }), directory);
  try {
    const isReady = async () => started.hasEnded || (await fetch(`${started.url}/-/ready`)).ok;
    await waitFor(`${binary} to be ready`, isReady, 30_000);
    if (started.hasEnded) throw new Error(`${binary} ended by itself.`);
    return started;
  } catch (error) {
    await started[Symbol.asyncDispose]();
    throw new Error(`${binary} did not start. Its log:\n${started.log}`, { cause: error });
  }
}
