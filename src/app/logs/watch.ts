import { join } from 'node:path';

import { LogCounts, type SavedCounts } from '../../collectors/logs/counts.ts';
import type { SavedLog } from '../../collectors/logs/follower.ts';
import type { LogPorts, LogReading, LogSettings } from '../../collectors/logs/index.ts';
import type { SampleSink } from '../../core/collector.ts';
import { asWalguardError, renderError } from '../../core/error.ts';
import type { Logger } from '../../core/logger.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { OwnSession } from '../../scrape/own-session.ts';
import { Ticker } from '../../scrape/ticker.ts';
import { unreadableSource } from '../../storage/file-errors.ts';
import { LogStateFile } from '../../storage/log-state.ts';
import type { LogReader } from './log-reader.ts';
import { type LogReadingSettings, LogSource } from './log-source.ts';

export interface LogWatchSettings extends LogReadingSettings {
  readonly logStateDirectory: string | undefined;
}

export interface LogWatchContext {
  /** Names the file in which is kept how far the log was read. */
  readonly target: string;
  readonly log: Logger;
  /** For reading through the server. It is disposed of with the watch. */
  readonly session: OwnSession;
}

const SECOND_MS = 1_000;
/** A scrape comes at least as often. */
const LEARN_MS = 60_000;

interface SavedState {
  readonly files: readonly SavedLog[];
  readonly counts: SavedCounts;
  readonly readBytes: number;
}

/** Reads the log of one server, all the time, and counts its messages. */
export class LogWatch implements LogPorts, AsyncDisposable {
  readonly #context: LogWatchContext;
  readonly #source: LogSource;
  readonly #state: LogStateFile | undefined;
  readonly #counts = new LogCounts();
  #reader: LogReader | undefined;
  #ticker: Ticker | undefined;
  #hasLearnt = false;
  #hasBegun = false;
  #isSaved = true;
  #lookedMs = -Infinity;
  #startedMs = 0;
  #lastMessageMs: number | undefined;
  #reading = { isUp: false, files: 0, readBytes: 0, behindBytes: 0 };
  #problem = '';

  constructor(settings: LogWatchSettings, context: LogWatchContext) {
    const { logStateDirectory: folder } = settings;
    this.#context = context;
    this.#source = new LogSource(settings, context.session, (record) => this.#take(record));
    const name = `log-${context.target.replaceAll(/[^\w.-]/g, '_')}.json`;
    this.#state = folder === undefined ? undefined : new LogStateFile(join(folder, name));
  }

  start(): void {
    this.#startedMs = performance.now();
    if (this.#source.isOnInput) this.#reader = this.#source.open(undefined);
    const intervalMs = this.#source.lookMs;
    this.#ticker = new Ticker({ intervalMs, lastMs: () => this.#lookedMs, tick: () => this.#look() });
  }

  readonly learn = (said: LogSettings): void => {
    this.#hasLearnt = true;
    this.#counts.setDatabases(said.databases);
    if (this.#source.learn(said)) this.#reader?.renewParsers();
  };

  readonly reading = (): LogReading => ({
    ...this.#reading,
    skippedBytes: this.#reader?.skippedBytes ?? 0,
    lastMessageSeconds: this.#lastMessageMs === undefined ? undefined : this.#lastMessageMs / SECOND_MS,
  });

  readonly emitCounts = (sink: SampleSink): void => this.#counts.emit(sink);

  #take(record: LogRecord): void {
    this.#counts.add(record);
    if (record.atMs !== undefined) this.#lastMessageMs = Math.max(record.atMs, this.#lastMessageMs ?? 0);
  }

  async #look(): Promise<void> {
    try {
      if (this.#mayBegin()) await this.#readOn();
    } catch (thrown) {
      this.#reading = { ...this.#reading, isUp: false };
      this.#tellProblem(thrown);
    }
    this.#lookedMs = performance.now();
  }

  /** What the server says of its log and of its databases is waited for, but not for long: it may be down. */
  #mayBegin(): boolean {
    if (this.#hasLearnt || this.#hasBegun) return true;
    if (performance.now() - this.#startedMs < LEARN_MS) return false;
    if (this.#source.needsServer) this.#tell(this.#source.nothingFound);
    return !this.#source.needsServer;
  }

  async #readOn(): Promise<void> {
    await this.#state?.own();
    const reader = await this.#begin();
    const { files, readBytes, behindBytes, problem } = await reader.look();
    const isUp = files > 0 && problem === undefined;
    this.#reading = { isUp, files, readBytes: this.#reading.readBytes + readBytes, behindBytes };
    this.#isSaved &&= readBytes === 0;
    await this.#save();
    if (problem !== undefined) this.#tellProblem(problem);
    else this.#tell(files > 0 ? '' : this.#source.nothingFound);
  }

  async #begin(): Promise<LogReader> {
    if (this.#hasBegun && this.#reader !== undefined) return this.#reader;
    const saved = await this.#readState();
    if (saved !== undefined) {
      this.#counts.restore(saved.counts);
      this.#reading = { ...this.#reading, readBytes: saved.readBytes };
    }
    this.#hasBegun = true;
    return (this.#reader ??= this.#source.open(saved?.files));
  }

  async #readState(): Promise<SavedState | undefined> {
    try {
      return (await this.#state?.read()) as SavedState | undefined;
    } catch (thrown) {
      const { target, log } = this.#context;
      log.warn({ target, problem: renderError(asWalguardError(thrown)) }, 'how far the log was read is lost');
      return undefined;
    }
  }

  async #save(): Promise<void> {
    if (this.#state === undefined || this.#reader === undefined || this.#isSaved) return;
    const { readBytes } = this.#reading;
    const state: SavedState = { files: this.#reader.save(), counts: this.#counts.save(), readBytes };
    await this.#state.write(state);
    this.#isSaved = true;
  }

  #tellProblem(thrown: unknown): void {
    this.#tell(renderError(unreadableSource(this.#source.patterns.join(', '), thrown)));
  }

  /** Says once what keeps the log from being read, and once that it is read again. */
  #tell(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    const { target, log } = this.#context;
    if (problem === '') log.info({ target }, 'the log of the server is read');
    else log.warn({ target, problem }, 'the log of the server is not read');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A look that waits for the server ends at once.
    this.#context.session.destroy();
    await this.#ticker?.[Symbol.asyncDispose]();
    await this.#end().catch((thrown: unknown) => this.#tellProblem(thrown));
    await this.#reader?.[Symbol.asyncDispose]();
    await this.#context.session[Symbol.asyncDispose]();
  }

  async #end(): Promise<void> {
    if (!this.#hasBegun) return;
    await this.#save();
    await this.#state?.release();
  }
}
