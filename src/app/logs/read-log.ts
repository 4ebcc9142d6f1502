import { guessFormat, guessLogLinePrefix, createLogParser } from '../../collectors/logs/parse/index.ts';
import type { ReportedFile } from '../../collectors/logs/report/index.ts';
import { messageOf, systemCode, WalguardError } from '../../core/error.ts';
import type { LogFormat, LogParser, LogRecord } from '../../core/log-record.ts';
import type { Filter } from '../../core/unpack-programs.ts';
import { packingOf, unpacked } from '../../storage/unpack.ts';

/** How a log is read; what is undefined is guessed by the first of it. */
export interface FinishedLogReading {
  readonly format: LogFormat | undefined;
  readonly prefix: string | undefined;
  readonly filter: Filter;
  readonly onRecord: (record: LogRecord) => void;
}

/** A finished log: where its bytes come from, packed or not. */
export interface FinishedLog {
  readonly name: string;
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** Enough for a guess, even if it begins with a long message. */
const HEAD_BYTES = 65_536;
const UNPACKING_CODE = /^Z_|^ZSTD_/;

/**
 * Reads a log once, from beginning to end. Throws LOG_UNREADABLE, LOG_DAMAGED for what cannot be unpacked, LOG_EMPTY,
 * LOG_NOT_UNDERSTOOD if not one message is found in it, and SOURCE_PROGRAM_MISSING.
 */
export async function readLog(log: FinishedLog, reading: FinishedLogReading): Promise<ReportedFile> {
  let found = 0;
  const count = (record: LogRecord): void => {
    if (record.severity !== undefined || record.sqlstate !== undefined) found += 1;
    reading.onRecord(record);
  };
  const reader = createReader(log.name, reading, count);
  try {
    for await (const piece of opened(log.pieces, reading.filter)) reader.push(piece);
  } catch (thrown) {
    throw asLogError(log.name, thrown);
  }
  const read = reader.finish();
  if (read.bytes === 0) throw isEmpty(log.name);
  if (found === 0) throw notUnderstood(read);
  return read;
}

async function* opened(pieces: AsyncIterable<Uint8Array>, filter: Filter): AsyncGenerator<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return;
  const rest: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => iterator };
  yield* unpacked(withFirst(first.value, rest), packingOf(first.value), filter);
}

async function* withFirst(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

interface Reader {
  readonly push: (piece: Uint8Array) => void;
  readonly finish: () => ReportedFile;
}

/** Holds the beginning back until there is enough of it to tell what it is. */
function createReader(name: string, reading: FinishedLogReading, onRecord: (record: LogRecord) => void): Reader {
  let head: Uint8Array[] = [];
  let bytes = 0;
  let chosen: Choice | undefined;
  const begin = (): Choice => {
    const beginning = Buffer.concat(head);
    head = [];
    chosen = choose(name, beginning.toString('utf8', 0, HEAD_BYTES), reading);
    chosen.parser.push(beginning, onRecord);
    return chosen;
  };
  return {
    push(piece) {
      bytes += piece.length;
      if (chosen !== undefined) return chosen.parser.push(piece, onRecord);
      head.push(Uint8Array.from(piece));
      if (bytes >= HEAD_BYTES) begin();
    },
    finish() {
      const { parser, format, prefix } = chosen ?? begin();
      parser.flush(onRecord);
      return { name, bytes, format, prefix: format === 'stderr' ? prefix : null, skippedBytes: parser.skippedBytes };
    },
  };
}

interface Choice {
  readonly format: LogFormat;
  readonly prefix: string;
  readonly parser: LogParser;
}

function choose(name: string, beginning: string, reading: FinishedLogReading): Choice {
  const format = reading.format ?? guessFormat(name, beginning);
  const prefix = reading.prefix ?? (format === 'stderr' ? guessLogLinePrefix(beginning) : undefined) ?? '';
  return { format, prefix, parser: createLogParser(format, prefix) };
}

function isEmpty(name: string): WalguardError {
  return new WalguardError('LOG_EMPTY', `${name} has nothing in it`, {
    hint: 'Name the file that the server wrote: SELECT pg_current_logfile().',
    where: { file: name },
  });
}

function notUnderstood({ name, format, prefix }: ReportedFile): WalguardError {
  const read = format === 'stderr' ? `stderr with the prefix ${JSON.stringify(prefix)}` : format;
  return new WalguardError('LOG_NOT_UNDERSTOOD', `no message was found in ${name}, read as ${read}`, {
    hint: "Give the server's own: --prefix with what SHOW log_line_prefix says, or --format.",
    where: { file: name },
  });
}

function asLogError(name: string, thrown: unknown): unknown {
  const where = { file: name };
  if (thrown instanceof WalguardError) {
    if (thrown.code !== 'SOURCE_PROGRAM_FAILED') return thrown;
    return damaged(name, thrown.message, thrown);
  }
  const code = systemCode(thrown);
  if (code === 'ABORT_ERR') return thrown;
  if (code === '' || UNPACKING_CODE.test(code)) return damaged(name, messageOf(thrown), thrown);
  const cures: Readonly<Record<string, string>> = {
    ENOENT: 'Correct the path; a shell replaces no pattern in quotes.',
    EACCES: "Run it as a user who may read the server's log, or copy the file.",
    EISDIR: 'Name the files in it: walguard logs FOLDER/*.log.',
  };
  return new WalguardError('LOG_UNREADABLE', `${name} cannot be read: ${messageOf(thrown)}`, {
    hint: cures[code] ?? 'Look after the disk or the mount that holds it.',
    where,
    cause: thrown,
  });
}

function damaged(name: string, why: string, cause: unknown): WalguardError {
  return new WalguardError('LOG_DAMAGED', `${name} cannot be unpacked: ${why}`, {
    hint: 'Copy it again from where it was packed; what is still being written is not whole.',
    where: { file: name },
    cause,
  });
}
