import type { LogParser, LogRecord } from '../../../core/log-record.ts';
import { Drafts, type Piece } from './drafts.ts';
import { type Line, Lines } from './pieces.ts';
import { createPrefixReader, type PrefixMatch } from './prefix.ts';
import { createTimeReader } from './times.ts';
import { partOf, severityOf } from './words.ts';

const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;
/** Where a line may have been torn, and another begun in it: times of `%m`, `%t` and `%s`. */
const TIMES = /(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)/g;
/** In characters: what other programs write is not to be searched at length. */
const LONGEST_TORN = 4_096;

type OnRecord = (record: LogRecord) => void;

/** The format `stderr`, and what a server without a collector of logs writes: prefix, word, text. */
export class StderrLogParser implements LogParser {
  readonly #lines = new Lines();
  readonly #prefix;
  readonly #beginsWithTime;
  readonly #drafts = new Drafts(createTimeReader());

  constructor(logLinePrefix: string) {
    this.#prefix = createPrefixReader(logLinePrefix);
    this.#beginsWithTime = /^%-?\d*[mt]/.test(logLinePrefix);
  }

  get heldBytes(): number {
    return this.#lines.heldBytes + this.#drafts.heldBytes;
  }

  get skippedBytes(): number {
    return this.#drafts.skippedBytes;
  }

  push(bytes: Uint8Array, onRecord: OnRecord): void {
    this.#lines.push(bytes, (line) => this.#take(line, onRecord));
  }

  flush(onRecord: OnRecord): void {
    this.#lines.flush((line) => this.#take(line, onRecord));
    this.#drafts.flush(onRecord);
  }

  #take({ bytes, length, cutBytes }: Line, onRecord: OnRecord): void {
    const text = bytes.toString('utf8', 0, bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length);
    if (bytes[0] !== TAB || !this.#drafts.goOn({ text: text.slice(1), length, cutBytes })) {
      const found = this.#prefix.read(text);
      if (found === undefined) this.#takeUnknown({ text, length, cutBytes });
      else this.#begin(found, { text, length, cutBytes });
    }
    this.#drafts.give(onRecord);
  }

  #takeUnknown({ text, length, cutBytes }: Piece): void {
    const torn = this.#findTorn(text);
    if (torn === undefined) return this.#drafts.addText({ text, length, cutBytes });
    const before = text.slice(0, torn.at);
    const beforeLength = Math.min(Buffer.byteLength(before), length - 1);
    this.#drafts.addText({ text: before, length: beforeLength, cutBytes: 0 });
    this.#begin(torn.found, { text: text.slice(torn.at), length: length - beforeLength, cutBytes });
  }

  #begin(found: PrefixMatch, { text, ...bytes }: Piece): void {
    const rest = { text: text.slice(found.end), ...bytes };
    const part = partOf(found.word);
    if (part !== undefined && this.#drafts.addPart(found.fields.pid ?? '', part, rest)) return;
    this.#drafts.begin({ fields: found.fields, severity: severityOf(found.word) }, rest);
  }

  /**
   * Another message behind what was torn before it had a severity, or behind what a program wrote without a newline. Within
   * a message it is not looked for: a statement may well quote a log.
   */
  #findTorn(text: string): { readonly at: number; readonly found: PrefixMatch } | undefined {
    if (!this.#beginsWithTime) return undefined;
    for (const { index } of text.slice(0, LONGEST_TORN).matchAll(TIMES)) {
      const found = index === 0 ? undefined : this.#prefix.read(text.slice(index));
      if (found !== undefined && severityOf(found.word) !== undefined) return { at: index, found };
    }
    return undefined;
  }
}
