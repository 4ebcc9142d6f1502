/** How grave a message of PostgreSQL's log is; the debug levels are one. Only in English is it what the log says. */
export type LogSeverity = 'DEBUG' | 'LOG' | 'INFO' | 'NOTICE' | 'WARNING' | 'ERROR' | 'FATAL' | 'PANIC';

/**
 * One message of PostgreSQL's log, whatever format it was written in.
 *
 * A field is undefined where the format, the log_line_prefix or the message does not tell it.
 * Source: https://www.postgresql.org/docs/18/runtime-config-logging.html, elog.c.
 */
export interface LogRecord {
  /** Milliseconds since 1970. */
  readonly atMs: number | undefined;
  /** Undefined: a word that is not known, of another language, or text that a program wrote into the log itself. */
  readonly severity: LogSeverity | undefined;
  /** Five characters. 00000 for a message that is no error; undefined if the log does not have it. */
  readonly sqlstate: string | undefined;
  /** May have several lines. Of text without a prefix, such as what archive_command prints, the text. */
  readonly message: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly context: string | undefined;
  /** The statement that was running, where log_min_error_statement asks for it. */
  readonly statement: string | undefined;
  /** As the client asked for it: such a database need not exist. */
  readonly datname: string | undefined;
  readonly user: string | undefined;
  readonly remoteHost: string | undefined;
  readonly application: string | undefined;
  readonly pid: number | undefined;
  /** `client backend`, `checkpointer`, ... */
  readonly backendType: string | undefined;
}

/** Takes the bytes of one log as they come, in pieces of any size, and gives its messages. Its memory is bounded. */
export interface LogParser {
  /** Gives each message that these bytes complete, in the order of the log. */
  push(bytes: Uint8Array, onRecord: (record: LogRecord) => void): void;
  /**
   * Gives what is held back in case more lines belong to it: at the end of the log, or when nothing came for a while.
   * More bytes may follow; lines that belonged to the message are then counted as text of their own.
   */
  flush(onRecord: (record: LogRecord) => void): void;
  /** Bytes at the end of what was pushed that are not in any message given so far: where to read again from. */
  readonly heldBytes: number;
  /** Bytes that were skipped, since a message was longer than is kept or since nothing could be read in them. */
  readonly skippedBytes: number;
}

/** The formats of log_destination. */
export const LOG_FORMATS = ['jsonlog', 'csvlog', 'stderr'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];
