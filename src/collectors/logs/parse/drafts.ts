import type { LogRecord } from '../../../core/log-record.ts';
import { LONGEST_BYTES } from './pieces.ts';
import type { PrefixMatch } from './prefix.ts';
import type { LogPart } from './words.ts';

const SECOND_MS = 1_000;
/** Lines of others after which a message is whole: a server writes all of it at once, or nearly. */
const MOST_LINES_BETWEEN = 50;

/** The first line of a message. */
export interface Beginning {
  readonly fields: PrefixMatch['fields'];
  readonly severity: LogRecord['severity'];
}

/** What a line says. */
export interface Piece {
  readonly text: string;
  /** Of the line, in bytes. */
  readonly length: number;
  readonly cutBytes: number;
}

interface Draft {
  readonly beginning: Beginning | undefined;
  readonly texts: Partial<Record<LogPart | 'message', string>>;
  /** In bytes of everything so far: where its first line begins. */
  readonly begin: number;
  /** What a line that begins with a tab goes on with. */
  part: LogPart | 'message';
  lineBytes: number;
  cutBytes: number;
  lastLine: number;
  lastByte: number;
  isWhole: boolean;
}

/**
 * Messages whose lines still come, of several processes at a time, and given in the order in which they began.
 *
 * Nothing is given that stands behind what is still open, so that whoever reads again from there counts nothing twice.
 */
export class Drafts {
  readonly #timeOf: (text: string) => number | undefined;
  /** By process; without `%p` in the prefix there is one. */
  readonly #open = new Map<string, Draft>();
  readonly #all: Draft[] = [];
  #last: Draft | undefined;
  #lines = 0;
  #bytes = 0;
  skippedBytes = 0;

  constructor(timeOf: (text: string) => number | undefined) {
    this.#timeOf = timeOf;
  }

  get heldBytes(): number {
    return this.#bytes - (this.#all[0]?.begin ?? this.#bytes);
  }

  begin(beginning: Beginning, piece: Piece): void {
    const process = beginning.fields.pid ?? '';
    const before = this.#open.get(process);
    if (before !== undefined) before.isWhole = true;
    const draft = this.#push(beginning, piece);
    this.#open.set(process, draft);
    this.#last = draft;
  }

  /** Text of another program; it is whole at once. */
  addText(piece: Piece): void {
    this.#push(undefined, piece).isWhole = true;
    this.#last = undefined;
  }

  /** Gives false if that process has no message to which it could belong. */
  addPart(process: string, part: LogPart, piece: Piece): boolean {
    const draft = this.#open.get(process);
    if (draft === undefined || this.#isWhole(draft)) return false;
    this.#last = draft;
    draft.part = part;
    this.#add(draft, piece);
    return true;
  }

  /** A line that goes on with the one above it; gives false if it cannot. */
  goOn(piece: Piece): boolean {
    if (this.#last === undefined) return false;
    this.#add(this.#last, piece);
    return true;
  }

  /** Gives what is whole, or must be by now. */
  give(onRecord: (record: LogRecord) => void): void {
    let lastByte = 0;
    for (let count = 0; count < this.#all.length;) {
      const draft = this.#all[count];
      if (draft === undefined || !this.#isWhole(draft)) return;
      lastByte = Math.max(lastByte, draft.lastByte);
      count += 1;
      // None of their lines may stand behind where the next one begins, or they would be read again.
      if (lastByte > (this.#all[count]?.begin ?? this.#bytes)) continue;
      for (const whole of this.#all.splice(0, count)) this.#give(whole, onRecord);
      count = 0;
    }
  }

  flush(onRecord: (record: LogRecord) => void): void {
    for (const draft of this.#all.splice(0)) this.#give(draft, onRecord);
  }

  #isWhole(draft: Draft): boolean {
    return (
      draft.isWhole || this.#lines - draft.lastLine > MOST_LINES_BETWEEN || this.#bytes - draft.lastByte > LONGEST_BYTES
    );
  }

  #give(draft: Draft, onRecord: (record: LogRecord) => void): void {
    this.skippedBytes += draft.cutBytes;
    if (this.#last === draft) this.#last = undefined;
    const process = draft.beginning?.fields.pid ?? '';
    if (this.#open.get(process) === draft) this.#open.delete(process);
    onRecord(this.#toRecord(draft));
  }

  #push(beginning: Beginning | undefined, { text, length, cutBytes }: Piece): Draft {
    const begin = this.#bytes;
    this.#lines += 1;
    this.#bytes += length;
    const draft: Draft = {
      beginning,
      texts: { message: text },
      begin,
      part: 'message',
      lineBytes: length - cutBytes,
      cutBytes,
      lastLine: this.#lines,
      lastByte: this.#bytes,
      isWhole: false,
    };
    this.#all.push(draft);
    return draft;
  }

  #add(draft: Draft, { text, length, cutBytes }: Piece): void {
    const { texts, part } = draft;
    const isLong = draft.lineBytes + length - cutBytes > LONGEST_BYTES;
    if (isLong) draft.cutBytes += length;
    else {
      texts[part] = texts[part] === undefined ? text : `${texts[part]}\n${text}`;
      draft.lineBytes += length - cutBytes;
      draft.cutBytes += cutBytes;
    }
    this.#lines += 1;
    this.#bytes += length;
    draft.lastLine = this.#lines;
    draft.lastByte = this.#bytes;
  }

  #toRecord({ beginning, texts }: Draft): LogRecord {
    const { fields, severity } = beginning ?? NOTHING;
    const { pid, epoch } = fields;
    return {
      atMs: epoch === undefined ? this.#timeOf(fields.time ?? '') : Number(epoch) * SECOND_MS,
      severity,
      sqlstate: said(fields.sqlstate),
      message: texts.message ?? '',
      detail: texts.detail,
      hint: texts.hint,
      context: texts.context,
      statement: texts.statement,
      datname: said(fields.datname),
      user: said(fields.user),
      remoteHost: said(fields.host)?.replace(/\(\d+\)$/, ''),
      application: said(fields.application),
      pid: pid === undefined ? undefined : Number(pid),
      backendType: said(fields.backend),
    };
  }
}

const NOTHING: Beginning = { fields: {}, severity: undefined };

/** A client that has not said it yet is `[unknown]`. */
function said(value: string | undefined): string | undefined {
  return value === '' || value === '[unknown]' ? undefined : value;
}
