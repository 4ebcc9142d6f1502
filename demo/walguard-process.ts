import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeExit, type Exit, Reaper, waitFor } from '../servers/index.ts';

/** Seen from build/demo/. */
const cli = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

const readyTimeoutMs = 15_000;
/** Shorter than the default, so that nobody waits for minutes to see the state turn. */
const stalledAfter = '20s';
const stopTimeoutMs = 5000;

/** Starts the built walguard and returns once it is ready; throws with what it wrote when it does not become so. */
export async function startWalguard(port: number, dataSourceName: string): Promise<WalguardProcess> {
  if (!existsSync(cli)) throw new Error(`${cli} is missing: run "npm run build" first.`);
  const args = [`--web.listen-address=127.0.0.1:${port}`, `--archiver.stalled-after=${stalledAfter}`];
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...foreignEnvironment(), DATA_SOURCE_NAME: dataSourceName },
    // Out of reach of the terminal's Ctrl-C: the demo stops it when its turn comes.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const walguard = new WalguardProcess(child);
  try {
    const url = `http://127.0.0.1:${port}/-/ready`;
    await waitFor('walguard to be ready', async () => walguard.hasEnded || (await fetch(url)).ok, readyTimeoutMs);
    if (walguard.hasEnded) throw new Error(`It ended by itself (${describeExit(await walguard.ended)}).`);
    return walguard;
  } catch (error) {
    await walguard[Symbol.asyncDispose]();
    throw new Error(`walguard did not start. It wrote:\n${walguard.lastLines}`, { cause: error });
  }
}

/** The environment without what would tell walguard of another server or another configuration. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(DATA_SOURCE_|PG|WALGUARD_)/.test(name)));
}

/** A running walguard; its warnings and errors go to this process's stderr. */
export class WalguardProcess implements AsyncDisposable {
  readonly ended: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #reaper = new Reaper();
  readonly #lines: string[] = [];

  constructor(child: ChildProcess) {
    this.#child = child;
    if (child.pid !== undefined) this.#reaper.watch(child.pid);
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        this.#reaper.release();
        resolve({ code, signal });
      });
    });
    let rest = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    });
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The end of what it wrote. */
  get lastLines(): string {
    return this.#lines.slice(-15).join('\n') || '(nothing)';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded) this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopTimeoutMs);
    await this.ended;
    clearTimeout(timer);
  }

  #take(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > 100) this.#lines.shift();
    if (!/^\{"level":"(trace|debug|info)"/.test(line)) process.stderr.write(`walguard: ${line}\n`);
  }
}
