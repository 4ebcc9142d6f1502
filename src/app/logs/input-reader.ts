import type { Readable } from 'node:stream';

import type { LogLook } from '../../collectors/logs/follower.ts';
import { CHUNK_BYTES, giveWay } from '../../collectors/logs/pace.ts';
import { WalguardError } from '../../core/error.ts';
import type { LogParser, LogRecord } from '../../core/log-record.ts';
import type { LogReader } from './log-reader.ts';

/** What is kept of what comes faster than it is read. */
const MOST_WAITING_BYTES = 67_108_864;
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
    const taken = this.#hasGap ? Buffer.concat([NEWLINE, bytes]) : bytes;
    this.#waiting.push(taken);
    this.#waitingBytes += taken.length;
    this.#hasGap = false;
  };

  readonly #end = (): void => void (this.#hasEnded = true);

  readonly look = async (): Promise<LogLook> => {
    const { mostBytes, onRecord, createParser } = this.#reading;
    let readBytes = 0;
    while (readBytes < mostBytes && this.#waiting.length > 0) {
      const startedMs = performance.now();
      const bytes = this.#takeChunk();
      this.#parser ??= createParser('', bytes.toString('utf8'));
      this.#parser.push(bytes, onRecord);
      this.#endsWithNewline = bytes.at(-1) === NEWLINE[0];
      readBytes += bytes.length;
      if (this.#waiting.length > 0) await giveWay(startedMs);
    }
    if (readBytes === 0 && (this.#endsWithNewline || this.#hasEnded)) this.#parser?.flush(onRecord);
    const problem = this.#hasEnded && this.#waitingBytes === 0 ? ended() : undefined;
    return { files: 1, readBytes, behindBytes: this.#waitingBytes, problem };
  };

  /** What came first, in pieces of the size that programs write, as one. */
  #takeChunk(): Buffer {
    let count = 0;
    for (let bytes = 0; count < this.#waiting.length && bytes < CHUNK_BYTES; count++)
      bytes += this.#waiting[count]?.length ?? 0;
    const chunk = Buffer.concat(this.#waiting.splice(0, count));
    this.#waitingBytes -= chunk.length;
    return chunk;
  }

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
