import type { LogParser, LogRecord } from '../../../core/log-record.ts';
import { LONGEST_BYTES, Lines } from './pieces.ts';
import { createTimeReader } from './times.ts';
import { severityOf } from './words.ts';

const QUOTE = 0x22;

/** Places of the columns. 13 has 23 or 24 of them, 14 and newer 26; the first 24 mean the same. */
const COLUMN = {
  time: 0,
  user: 1,
  datname: 2,
  pid: 3,
  from: 4,
  severity: 11,
  sqlstate: 12,
  message: 13,
  detail: 14,
  hint: 15,
  context: 18,
  statement: 19,
  application: 22,
  backendType: 23,
} as const;

const FEWEST_COLUMNS = 23;

/** A line that begins a record and no other text: the time is not quoted, and no text in quotes begins a line so. */
const BEGINNING = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;

/** csvlog: a record has newlines within quotes. */
export class CsvLogParser implements LogParser {
  readonly #lines = new Lines();
  readonly #timeOf = createTimeReader();
  #record = '';
  #recordBytes = 0;
  #isQuoted = false;
  #unreadBytes = 0;

  get heldBytes(): number {
    return this.#lines.heldBytes + this.#recordBytes;
  }

  get skippedBytes(): number {
    return this.#lines.skippedBytes + this.#unreadBytes;
  }

  push(bytes: Uint8Array, onRecord: (record: LogRecord) => void): void {
    this.#lines.push(bytes, (line, length) => this.#take(line, length, onRecord));
  }

  flush(onRecord: (record: LogRecord) => void): void {
    this.#lines.flush((line, length) => this.#take(line, length, onRecord));
    if (this.#recordBytes > 0) this.#end(onRecord);
  }

  #take(line: Buffer, length: number, onRecord: (record: LogRecord) => void): void {
    const text = line.toString();
    if (this.#recordBytes === 0 && !BEGINNING.test(text)) {
      this.#unreadBytes += length;
      return;
    }
    this.#record = this.#recordBytes === 0 ? text : `${this.#record}\n${text}`;
    this.#recordBytes += length;
    if (hasOddQuotes(line)) this.#isQuoted = !this.#isQuoted;
    if (!this.#isQuoted || this.#recordBytes > LONGEST_BYTES) this.#end(onRecord);
  }

  #end(onRecord: (record: LogRecord) => void): void {
    // One whose quotes are not closed was torn, or is too long: nobody knows where it ends.
    const fields = this.#isQuoted ? [] : fieldsOf(this.#record);
    if (fields.length < FEWEST_COLUMNS) this.#unreadBytes += this.#recordBytes;
    else onRecord(this.#toRecord(fields));
    this.#record = '';
    this.#recordBytes = 0;
    this.#isQuoted = false;
  }

  #toRecord(fields: readonly string[]): LogRecord {
    const said = (column: number): string | undefined => fields[column] || undefined;
    const pid = said(COLUMN.pid);
    return {
      atMs: this.#timeOf(fields[COLUMN.time] ?? ''),
      severity: severityOf(fields[COLUMN.severity] ?? ''),
      sqlstate: said(COLUMN.sqlstate),
      message: fields[COLUMN.message] ?? '',
      detail: said(COLUMN.detail),
      hint: said(COLUMN.hint),
      context: said(COLUMN.context),
      statement: said(COLUMN.statement),
      datname: said(COLUMN.datname),
      user: said(COLUMN.user),
      remoteHost: said(COLUMN.from)?.replace(/:\d+$/, ''),
      application: said(COLUMN.application),
      pid: pid === undefined ? undefined : Number(pid),
      backendType: said(COLUMN.backendType),
    };
  }
}

function hasOddQuotes(line: Buffer): boolean {
  let odd = false;
  for (let at = line.indexOf(QUOTE); at !== -1; at = line.indexOf(QUOTE, at + 1)) odd = !odd;
  return odd;
}

/** The fields of one record, without the quotes around them. */
function fieldsOf(record: string): readonly string[] {
  const fields: string[] = [];
  let from = 0;
  while (from <= record.length) {
    if (record.charCodeAt(from) === QUOTE) {
      const end = closingQuote(record, from + 1);
      fields.push(record.slice(from + 1, end).replaceAll('""', '"'));
      from = end + 2;
    } else {
      const comma = record.indexOf(',', from);
      const end = comma === -1 ? record.length : comma;
      fields.push(record.slice(from, end));
      from = end + 1;
    }
  }
  return fields;
}

function closingQuote(record: string, from: number): number {
  for (let at = record.indexOf('"', from); at !== -1; at = record.indexOf('"', at + 2)) {
    if (record.charCodeAt(at + 1) !== QUOTE) return at;
  }
  return record.length;
}
