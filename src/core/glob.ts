const WILDCARD = /[*?[\]]/;

/** True if a pattern can match more than itself. */
export function isGlob(pattern: string): boolean {
  return WILDCARD.test(pattern);
}

/**
 * Compiles a shell pattern: `*` any text, `?` one character, `[a-c]` one of a set, `[^a-c]` one not in
 * it, and a backslash before a character that is meant as it is. Matches whole names.
 */
export function globMatcher(pattern: string): (name: string) => boolean {
  const expression = new RegExp(`^${globSource(pattern)}$`, 's');
  return (name) => expression.test(name);
}

/** The same as the source of a regular expression with the flag `s`. */
export function globSource(pattern: string): string {
  return pattern.replace(/\\(.)|\[(\^|!)?([^\]]+)\]|[\s\S]/g, (token, escaped, negated, set) => {
    if (typeof escaped === 'string') return escapeText(escaped);
    if (typeof set === 'string')
      return `[${typeof negated === 'string' ? '^' : ''}${set.replace(/[\\[\]^]/g, '\\$&')}]`;
    if (token === '*') return '.*';
    return token === '?' ? '.' : escapeText(token);
  });
}

function escapeText(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
