import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

import { messageOf } from '../core/error.ts';

export interface ServerStart {
  /** The program `postgres`. */
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Gets what it writes to its log. */
  readonly log: (text: string) => void;
}

type Signal = 'SIGINT' | 'SIGQUIT' | 'SIGKILL';

/** A postmaster that this process started. */
export class ServerProcess {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  /** Settles when it has ended and all it wrote was read. */
  readonly ended: Promise<void>;
  #hasEnded = false;

  constructor({ program, args, environment, log }: ServerStart) {
    // A session of its own: Ctrl-C on the terminal is for the drill, which stops it in order.
    const child = spawn(program, args, {
      cwd: '/',
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', log);
    this.ended = new Promise((resolve) => {
      const settle = (): void => {
        this.#hasEnded = true;
        resolve();
      };
      child.once('error', (thrown) => {
        log(`FATAL:  ${program} cannot be started: ${messageOf(thrown)}\n`);
        settle();
      });
      child.once('close', settle);
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Asks it to stop: SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one. */
  signal(name: Signal): void {
    if (!this.#hasEnded) this.#child.kill(name);
  }
}

/** Signals a postmaster that an earlier process started. @returns false if it has gone */
export function endPostmaster(pid: number, name: Signal): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
