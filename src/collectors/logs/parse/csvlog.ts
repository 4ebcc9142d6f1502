import type { LogParser, LogRecord } from '../../../core/log-record.ts';
import { COLUMN, fieldsOf, nextBeginning } from './csvlog-fields.ts';
import { countQuotes, type Line, Lines, LONGEST_BYTES } from './pieces.ts';
import { createTimeReader } from './times.ts';
import { severityOf } from './words.ts';

/** A line that begins a record and no other text: the time is not quoted, and no text in quotes begins a line so. */
const BEGINNING = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;

type OnRecord = (record: LogRecord) => void;

/** csvlog: a record has newlines within quotes. */
export class CsvLogParser implements LogParser {
  readonly #lines = new Lines();
  readonly #timeOf = createTimeReader();
  #record = '';
  #recordBytes = 0;
  #isQuoted = false;
  /** Of the record, what is not kept of it. */
  #cutBytes = 0;
  #unreadBytes = 0;

  get heldBytes(): number {
    return this.#lines.heldBytes + this.#recordBytes;
  }

  get skippedBytes(): number {
    return this.#unreadBytes;
  }

  push(bytes: Uint8Array, onRecord: OnRecord): void {
    this.#lines.push(bytes, (line) => this.#take(line, onRecord));
  }

  flush(onRecord: OnRecord): void {
    this.#lines.flush((line) => this.#take(line, onRecord));
    if (this.#recordBytes > 0) this.#end(onRecord);
  }

  #take(line: Line, onRecord: OnRecord): void {
    for (let rest: Line | undefined = line; rest !== undefined;) rest = this.#takeFirst(rest, onRecord);
  }

  /** Gives what stands behind a record that was torn, if another begins in the same line. */
  #takeFirst(line: Line, onRecord: OnRecord): Line | undefined {
    const isFirst = this.#recordBytes === 0;
    const isOdd = (countQuotes(line.bytes) + line.cutQuotes) % 2 === 1;
    const staysOpen = isOdd !== this.#isQuoted;
    // A record on a line of its own is the rule, and is looked through only if it cannot be read.
    if (isFirst && !staysOpen && this.#isRead(line, onRecord)) return undefined;
    const next = nextBeginning(line.bytes.toString('latin1'), isFirst ? 1 : 0);
    if (next !== -1) return this.#split(line, next, onRecord);
    if (isFirst && !(staysOpen && BEGINNING.test(line.bytes.toString('latin1', 0, 19)))) {
      this.#unreadBytes += line.length;
      return undefined;
    }
    this.#add(line);
    this.#isQuoted = staysOpen;
    if (!staysOpen) this.#end(onRecord);
    return undefined;
  }

  #isRead({ bytes, cutBytes }: Line, onRecord: OnRecord): boolean {
    const text = bytes.toString();
    const fields = BEGINNING.test(text) ? fieldsOf(text, cutBytes === 0) : undefined;
    if (fields === undefined) return false;
    this.#unreadBytes += cutBytes;
    onRecord(this.#toRecord(fields));
    return true;
  }

  /** What stands before the beginning of another record was torn. */
  #split({ bytes, length, ...cut }: Line, next: number, onRecord: OnRecord): Line {
    if (next > 0) this.#add({ bytes: bytes.subarray(0, next), length: next, cutBytes: 0 });
    this.#isQuoted = true;
    this.#end(onRecord);
    return { bytes: bytes.subarray(next), length: length - next, ...cut };
  }

  #add({ bytes, length, cutBytes }: Omit<Line, 'cutQuotes'>): void {
    const isLong = this.#recordBytes > 0 && this.#recordBytes + bytes.length > LONGEST_BYTES;
    if (!isLong) this.#record = this.#recordBytes === 0 ? bytes.toString() : `${this.#record}\n${bytes.toString()}`;
    this.#cutBytes += isLong ? length : cutBytes;
    this.#recordBytes += length;
  }

  #end(onRecord: OnRecord): void {
    const isWhole = !this.#isQuoted && this.#cutBytes === 0;
    const fields = BEGINNING.test(this.#record) ? fieldsOf(this.#record, isWhole) : undefined;
    this.#unreadBytes += fields === undefined ? this.#recordBytes : this.#cutBytes;
    if (fields !== undefined) onRecord(this.#toRecord(fields));
    this.#record = '';
    this.#recordBytes = 0;
    this.#cutBytes = 0;
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
