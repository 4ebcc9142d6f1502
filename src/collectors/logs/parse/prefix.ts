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

/** A log_line_prefix as a pattern of a whole line; the word of its severity, or of its part, is the group behind all fields. */
export interface PrefixPattern {
  readonly line: RegExp;
  /** In the order of the groups. */
  readonly fields: readonly PrefixField[];
}

interface Escape {
  readonly pattern: string;
  readonly field?: PrefixField;
}

const TIME = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
const ZONE = '[A-Za-z0-9+:-]+';

/** Source: https://www.postgresql.org/docs/18/runtime-config-logging.html#GUC-LOG-LINE-PREFIX. */
const ESCAPES: Readonly<Record<string, Escape>> = {
  a: { pattern: '.*?', field: 'application' },
  u: { pattern: '.*?', field: 'user' },
  d: { pattern: '.*?', field: 'datname' },
  r: { pattern: String.raw`\S*?`, field: 'host' },
  h: { pattern: String.raw`\S*?`, field: 'host' },
  L: { pattern: String.raw`\S*?` },
  b: { pattern: '.*?', field: 'backend' },
  p: { pattern: String.raw`\d+`, field: 'pid' },
  P: { pattern: String.raw`\d*` },
  t: { pattern: `${TIME} ${ZONE}`, field: 'time' },
  m: { pattern: String.raw`${TIME}\.\d{3} ${ZONE}`, field: 'time' },
  n: { pattern: String.raw`\d+\.\d{3}`, field: 'epoch' },
  i: { pattern: '.*?' },
  e: { pattern: '[0-9A-Z]{5}', field: 'sqlstate' },
  c: { pattern: String.raw`[0-9a-f]+\.[0-9a-f]+` },
  l: { pattern: String.raw`\d+` },
  s: { pattern: `${TIME} ${ZONE}` },
  v: { pattern: String.raw`(?:-?\d+/\d+)?` },
  x: { pattern: String.raw`\d+` },
  Q: { pattern: String.raw`-?\d+` },
};

/** The word, the colon, and the blanks behind it; in some languages a blank stands in front of the colon or in the word. */
const WORD = String.raw`([^\s:]+(?: (?:D'APPEL|구문))?) ?: {0,2}`;

const ESCAPE = /%(-?\d*)([A-Za-z%])|[^%]+|%/g;

/** What no prefix of 13 to 18 has stands for itself, as PostgreSQL leaves it out. */
export function compilePrefix(logLinePrefix: string): PrefixPattern {
  const fields: PrefixField[] = [];
  let pattern = '';
  let isOfSessions = false;
  for (const [text, width = '', letter] of logLinePrefix.matchAll(ESCAPE)) {
    if (letter === undefined) pattern += literal(text);
    else if (letter === '%') pattern += '%';
    else if (letter === 'q') {
      pattern += isOfSessions ? '' : '(?:';
      isOfSessions = true;
    } else pattern += padded(ESCAPES[letter], width, fields);
  }
  // Processes that are of no session have the message right there, which is tried first.
  const whole = isOfSessions ? `${pattern})??` : pattern;
  return { line: new RegExp(`^${whole}${WORD}`), fields };
}

function padded(escape: Escape | undefined, width: string, fields: PrefixField[]): string {
  if (escape === undefined) return '';
  const { pattern, field } = escape;
  if (field !== undefined) fields.push(field);
  const group = field === undefined ? `(?:${pattern})?` : `(${pattern})`;
  if (width === '') return group;
  return width.startsWith('-') ? `${group} *` : ` *${group}`;
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}

/** The prefixes that are tried where nobody says which it is: PostgreSQL's own, those of packages, and common ones. */
const USUAL = [
  '%m [%p] %e %q%u@%d/%a ',
  '%m [%p] %q%u@%d/%a ',
  '%m [%p] %q%u@%d ',
  '%m [%p] %q[user=%u,db=%d,app=%a] ',
  '%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ',
  '%t [%p]: user=%u,db=%d,app=%a,client=%h ',
  '%t [%p]: [%l-1] ',
  '%t [%p] ',
  '%m [%p]: ',
  '%m [%p] ',
  '%t:%r:%u@%d:[%p]:',
  '%m %p %e ',
  '%t ',
  '%m ',
  '',
];

/** The prefix of most of these lines among the usual ones, the more telling first; undefined if none has any. */
export function guessPrefix(lines: readonly string[], isWord: (word: string) => boolean): string | undefined {
  let best: { readonly prefix: string; readonly count: number } | undefined;
  for (const prefix of USUAL) {
    const { line, fields } = compilePrefix(prefix);
    const count = lines.filter((text) => isWord(line.exec(text)?.[fields.length + 1] ?? '')).length;
    if (count > (best?.count ?? 0)) best = { prefix, count };
  }
  return best?.prefix;
}
