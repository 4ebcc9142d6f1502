import { basename } from 'node:path';

import { LogFollower, type LogFollowing, type SavedLog } from '../../collectors/logs/follower.ts';
import type { LogSettings } from '../../collectors/logs/index.ts';
import { createLogParser, DEFAULT_PREFIX, guessFormat, guessLogLinePrefix } from '../../collectors/logs/parse/index.ts';
import { LOG_OF_SERVER, LOG_ON_INPUT, WHERE_SERVER_SAYS } from '../../config/log-paths.ts';
import type { LogParser, LogRecord } from '../../core/log-record.ts';
import type { OwnSession } from '../../scrape/own-session.ts';
import { localLogs } from '../../storage/log-files.ts';
import { patternOf } from './find-logs.ts';
import { InputReader } from './input-reader.ts';
import type { LogReader } from './log-reader.ts';
import { ServerLogs } from './server-logs.ts';

export interface LogReadingSettings {
  readonly logPaths: readonly string[];
  readonly logLinePrefix: string | undefined;
  /** Bytes a second. */
  readonly logMaxRate: number;
}

const LOOK_MS = 1_000;
/** Through the server each look is a query or two. */
const LOOK_AT_SERVER_MS = 5_000;
/** Bytes a second through the server: what it does for others matters more. */
const MOST_OF_SERVER = 4_194_304;
const SECOND_MS = 1_000;

/** Where the log of one server is, and how it is read there. */
export class LogSource {
  readonly #settings: LogReadingSettings;
  readonly #session: OwnSession;
  readonly #onRecord: (record: LogRecord) => void;
  #said: LogSettings | undefined;

  /** @param session for reading through the server */
  constructor(settings: LogReadingSettings, session: OwnSession, onRecord: (record: LogRecord) => void) {
    this.#settings = settings;
    this.#session = session;
    this.#onRecord = onRecord;
  }

  /** Standard input is read from the start on: a server whose log nobody takes stands still. */
  get isOnInput(): boolean {
    return this.#settings.logPaths.includes(LOG_ON_INPUT);
  }

  get #isOfServer(): boolean {
    return this.#settings.logPaths.includes(LOG_OF_SERVER);
  }

  /** Without what the server says nothing is found. */
  get needsServer(): boolean {
    return this.#isOfServer || this.#settings.logPaths.includes(WHERE_SERVER_SAYS);
  }

  get lookMs(): number {
    return this.#isOfServer ? LOOK_AT_SERVER_MS : LOOK_MS;
  }

  /** @returns whether lines begin otherwise than was known */
  learn(said: LogSettings): boolean {
    const [before, now] = [this.#said, said].map((each) => each?.settings.get('log_line_prefix'));
    this.#said = said;
    return before !== now;
  }

  /** @param saved where an earlier reader ended; undefined: what there is now is past */
  open(saved: readonly SavedLog[] | undefined): LogReader {
    const { logMaxRate } = this.#settings;
    const rate = this.#isOfServer ? Math.min(logMaxRate, MOST_OF_SERVER) : logMaxRate;
    const mostBytes = Math.ceil((rate * this.lookMs) / SECOND_MS);
    const common = { mostBytes, createParser: this.#createParser, onRecord: this.#onRecord };
    if (this.isOnInput) return new InputReader({ input: process.stdin, ...common });
    return new LogFollower({ place: this.#place(), saved, ...common });
  }

  #place(): LogFollowing['place'] {
    if (!this.#isOfServer) return localLogs(() => this.patterns);
    return new ServerLogs(this.#session, () => {
      const pattern = this.#patternOfServer();
      return pattern === undefined ? undefined : basename(pattern);
    });
  }

  readonly #createParser = (path: string, beginning: string): LogParser => {
    const said = this.#settings.logLinePrefix ?? this.#said?.settings.get('log_line_prefix');
    return createLogParser(guessFormat(path, beginning), said ?? guessLogLinePrefix(beginning) ?? DEFAULT_PREFIX);
  };

  #patternOfServer(): string | undefined {
    return patternOf(this.#said?.settings ?? new Map());
  }

  /** Paths and patterns, as far as they are known. */
  get patterns(): readonly string[] {
    const found = this.#patternOfServer();
    return this.#settings.logPaths.flatMap((path) =>
      path === WHERE_SERVER_SAYS || path === LOG_OF_SERVER ? (found ?? []) : [path],
    );
  }

  /** Why there is nothing to read. */
  get nothingFound(): string {
    if (!this.needsServer) return `there is no file ${this.patterns.join(', ')}`;
    if (this.#said === undefined) return 'the server has not said yet where its log is';
    const [pattern] = this.patterns;
    if (pattern === undefined)
      return 'the server writes no files itself (logging_collector is off), or may not tell where: name them with --logs.path';
    return `there is no file ${pattern} on ${this.#isOfServer ? 'the server' : 'this host'}`;
  }
}
