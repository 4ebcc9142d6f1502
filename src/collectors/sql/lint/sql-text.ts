/** What a query is made of, as PostgreSQL's scanner sees it with standard_conforming_strings on. */
export interface SqlText {
  /** Where each statement begins; an empty one is none. */
  readonly statements: readonly number[];
  /** Where parameters such as $1 stand. */
  readonly parameters: readonly number[];
  /** Without comments, and with one space wherever there are blanks: equal for copies that differ in layout only. */
  readonly canonical: string;
}

const BLANK_OR_COMMENT = /\s+|--[^\n\r]*/y;
const TOKENS: readonly RegExp[] = [
  /[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)/y,
  /'(?:[^']|'')*(?:'|$)/y,
  /"(?:[^"]|"")*(?:"|$)/y,
  /\$([\p{L}_][\p{L}\p{N}_]*)?\$[\s\S]*?(?:\$\1\$|$(?![\s\S]))/uy,
  /[\p{L}_][\p{L}\p{N}_$]*/uy,
  /\$\d+/y,
  /\d[\w.]*/y,
];

/** Reads a query only as far as finding its statements takes. */
export function readSql(sql: string): SqlText {
  const statements: number[] = [];
  const parameters: number[] = [];
  let canonical = '';
  let isFresh = true;
  for (let at = 0; at < sql.length;) {
    const blank = blankLength(sql, at);
    if (blank > 0) {
      if (!canonical.endsWith(' ')) canonical += ' ';
      at += blank;
      continue;
    }
    const token = tokenAt(sql, at);
    canonical += token;
    if (token === ';') isFresh = true;
    else if (isFresh) {
      statements.push(at);
      isFresh = false;
    }
    if (/^\$\d/.test(token)) parameters.push(at);
    at += token.length;
  }
  return { statements, parameters, canonical: canonical.trim().replace(/(?:\s*;)+$/, '') };
}

function blankLength(sql: string, at: number): number {
  BLANK_OR_COMMENT.lastIndex = at;
  const [blank] = BLANK_OR_COMMENT.exec(sql) ?? [];
  return blank?.length ?? commentLength(sql, at);
}

/** Comments nest. */
function commentLength(sql: string, at: number): number {
  if (!sql.startsWith('/*', at)) return 0;
  let depth = 0;
  for (const { 0: mark, index } of sql.slice(at).matchAll(/\/\*|\*\//g)) {
    depth += mark === '/*' ? 1 : -1;
    if (depth === 0) return index + mark.length;
  }
  return sql.length - at;
}

function tokenAt(sql: string, at: number): string {
  for (const pattern of TOKENS) {
    pattern.lastIndex = at;
    const [token] = pattern.exec(sql) ?? [];
    if (token !== undefined) return token;
  }
  return sql.charAt(at);
}
