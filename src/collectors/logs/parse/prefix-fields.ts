/** What log_line_prefix can put in front of a message that is used here. */
export type PrefixField =
  | 'application'
  | 'user'
  | 'datname'
  | 'host'
  | 'pid'
  | 'time'
  | 'epoch'
  | 'sqlstate'
  | 'backend';

interface Padded {
  readonly field: PrefixField | undefined;
  /** The fewest characters; filled with blanks in front, or behind if it is negative. */
  readonly width: number;
}

/** A piece of a log_line_prefix. */
export type Token =
  | { readonly kind: 'literal'; readonly text: string }
  /** A field whose text tells where it ends. */
  | ({ readonly kind: 'shaped'; readonly shape: RegExp; readonly next: string } & Padded)
  /** A field that ends where the next literal is. */
  | ({ readonly kind: 'free'; readonly longest: number; readonly hasBlanks: boolean; readonly next: string } & Padded);

interface Escape {
  readonly shape?: RegExp;
  readonly hasBlanks?: boolean;
  readonly longest?: number;
  readonly field?: PrefixField;
}

const ZONE = '(?:[A-Za-z]{1,40}|[+-][0-9]{2,4})';
const SECOND = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
/** In characters; a server cuts names at 63 bytes. */
const LONGEST_NAME = 63;
const LONGEST_HOST = 255;

/** Source: https://www.postgresql.org/docs/18/runtime-config-logging.html#GUC-LOG-LINE-PREFIX. */
const ESCAPES: Readonly<Record<string, Escape>> = {
  a: { hasBlanks: true, field: 'application' },
  u: { hasBlanks: true, field: 'user' },
  d: { hasBlanks: true, field: 'datname' },
  r: { longest: LONGEST_HOST, field: 'host' },
  h: { longest: LONGEST_HOST, field: 'host' },
  L: { longest: LONGEST_HOST },
  b: { hasBlanks: true, longest: LONGEST_HOST, field: 'backend' },
  i: { hasBlanks: true },
  p: { shape: /\d+/y, field: 'pid' },
  P: { shape: /\d*/y },
  t: { shape: new RegExp(`${SECOND} ${ZONE}`, 'y'), field: 'time' },
  m: { shape: new RegExp(String.raw`${SECOND}\.\d{3} ${ZONE}`, 'y'), field: 'time' },
  s: { shape: new RegExp(`${SECOND} ${ZONE}`, 'y') },
  n: { shape: /\d+\.\d{3}/y, field: 'epoch' },
  e: { shape: /[0-9A-Z]{5}/y, field: 'sqlstate' },
  c: { shape: /[0-9a-f]+\.[0-9a-f]+/y },
  l: { shape: /\d+/y },
  v: { shape: /(?:-?\d+\/\d+)?/y },
  x: { shape: /\d+/y },
  Q: { shape: /-?\d+/y },
};

const ESCAPE = /%(-?\d*)([A-Za-z%])|[^%]+|%/g;

interface PrefixTokens {
  readonly always: readonly Token[];
  /** With what stands behind `%q`; undefined if there is none. */
  readonly ofSessions: readonly Token[] | undefined;
}

/** Takes a log_line_prefix apart. What no server of 13 to 18 knows stands for nothing, as PostgreSQL leaves it out. */
export function tokensOf(logLinePrefix: string): PrefixTokens {
  const pieces: Token[] = [];
  let always: number | undefined;
  for (const [text, width = '', letter] of logLinePrefix.matchAll(ESCAPE)) {
    if (letter === 'q') always ??= pieces.length;
    else if (letter === undefined || letter === '%') addLiteral(pieces, letter ?? text, always === pieces.length);
    else pieces.push(...tokenOf(letter, Number(width)));
  }
  return { always: linked(pieces.slice(0, always)), ofSessions: always === undefined ? undefined : linked(pieces) };
}

/** `%%` and what stands beside it are one text, for a field in front of it ends where all of it is. */
function addLiteral(pieces: Token[], text: string, isNew: boolean): void {
  const last = pieces.at(-1);
  if (isNew || last?.kind !== 'literal') pieces.push({ kind: 'literal', text });
  else pieces[pieces.length - 1] = { kind: 'literal', text: last.text + text };
}

function tokenOf(letter: string, width: number): readonly Token[] {
  const escape = ESCAPES[letter];
  if (escape === undefined) return [];
  const { shape, field, hasBlanks = false, longest = LONGEST_NAME } = escape;
  if (shape !== undefined) return [{ kind: 'shaped', shape, field, width, next: '' }];
  return [{ kind: 'free', longest: Math.max(longest, Math.abs(width)), hasBlanks, field, width, next: '' }];
}

/** Each field knows the text that stands behind it. */
function linked(pieces: readonly Token[]): readonly Token[] {
  return pieces.map((token, index) => {
    const next = pieces[index + 1];
    return token.kind === 'literal' || next?.kind !== 'literal' ? token : { ...token, next: next.text };
  });
}

/**
 * Where a field ends that begins at a place of a line; -1 if it cannot.
 *
 * @param from the first end of a free field that is tried
 */
export function readField(token: Exclude<Token, { kind: 'literal' }>, line: string, at: number, from: number): number {
  return token.kind === 'free' ? freeEnd(token, line, at, from) : shapedEnd(token, line, at);
}

function shapedEnd(token: Extract<Token, { kind: 'shaped' }>, line: string, at: number): number {
  const { shape, width, next, field } = token;
  shape.lastIndex = width > 0 ? behindBlanks(line, at, at + width) : at;
  if (!shape.test(line)) return -1;
  const end = field === 'time' ? behindOffset(line, shape.lastIndex, next) : shape.lastIndex;
  return width < 0 ? behindBlanks(line, end, at - width) : end;
}

/** Behind the minutes of an offset such as `+05:30`, unless they are what stands behind the time. */
function behindOffset(line: string, end: number, next: string): number {
  const isOffset = /[+-]\d\d/.test(line.slice(end - 3, end)) && /^:\d\d/.test(line.slice(end, end + 3));
  return isOffset && (!next.startsWith(':') || line.startsWith(next, end + 3)) ? end + 3 : end;
}

function freeEnd(token: Extract<Token, { kind: 'free' }>, line: string, at: number, from: number): number {
  const { longest, hasBlanks, width, next } = token;
  const first = Math.max(from, at + Math.abs(width));
  const end = next === '' ? first : line.indexOf(next, first);
  if (end === -1 || end > line.length || end - at > longest) return -1;
  return hasBlanks || !line.slice(at, end).trim().includes(' ') ? end : -1;
}

function behindBlanks(line: string, at: number, until: number): number {
  let end = at;
  while (end < until && line[end] === ' ') end += 1;
  return end;
}
