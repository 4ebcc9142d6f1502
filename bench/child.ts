import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Reaper } from '../servers/index.ts';

/** Starts a program of this folder that answers each message with one. @param name its file, without `.js` */
export function startChild(name: string): Child {
  // What goes to and fro is bytes; as JSON each would be a number of its own.
  return new Child(fork(fileURLToPath(new URL(`${name}.js`, import.meta.url)), { serialization: 'advanced' }));
}

/** A program that works beside this one, so that neither waits for the other's event loop. */
export class Child implements AsyncDisposable {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #reaper = new Reaper();

  constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.#reaper.watch(this.pid);
  }

  /** Throws when it has ended instead of answering. One question at a time. */
  async ask(question: object | string): Promise<unknown> {
    const stop = new AbortController();
    const { signal } = stop;
    const ended = once(this.#child, 'exit', { signal }).then(() => {
      throw new Error('A program of the benchmark ended by itself.');
    });
    ended.catch(() => undefined);
    const answered = once(this.#child, 'message', { signal }).then(([answer]: unknown[]) => answer);
    this.#child.send(question);
    try {
      return await Promise.race([answered, ended]);
    } finally {
      stop.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await ended;
    }
    this.#reaper.release();
  }
}
