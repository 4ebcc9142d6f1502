import { type PrefixField, readField, type Token, tokensOf } from './prefix-fields.ts';
import { partOf, severityOf } from './words.ts';

/** What a line begins with. */
export interface PrefixMatch {
  readonly fields: Readonly<Partial<Record<PrefixField, string>>>;
  /** Of the severity, or of the part of a message. */
  readonly word: string;
  /** Where the text begins. */
  readonly end: number;
  /** The line is of a session: what stands behind `%q` is there. */
  readonly isOfSession: boolean;
}

/** Reads the beginnings of lines by one log_line_prefix. */
export interface PrefixReader {
  /** Undefined for a line that does not begin so. */
  readonly read: (line: string) => PrefixMatch | undefined;
  /** Attempts that the last line took. */
  readonly steps: () => number;
}

/** In characters: names are 63 bytes long at the most, and what is no message is not to be searched at length for one. */
const LONGEST_PREFIX = 1_024;
/** Where a name has what stands behind it, too, another end of it is tried. */
const MOST_STEPS = 1_000;

const LONGEST_WORD = 40;
const BLANK = 0x20;
const COLON = 0x3a;
const LETTER_D = 0x44;
const ASCII = 0x7f;
/** What stands behind the blank in the few words that have one. */
const SECOND_WORDS = ["D'APPEL", '구문'];

/** @param logLinePrefix an escape that no server of 13 to 18 knows stands for nothing */
export function createPrefixReader(logLinePrefix: string): PrefixReader {
  const { always, ofSessions } = tokensOf(logLinePrefix);
  const attempt = new Attempt();
  return {
    read(line) {
      const head = line.length > LONGEST_PREFIX ? line.slice(0, LONGEST_PREFIX) : line;
      // Processes that are of no session have the message right there, which is tried first.
      const own = attempt.match(head, always, false);
      if (ofSessions === undefined || (own !== undefined && isKnown(own.word))) return own;
      return attempt.match(head, ofSessions, true) ?? own;
    },
    steps: () => attempt.steps,
  };
}

type FieldToken = Exclude<Token, { readonly kind: 'literal' }>;

interface Span {
  readonly at: number;
  readonly end: number;
}

/** One line that is held against the tokens of a prefix. */
class Attempt {
  steps = 0;
  #line = '';
  #tokens: readonly Token[] = [];
  #values: Partial<Record<PrefixField, string>> = {};
  #isOfSession = false;
  /** A reading whose word nobody knows, or one that a later reading may prove wrong. */
  #doubtful: PrefixMatch | undefined;

  match(line: string, tokens: readonly Token[], isOfSession: boolean): PrefixMatch | undefined {
    this.steps = isOfSession ? this.steps : 0;
    this.#line = line;
    this.#tokens = tokens;
    this.#values = {};
    this.#isOfSession = isOfSession;
    this.#doubtful = undefined;
    return this.#from(0, 0) ?? this.#doubtful;
  }

  #from(index: number, at: number): PrefixMatch | undefined {
    const token = this.#tokens[index];
    this.steps += 1;
    if (token === undefined) return this.#atWord(at);
    if (token.kind === 'literal') {
      return this.#line.startsWith(token.text, at) ? this.#from(index + 1, at + token.text.length) : undefined;
    }
    for (let end = readField(token, this.#line, at, at); end !== -1 && this.steps < MOST_STEPS;) {
      const found = this.#withField(token, index, { at, end });
      if (found !== undefined) return found;
      end = token.kind === 'free' ? readField(token, this.#line, at, end + 1) : -1;
    }
    return undefined;
  }

  #withField({ field, width }: FieldToken, index: number, { at, end }: Span): PrefixMatch | undefined {
    if (field !== undefined) {
      const text = this.#line.slice(at, end);
      this.#values[field] = width === 0 ? text : text.trim();
    }
    return this.#from(index + 1, end);
  }

  #atWord(at: number): PrefixMatch | undefined {
    const wordEnd = endOfWord(this.#line, at);
    if (wordEnd === -1) return undefined;
    const word = this.#line.slice(at, wordEnd);
    const end = endOfBlanks(this.#line, this.#line.indexOf(':', wordEnd) + 1);
    const isKnownWord = isKnown(word);
    if (!isKnownWord && !this.#line.startsWith(':  ', end - 3)) return undefined;
    const isOfSession = this.#isOfSession;
    if (isKnownWord && !this.#isDoubtful(word)) return { fields: this.#values, word, end, isOfSession };
    const hasKnown = this.#doubtful !== undefined && isKnown(this.#doubtful.word);
    if (!hasKnown && (isKnownWord || this.#doubtful === undefined)) {
      this.#doubtful = { fields: { ...this.#values }, word, end, isOfSession };
    }
    return undefined;
  }

  /** A client may call itself `x PANIC:  y`: a server that panics has no other word in its line, nor one without an error. */
  #isDoubtful(word: string): boolean {
    const severity = severityOf(word);
    if (severity === 'PANIC') return this.#isOfSession || this.#values.application !== undefined;
    return this.#values.sqlstate === '00000' && (severity === 'ERROR' || severity === 'FATAL');
  }
}

/** Where a word ends that has a colon behind it, in some languages after a blank; -1 if there is none. */
function endOfWord(line: string, at: number): number {
  for (let end = at; end < at + LONGEST_WORD; end += 1) {
    const code = line.charCodeAt(end);
    if (code === COLON) return end > at ? end : -1;
    if (code !== BLANK && !Number.isNaN(code)) continue;
    const next = line.charCodeAt(end + 1);
    if (next === COLON) return end > at ? end : -1;
    const second = next === LETTER_D || next > ASCII ? SECOND_WORDS.find((each) => line.startsWith(each, end + 1)) : '';
    const whole = end + 1 + (second ?? '').length;
    return end > at && second && /^ ?:/.test(line.slice(whole, whole + 2)) ? whole : -1;
  }
  return -1;
}

/** Two blanks at the most stand between the colon and the text. */
function endOfBlanks(line: string, at: number): number {
  if (line.charCodeAt(at) !== BLANK) return at;
  return line.charCodeAt(at + 1) === BLANK ? at + 2 : at + 1;
}

/** Whether it is the word of a severity or of a part of a message, in any language of PostgreSQL. */
function isKnown(word: string): boolean {
  return severityOf(word) !== undefined || partOf(word) !== undefined;
}
