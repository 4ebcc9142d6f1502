import pino from 'pino';

import type { Logger } from '../core/logger.ts';

/** Keys whose values never reach the log, at any of the first depths of a line's fields. */
const SECRET_KEYS = [
  'password',
  'pass',
  'dsn',
  'connectionString',
  'DATA_SOURCE_NAME',
  'DATA_SOURCE_PASS',
  'PGPASSWORD',
  'authorization',
];
const STDERR = 2;
const MAX_WAITING_BYTES = 1024 * 1024;
const SECRET_PATHS = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/** Where log lines are written. */
export interface LogDestination {
  write(line: string): unknown;
}

/**
 * Standard error. A full disk or a reader that went away ends nothing; what could not be written is written once there
 * is room again, up to a limit.
 */
export function standardError(): LogDestination {
  const destination = pino.destination({ dest: STDERR, sync: true, maxLength: MAX_WAITING_BYTES });
  // There is no other place where it could be said.
  destination.on('error', () => {});
  return destination;
}

/** Writes a line a message, as JSON or as logfmt. */
export function createLogger(level: string, format: 'json' | 'logfmt', destination: LogDestination): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: '[secret]' },
    },
    format === 'json' ? destination : { write: (line: string) => destination.write(toLogfmt(line)) },
  );
}

function toLogfmt(line: string): string {
  const fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${logfmtValue(value)}`);
  return `${pairs.join(' ')}\n`;
}

function logfmtValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // What a terminal would take for a command is escaped, as JSON escapes it.
  return text !== '' && /^[^\s"=\\\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}
