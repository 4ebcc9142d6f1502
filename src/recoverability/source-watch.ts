import { asWalguardError, WalguardError } from '../core/error.ts';
import type { LogFields, Logger } from '../core/logger.ts';
import type { SourceState } from '../core/recoverability.ts';

/** Which source of which repository. */
export type SourceName = Pick<SourceState, 'repository' | 'source' | 'method'>;

export interface WatchedSource<T> {
  readonly name: SourceName;
  readonly read: (signal: AbortSignal) => Promise<T>;
  /** From the end of one reading to the next, give or take a tenth. */
  readonly intervalMs: number;
  readonly timeLimitMs: number;
  /** What is wrong with single parts of a reading that is good as a whole. */
  readonly problemsOf?: (value: T) => readonly WalguardError[];
  /** Called after each reading, good or not. */
  readonly onRead: () => void;
  readonly log: Logger;
}

/** Sources of one walguard, and those of many, should not all be read at one moment. */
const JITTER = 0.1;
/** A program is killed a second after it was told to end. A reading that does not end even then is not waited for. */
const STOP_MARGIN_MS = 3_000;

/** Reads one source again and again, one reading at a time, and keeps the last good one. */
export class SourceWatch<T> implements AsyncDisposable {
  readonly #source: WatchedSource<T>;
  #state: SourceState;
  #stopped = false;
  #value: T | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #abort = new AbortController();
  #problems: ReadonlySet<string> = new Set();

  constructor(source: WatchedSource<T>) {
    this.#source = source;
    this.#state = {
      ...source.name,
      up: undefined,
      lastSuccessSeconds: undefined,
      readDurationSeconds: undefined,
      error: undefined,
    };
  }

  get state(): SourceState {
    return this.#state;
  }

  /** The last good reading, however old; undefined if there was none. */
  get value(): T | undefined {
    return this.#value;
  }

  /** The first reading begins at once. */
  start(): void {
    this.#reading = this.#readOnce();
  }

  /** Reads once, without a schedule. Never rejects. */
  async readNow(): Promise<void> {
    this.#reading = this.#attempt();
    await this.#reading;
  }

  async #readOnce(): Promise<void> {
    await this.#attempt();
    if (this.#stopped) return;
    const delayMs = this.#source.intervalMs * (1 - JITTER + 2 * JITTER * Math.random());
    this.#timer = setTimeout(() => this.start(), delayMs);
  }

  /** Ends when the reading has ended, so that the next one never runs beside it. */
  async #attempt(): Promise<void> {
    const { read, timeLimitMs, onRead } = this.#source;
    const abort = new AbortController();
    this.#abort = abort;
    const started = performance.now();
    const timer = setTimeout(() => {
      abort.abort();
      this.#failed(timedOut(timeLimitMs), timeLimitMs / 1_000);
      onRead();
    }, timeLimitMs);
    try {
      const value = await read(abort.signal);
      if (!abort.signal.aborted) this.#succeeded(value, secondsSince(started));
    } catch (thrown) {
      if (!abort.signal.aborted) this.#failed(asWalguardError(thrown), secondsSince(started));
    }
    clearTimeout(timer);
    if (!abort.signal.aborted) onRead();
  }

  #succeeded(value: T, seconds: number): void {
    const { name, log, problemsOf } = this.#source;
    if (this.#state.up === false) log.info({ ...name, code: this.#state.error?.code }, 'source can be read again');
    this.#value = value;
    this.#state = {
      ...name,
      up: true,
      lastSuccessSeconds: Date.now() / 1_000,
      readDurationSeconds: seconds,
      error: undefined,
    };
    this.#tellProblems(problemsOf?.(value) ?? []);
  }

  #failed({ code, message, hint }: WalguardError, seconds: number): void {
    const { name, log } = this.#source;
    const fields = { ...name, code, reason: message, hint };
    if (this.#state.error?.code === code) log.debug(fields, 'source still cannot be read');
    else log.warn(fields, 'source cannot be read');
    this.#state = { ...this.#state, up: false, readDurationSeconds: seconds, error: { code, message, hint } };
  }

  /** Each once, until it was gone. */
  #tellProblems(problems: readonly WalguardError[]): void {
    const { name, log } = this.#source;
    for (const { code, message, hint } of problems) {
      const fields: LogFields = { ...name, code, reason: message, hint };
      if (!this.#problems.has(message)) log.warn(fields, 'a part of a source does not count');
    }
    this.#problems = new Set(problems.map(({ message }) => message));
  }

  /** The reading under way is told to stop, and with it the programs that it runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#abort.abort();
    clearTimeout(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const margin = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_MARGIN_MS);
    });
    await Promise.race([this.#reading, margin]);
    clearTimeout(timer);
  }
}

function timedOut(limitMs: number): WalguardError {
  return new WalguardError('SOURCE_TIMEOUT', `the reading was not done after ${limitMs / 1_000} s`, {
    hint: 'Find out what makes it slow, or raise time_limit of the source.',
  });
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1_000;
}
