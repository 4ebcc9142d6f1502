import type { LogParser, LogRecord } from '../../../core/log-record.ts';
import { type Line, Lines } from './pieces.ts';
import { createTimeReader } from './times.ts';
import { severityOf } from './words.ts';

/** The keys that are used. Source: https://www.postgresql.org/docs/18/runtime-config-logging.html. */
interface JsonLine {
  readonly timestamp?: string;
  readonly user?: string;
  readonly dbname?: string;
  readonly pid?: number;
  readonly remote_host?: string;
  readonly error_severity?: string;
  readonly state_code?: string;
  readonly message?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly context?: string;
  readonly statement?: string;
  readonly application_name?: string;
  readonly backend_type?: string;
}

const NO_ERROR = '00000';
/** `\u0000` */
const LONGEST_ESCAPE = 6;

/** jsonlog, of PostgreSQL 15 and newer: a line is an object. */
export class JsonLogParser implements LogParser {
  readonly #lines = new Lines();
  readonly #timeOf = createTimeReader();
  #unreadBytes = 0;

  get heldBytes(): number {
    return this.#lines.heldBytes;
  }

  get skippedBytes(): number {
    return this.#unreadBytes;
  }

  push(bytes: Uint8Array, onRecord: (record: LogRecord) => void): void {
    this.#lines.push(bytes, (line) => this.#read(line, onRecord));
  }

  flush(onRecord: (record: LogRecord) => void): void {
    this.#lines.flush((line) => this.#read(line, onRecord));
  }

  #read({ bytes, length, cutBytes }: Line, onRecord: (record: LogRecord) => void): void {
    const text = bytes.toString();
    const found = cutBytes === 0 ? parseLine(text) : parseBeginning(text);
    this.#unreadBytes += cutBytes;
    if (found === undefined) {
      this.#unreadBytes += length - cutBytes;
      return;
    }
    onRecord({
      atMs: found.timestamp === undefined ? undefined : this.#timeOf(found.timestamp),
      severity: severityOf(found.error_severity ?? ''),
      sqlstate: found.state_code ?? NO_ERROR,
      message: found.message ?? '',
      detail: found.detail,
      hint: found.hint,
      context: found.context,
      statement: found.statement,
      datname: found.dbname,
      user: found.user,
      remoteHost: found.remote_host,
      application: found.application_name,
      pid: found.pid,
      backendType: found.backend_type,
    });
  }
}

function parseLine(text: string): JsonLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Of a line that is too long, what stands before the cut: it goes through a text, maybe through an escape in it. */
function parseBeginning(text: string): JsonLine | undefined {
  for (let left = 0; left < LONGEST_ESCAPE; left += 1) {
    const found = parseLine(`${text.slice(0, text.length - left)}"}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
