/** Of a longer statement the beginning stands for all: what agrees in so much of it counts as one. */
const LONGEST_CHARACTERS = 2_000;

/** Words between which and an opening parenthesis a blank stands; behind others it is a function's. */
const APART: ReadonlySet<string> = new Set(
  'all and any as by case else except exists from in intersect into is join lateral like not on or over returning select set some then union using values when where with'.split(
    ' ',
  ),
);
/** A list of constants behind these is one, however long. */
const LISTS: ReadonlySet<string> = new Set(['in', 'values', 'any', 'all', 'array']);

/** Words that are values in a list. */
const CONSTANTS: ReadonlySet<string> = new Set(['null', 'true', 'false', 'default']);

const BLANK = 0x20;
const DOUBLE_QUOTE = 0x22;
const DOLLAR = 0x24;
const QUOTE = 0x27;
const ASTERISK = 0x2a;
const HYPHEN = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;

const NUMBER = /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y;
const TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
/** A sign is a token of its own. */
const OPERATOR = /::|:=|->>?|(?:[<>=~!@#%^&|?*+]|\/(?!\*))+/y;

/**
 * A statement as it stands for all of its kind: words in lower case, `?` for each constant and parameter, lists of
 * constants as `(...)`, one way of spacing, no comments. Nothing that was a value is left, so no password either.
 *
 * Source: https://www.postgresql.org/docs/18/sql-syntax-lexical.html.
 */
export function normaliseStatement(text: string): string {
  const out = new Tokens();
  let at = 0;
  while (at < text.length && out.length < LONGEST_CHARACTERS) at = takeToken(text, at, out);
  return out.finish();
}

/** @returns where the next token begins */
function takeToken(text: string, at: number, out: Tokens): number {
  const code = text.charCodeAt(at);
  if (code <= BLANK) return at + 1;
  if (isWordStart(code)) return takeWord(text, at, out);
  const next = text.charCodeAt(at + 1);
  if (code === HYPHEN && next === HYPHEN) return indexAfter(text, '\n', at);
  if (code === SLASH && next === ASTERISK) return endOfComment(text, at);
  if (code === QUOTE) return endOfConstant(out, endOfString(text, at + 1, false));
  if (isDigit(code) || (code === DOT && isDigit(next))) return endOfConstant(out, match(NUMBER, text, at));
  if (code === DOLLAR) return takeDollar(text, at, out);
  const end = code === DOUBLE_QUOTE ? indexAfter(text, '"', at + 1) : Math.max(at + 1, match(OPERATOR, text, at));
  out.token(text.slice(at, end), code === DOUBLE_QUOTE);
  return end;
}

function takeWord(text: string, at: number, out: Tokens): number {
  let end = at + 1;
  while (isWordPart(text.charCodeAt(end))) end += 1;
  if (text.charCodeAt(end) === QUOTE && end - at === 1 && 'bnxeBNXE'.includes(text.charAt(at)))
    return endOfConstant(out, endOfString(text, end + 1, text.charAt(at).toLowerCase() === 'e'));
  out.token(text.slice(at, end).toLowerCase(), true);
  return end;
}

/** A parameter, or a string between two such tags. */
function takeDollar(text: string, at: number, out: Tokens): number {
  if (isDigit(text.charCodeAt(at + 1))) return endOfConstant(out, match(NUMBER, text, at + 1));
  const end = match(TAG, text, at);
  return endOfConstant(out, end === at ? at + 1 : indexAfter(text, text.slice(at, end), end));
}

function endOfConstant(out: Tokens, end: number): number {
  out.constant();
  return end;
}

function endOfString(text: string, from: number, hasEscapes: boolean): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (hasEscapes && code === BACKSLASH) at += 1;
    else if (code === QUOTE && text.charCodeAt(at + 1) === QUOTE) at += 1;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

/** They nest. */
function endOfComment(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const two = text.slice(at, at + 2);
    if (two !== '/*' && two !== '*/') continue;
    depth += two === '/*' ? 1 : -1;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

/** The end of the text if it has none of these. */
function indexAfter(text: string, wanted: string, from: number): number {
  const found = text.indexOf(wanted, from);
  return found === -1 ? text.length : found + wanted.length;
}

/** Where what is found at this place ends; the place itself if nothing is. */
function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isWordStart(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || code === 0x5f || code >= 0x80;
}

function isWordPart(code: number): boolean {
  return isWordStart(code) || isDigit(code) || code === DOLLAR;
}

const TIGHT_BEFORE: ReadonlySet<string> = new Set([',', ')', ']', ';', '.', '::', '[']);
const TIGHT_BEHIND: ReadonlySet<string> = new Set(['(', '[', '.', '::', '']);
const IS_SIGN_BEHIND =
  /^(?:|[(,[=<>+*/%]|<=|>=|<>|!=|\|\||and|between|in|limit|offset|or|return|select|then|when|where)$/;

/** What is put together of a statement so far. */
class Tokens {
  #text = '';
  #last = '';
  #isLastName = false;
  /** Where the parenthesis of a list stands that has constants alone so far. */
  #listAt: number | undefined;
  /** The word in front of that list. */
  #listWord = '';
  #beforeSign: string | undefined;

  get length(): number {
    return this.#text.length;
  }

  constant(): void {
    // A sign belongs to the number behind it, where no value stands in front of it.
    if (this.#beforeSign !== undefined && this.#last === '-') this.#cut(this.#beforeSign);
    if (this.#listAt !== undefined && this.#text.length > this.#listAt + 1) {
      this.#last = '?';
      return;
    }
    this.#write('?', false);
  }

  /** @param isName a word or a name in double quotes */
  token(token: string, isName: boolean): void {
    if (this.#listAt !== undefined && this.#isTakenByList(token)) return;
    const isSign = token === '-' && IS_SIGN_BEHIND.test(this.#last);
    const before = isSign ? this.#last : undefined;
    const { length } = this.#text;
    const word = this.#last;
    this.#write(token, isName);
    this.#beforeSign = before;
    if (this.#beginsList(token, word)) {
      this.#listAt = this.#text.length - 1;
      if (LISTS.has(word)) this.#listWord = word;
    } else if (length > 0 && token !== ',') this.#listWord = '';
  }

  /** Within a list of constants these are all that may come. */
  #isTakenByList(token: string): boolean {
    if (token === ',' || (token === '-' && this.#last !== '?')) this.#last = token;
    else if (token === ')' || token === ']') this.#endList(token);
    else if (CONSTANTS.has(token)) this.constant();
    else {
      this.#leaveList();
      return false;
    }
    return true;
  }

  #beginsList(token: string, word: string): boolean {
    return (token === '(' && (LISTS.has(word) || this.#isNextRow(word))) || (token === '[' && word === 'array');
  }

  /** It has something else than constants. */
  #leaveList(): void {
    this.#listAt = undefined;
    if (this.#last === ',') this.#text += ',';
  }

  #isNextRow(word: string): boolean {
    return word === ',' && this.#listWord === 'values' && this.#text.endsWith('(...), (');
  }

  #endList(token: string): void {
    const at = this.#listAt ?? 0;
    this.#listAt = undefined;
    const isEmpty = this.#text.length === at + 1;
    this.#text = `${this.#text.slice(0, at + 1)}${isEmpty ? '' : '...'}${token}`;
    if (this.#text.endsWith('(...), (...)')) this.#text = this.#text.slice(0, -', (...)'.length);
    this.#last = token;
  }

  #cut(last: string): void {
    this.#text = this.#text.replace(/ ?-$/, '');
    this.#last = last;
    this.#beforeSign = undefined;
  }

  #write(token: string, isName: boolean): void {
    const last = this.#last;
    const isCall = token === '(' && this.#isLastName && !APART.has(last);
    const tight = TIGHT_BEHIND.has(last) || TIGHT_BEFORE.has(token) || isCall;
    this.#text += tight ? token : ` ${token}`;
    this.#last = token;
    this.#isLastName = isName;
  }

  finish(): string {
    const text = this.#text.replace(/[; ]+$/, '');
    return text.length > LONGEST_CHARACTERS ? `${text.slice(0, LONGEST_CHARACTERS)}...` : text;
  }
}

/** Quotes of PostgreSQL's messages in the languages it speaks. */
const QUOTED = /"[^"]*"|«[^»]*»|„[^“]*“|“[^”]*”|'[^']*'/g;

/** A message without what differs from one time to the next: names, values, numbers, places. */
export function normaliseMessage(message: string): string {
  const end = message.indexOf('\n');
  return (end === -1 ? message : message.slice(0, end))
    .slice(0, LONGEST_CHARACTERS)
    .replace(/ at character \d+$/, '')
    .replaceAll(QUOTED, '"..."')
    .replaceAll(/\([^()]*=[^()]*\)/g, '(...)')
    .replaceAll(/\b[0-9A-F]+\/[0-9A-F]+\b/g, '#')
    .replaceAll(/\b[0-9A-F]{24}\b/g, '#')
    .replaceAll(/(?<![\w.])-?\d+(?:\.\d+)*\b/g, '#');
}
