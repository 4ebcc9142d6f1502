import { join } from 'node:path';

import { LogCounts, type SavedCounts } from '../../collectors/logs/counts.ts';
import type { LogPorts, LogReading, LogSettings } from '../../collectors/logs/index.ts';
import { createLogParser, DEFAULT_PREFIX, guessFormat, guessLogLinePrefix } from '../../collectors/logs/parse/index.ts';
import type { SampleSink } from '../../core/collector.ts';
import { asWalguardError, renderError } from '../../core/error.ts';
import type { Logger } from '../../core/logger.ts';
import type { LogParser, LogRecord } from '../../core/log-record.ts';
import { Ticker } from '../../scrape/ticker.ts';
import { unreadableSource } from '../../storage/file-errors.ts';
import { LogFollower, type SavedLog } from '../../storage/log-follower.ts';
import { readLogState, writeLogState } from '../../storage/log-state.ts';
import { patternOf } from './find-logs.ts';

export interface LogWatchSettings {
  readonly logPaths: readonly string[];
  readonly logStateDirectory: string | undefined;
  readonly logLinePrefix: string | undefined;
}

const AUTO = 'auto';
const LOOK_MS = 1_000;
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
  readonly #settings: LogWatchSettings;
  readonly #target: string;
  readonly #log: Logger;
  readonly #counts = new LogCounts();
  #follower: LogFollower | undefined;
  #ticker: Ticker | undefined;
  #said: LogSettings | undefined;
  #lookedMs = -Infinity;
  #startedMs = 0;
  #lastMessageMs: number | undefined;
  #reading = { isUp: false, files: 0, readBytes: 0, behindBytes: 0 };
  #problem = '';
  #isSaved = true;

  /** @param target names the file in which is kept how far the log was read */
  constructor(settings: LogWatchSettings, target: string, log: Logger) {
    this.#settings = settings;
    this.#target = target;
    this.#log = log;
  }

  start(): void {
    this.#startedMs = performance.now();
    this.#ticker = new Ticker({ intervalMs: LOOK_MS, lastMs: () => this.#lookedMs, tick: () => this.#look() });
  }

  readonly learn = (said: LogSettings): void => {
    const before = this.#said?.settings.get('log_line_prefix');
    this.#said = said;
    this.#counts.setDatabases(said.databases);
    if (before !== said.settings.get('log_line_prefix')) this.#follower?.renewParsers();
  };

  readonly reading = (): LogReading => ({
    ...this.#reading,
    skippedBytes: this.#follower?.skippedBytes ?? 0,
    lastMessageSeconds: this.#lastMessageMs === undefined ? undefined : this.#lastMessageMs / SECOND_MS,
  });

  readonly emitCounts = (sink: SampleSink): void => this.#counts.emit(sink);

  async #look(): Promise<void> {
    if (!this.#mayBegin()) return void (this.#lookedMs = performance.now());
    try {
      this.#follower ??= await this.#begin();
      const { files, readBytes, behindBytes, problem } = await this.#follower.look();
      const isUp = files > 0 && problem === undefined;
      this.#reading = { isUp, files, readBytes: this.#reading.readBytes + readBytes, behindBytes };
      this.#isSaved &&= readBytes === 0;
      await this.#save();
      if (problem !== undefined) this.#tellProblem(problem);
      else this.#tell(files > 0 ? '' : this.#nothingFound());
    } catch (thrown) {
      this.#reading = { ...this.#reading, isUp: false };
      this.#tellProblem(thrown);
    }
    this.#lookedMs = performance.now();
  }

  /** What the server says of its log and of its databases is waited for, but not for long: it may be down. */
  #mayBegin(): boolean {
    if (this.#said !== undefined || this.#follower !== undefined) return true;
    if (performance.now() - this.#startedMs < LEARN_MS) return false;
    this.#tell(this.#nothingFound());
    return !this.#settings.logPaths.includes(AUTO);
  }

  async #begin(): Promise<LogFollower> {
    const state = (await this.#readState()) as SavedState | undefined;
    if (state !== undefined) {
      this.#counts.restore(state.counts);
      this.#reading = { ...this.#reading, readBytes: state.readBytes };
    }
    return new LogFollower({
      patterns: () => this.#patterns(),
      createParser: (path, beginning) => this.#createParser(path, beginning),
      onRecord: (record) => this.#take(record),
      saved: state?.files,
    });
  }

  #take(record: LogRecord): void {
    this.#counts.add(record);
    if (record.atMs !== undefined) this.#lastMessageMs = Math.max(record.atMs, this.#lastMessageMs ?? 0);
  }

  #createParser(path: string, beginning: string): LogParser {
    const { logLinePrefix } = this.#settings;
    const said = logLinePrefix ?? this.#said?.settings.get('log_line_prefix');
    return createLogParser(guessFormat(path, beginning), said ?? guessLogLinePrefix(beginning) ?? DEFAULT_PREFIX);
  }

  #patterns(): readonly string[] {
    const { logPaths } = this.#settings;
    const found = patternOf(this.#said?.settings ?? new Map());
    return logPaths.flatMap((path) => (path === AUTO ? (found ?? []) : [path]));
  }

  #nothingFound(): string {
    if (!this.#settings.logPaths.includes(AUTO)) return `there is no file ${this.#patterns().join(', ')}`;
    if (this.#said === undefined) return 'the server has not said yet where its log is';
    const [pattern] = this.#patterns();
    if (pattern !== undefined) return `there is no file ${pattern} on this host`;
    return 'the server writes no files itself (logging_collector is off), or may not tell where: name them with --logs.path';
  }

  #tellProblem(thrown: unknown): void {
    this.#tell(renderError(unreadableSource(this.#patterns().join(', '), thrown)));
  }

  /** Says once what keeps the log from being read, and once that it is read again. */
  #tell(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem === '') this.#log.info({ target: this.#target }, 'the log of the server is read');
    else this.#log.warn({ target: this.#target, problem }, 'the log of the server is not read');
  }

  get #statePath(): string | undefined {
    const { logStateDirectory } = this.#settings;
    const name = this.#target.replaceAll(/[^\w.-]/g, '_');
    return logStateDirectory === undefined ? undefined : join(logStateDirectory, `log-${name}.json`);
  }

  async #readState(): Promise<unknown> {
    if (this.#statePath === undefined) return undefined;
    try {
      return await readLogState(this.#statePath);
    } catch (thrown) {
      this.#log.warn(
        { target: this.#target, problem: renderError(asWalguardError(thrown)) },
        'how far the log was read is lost',
      );
      return undefined;
    }
  }

  async #save(): Promise<void> {
    const path = this.#statePath;
    if (path === undefined || this.#follower === undefined || this.#isSaved) return;
    const { readBytes } = this.#reading;
    const state: SavedState = { files: this.#follower.save(), counts: this.#counts.save(), readBytes };
    await writeLogState(path, state);
    this.#isSaved = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ticker?.[Symbol.asyncDispose]();
    await this.#save().catch((thrown: unknown) => {
      this.#log.warn(
        { target: this.#target, problem: asWalguardError(thrown).message },
        'the log of the server is not read',
      );
    });
    await this.#follower?.[Symbol.asyncDispose]();
  }
}
