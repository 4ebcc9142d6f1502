const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG_INTEGER = /^-?\d{16,}$/;
const CONTROL = /\p{Cc}/gu;

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
  return JSON.parse(parts.join('').replaceAll(CONTROL, blankIfForbidden));
}

function quoteIfLong(token: string): string {
  return LONG_INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
}

/** Tools print the bytes of others as they are, which a string of JSON may not hold; between strings all are blanks. */
function blankIfForbidden(control: string): string {
  return control < ' ' ? ' ' : control;
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
