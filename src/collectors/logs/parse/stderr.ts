import type { LogParser, LogRecord } from '../../../core/log-record.ts';
import { LONGEST_BYTES, Lines } from './pieces.ts';
import { compilePrefix, type PrefixField } from './prefix.ts';
import { createTimeReader } from './times.ts';
import { type LogPart, partOf, severityOf } from './words.ts';

const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;
const SECOND_MS = 1_000;
/** In characters, with the word behind it: what is no message is not to be searched at length for one. */
const LONGEST_PREFIX = 512;

type Texts = Partial<Record<LogPart | 'message', string>>;

interface Draft {
  readonly fields: ReadonlyMap<PrefixField, string>;
  readonly word: string;
  readonly texts: Texts;
  bytes: number;
  /** What a line that begins with a tab goes on with. */
  part: LogPart | 'message';
}

/** The format `stderr`, and what a server without a collector of logs writes: prefix, word, text. */
export class StderrLogParser implements LogParser {
  readonly #lines = new Lines();
  readonly #timeOf = createTimeReader();
  readonly #pattern;
  #draft: Draft | undefined;
  #cutBytes = 0;

  constructor(logLinePrefix: string) {
    this.#pattern = compilePrefix(logLinePrefix);
  }

  get heldBytes(): number {
    return this.#lines.heldBytes + (this.#draft?.bytes ?? 0);
  }

  get skippedBytes(): number {
    return this.#lines.skippedBytes + this.#cutBytes;
  }

  push(bytes: Uint8Array, onRecord: (record: LogRecord) => void): void {
    this.#lines.push(bytes, (line, length) => this.#take(line, length, onRecord));
  }

  flush(onRecord: (record: LogRecord) => void): void {
    this.#lines.flush((line, length) => this.#take(line, length, onRecord));
    this.#end(onRecord);
  }

  #take(line: Buffer, length: number, onRecord: (record: LogRecord) => void): void {
    const text = line.toString('utf8', 0, line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length);
    const draft = this.#draft;
    if (line[0] === TAB && draft !== undefined) return this.#goOn(draft, draft.part, text.slice(1), length);
    const found = this.#pattern.line.exec(text.slice(0, LONGEST_PREFIX));
    const word = found?.[this.#pattern.fields.length + 1] ?? '';
    const part = partOf(word);
    const rest = found === null ? text : text.slice(found[0].length);
    if (part !== undefined && draft !== undefined) {
      draft.part = part;
      return this.#goOn(draft, part, rest, length);
    }
    this.#end(onRecord);
    const isMessage = severityOf(word) !== undefined || (found !== null && found[0].endsWith(':  '));
    if (isMessage)
      this.#draft = { fields: this.#fieldsOf(found), word, texts: { message: rest }, bytes: length, part: 'message' };
    else onRecord({ ...NOTHING_SAID, message: text });
  }

  #goOn(draft: Draft, part: LogPart | 'message', text: string, length: number): void {
    const { texts } = draft;
    if (draft.bytes > LONGEST_BYTES) this.#cutBytes += length;
    else texts[part] = texts[part] === undefined ? text : `${texts[part]}\n${text}`;
    draft.bytes += length;
  }

  #fieldsOf(found: RegExpExecArray | null): ReadonlyMap<PrefixField, string> {
    const { fields } = this.#pattern;
    return new Map(fields.map((field, index) => [field, found?.[index + 1]] as const).filter(isSaid));
  }

  #end(onRecord: (record: LogRecord) => void): void {
    const draft = this.#draft;
    if (draft === undefined) return;
    this.#draft = undefined;
    const { fields, texts } = draft;
    const epoch = fields.get('epoch');
    const pid = fields.get('pid');
    onRecord({
      atMs: epoch === undefined ? this.#timeOf(fields.get('time') ?? '') : Number(epoch) * SECOND_MS,
      severity: severityOf(draft.word),
      sqlstate: fields.get('sqlstate'),
      message: texts.message ?? '',
      detail: texts.detail,
      hint: texts.hint,
      context: texts.context,
      statement: texts.statement,
      datname: fields.get('datname'),
      user: fields.get('user'),
      remoteHost: fields.get('host')?.replace(/\(\d+\)$/, ''),
      application: fields.get('application'),
      pid: pid === undefined ? undefined : Number(pid),
      backendType: fields.get('backend'),
    });
  }
}

/** Text that a program wrote into the log itself. */
const NOTHING_SAID: LogRecord = {
  atMs: undefined,
  severity: undefined,
  sqlstate: undefined,
  message: '',
  detail: undefined,
  hint: undefined,
  context: undefined,
  statement: undefined,
  datname: undefined,
  user: undefined,
  remoteHost: undefined,
  application: undefined,
  pid: undefined,
  backendType: undefined,
};

/** A client that has not said it yet is `[unknown]`. */
function isSaid(entry: readonly [PrefixField, string | undefined]): entry is readonly [PrefixField, string] {
  return entry[1] !== undefined && entry[1] !== '' && entry[1] !== '[unknown]';
}
