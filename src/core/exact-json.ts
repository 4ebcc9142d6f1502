const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG_INTEGER = /^-?\d{16,}$/;
/** JSON allows none of them; tools that print bytes of others let them through. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F]/g;

/**
 * Parses JSON without loss: an integer that a number cannot hold, such as a system identifier, becomes its decimal text.
 *
 * @throws SyntaxError as JSON.parse does
 */
export function parseExactJson(text: string): unknown {
  const parts: string[] = [];
  // By hand: a pattern for strings overflows the stack on a string of some megabytes.
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    const outsideEnd = quote < 0 ? text.length : quote;
    parts.push(text.slice(at, outsideEnd).replaceAll(NUMBER, quoteIfLong));
    at = quote < 0 ? text.length : endOfString(text, quote);
    parts.push(text.slice(outsideEnd, at));
  }
  return JSON.parse(parts.join('').replaceAll(CONTROL, ' '));
}

function quoteIfLong(token: string): string {
  return LONG_INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
}

/** The place after the quote that ends the string; a backslash takes the character behind it with it. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') return at + 1;
    if (character === '\\') at += 1;
  }
  return text.length;
}
