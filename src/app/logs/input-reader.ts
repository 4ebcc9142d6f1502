import type { Readable } from 'node:stream';

import type { LogLook } from '../../collectors/logs/follower.ts';
import { WalguardError } from '../../core/error.ts';
import type { LogParser, LogRecord } from '../../core/log-record.ts';
import type { LogReader } from './log-reader.ts';

/** What is kept of what comes faster than it is read. */
const MOST_WAITING_BYTES = 67_108_864;
/** By which the format is told. */
const FIRST_PIECES = 8;
const NEWLINE = Buffer.from('\n');

export interface InputReading {
  readonly input: Readable;
  /** The most that is read in a look. */
  readonly mostBytes: number;
  readonly createParser: (path: string, beginning: string) => LogParser;
  readonly onRecord: (record: LogRecord) => void;
}

/**
 * Reads a log from standard input.
 *
 * It always takes what comes, from the first moment on, and leaves out what is too much: a server whose log nobody takes
 * stands still.
 */
export class InputReader implements LogReader {
  readonly #reading: InputReading;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #parser: LogParser | undefined;
  #skippedBytes = 0;
  #hasGap = false;
  #endsWithNewline = true;
  #hasEnded = false;

  constructor(reading: InputReading) {
    this.#reading = reading;
    reading.input.on('data', this.#take).on('end', this.#end).on('error', this.#end);
  }

  get skippedBytes(): number {
    return this.#skippedBytes + (this.#parser?.skippedBytes ?? 0);
  }

  readonly #take = (bytes: Buffer): void => {
    if (this.#waitingBytes + bytes.length > MOST_WAITING_BYTES) {
      this.#skippedBytes += bytes.length;
      this.#hasGap = true;
      return;
    }
    // What is behind a gap begins in the middle of a line.
    this.#waiting.push(...(this.#hasGap ? [NEWLINE, bytes] : [bytes]));
    this.#waitingBytes += bytes.length;
    this.#hasGap = false;
  };

  readonly #end = (): void => void (this.#hasEnded = true);

  readonly look = async (): Promise<LogLook> => {
    const { mostBytes, onRecord, createParser } = this.#reading;
    let readBytes = 0;
    while (readBytes < mostBytes) {
      const bytes = this.#waiting.shift();
      if (bytes === undefined) break;
      this.#parser ??= createParser(
        '',
        Buffer.concat([bytes, ...this.#waiting.slice(0, FIRST_PIECES)]).toString('utf8'),
      );
      this.#parser.push(bytes, onRecord);
      this.#endsWithNewline = bytes.at(-1) === NEWLINE[0];
      if (bytes !== NEWLINE) readBytes += bytes.length;
    }
    this.#waitingBytes -= readBytes;
    if (readBytes === 0 && (this.#endsWithNewline || this.#hasEnded)) this.#parser?.flush(onRecord);
    const problem = this.#hasEnded && this.#waitingBytes === 0 ? ended() : undefined;
    return { files: 1, readBytes, behindBytes: this.#waitingBytes, problem };
  };

  readonly save = (): readonly [] => [];

  readonly renewParsers = (): void => {
    this.#parser?.flush(this.#reading.onRecord);
    this.#skippedBytes += this.#parser?.skippedBytes ?? 0;
    this.#parser = undefined;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reading.input.off('data', this.#take).off('end', this.#end).off('error', this.#end).pause();
  }
}

function ended(): WalguardError {
  return new WalguardError('SOURCE_NOT_FOUND', 'standard input has ended: nothing more of the log will come', {
    hint: 'Start walguard together with the program that writes the log, as in: postgres 2>&1 | walguard --logs.path=-',
  });
}
