import { Scalar } from 'yaml';

/** A piece of the document that stands for one character of a scalar's text. */
interface Written {
  readonly offset: number;
  readonly length: number;
  /** The character; empty for a line end that is escaped. */
  readonly character: string;
}

const CODE_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const ESCAPED_BLANK = /[tnvfr_LP \t]/;

/**
 * Where a place in a scalar's text is written in the document; undefined if that is not known.
 *
 * YAML adds and takes away blanks only (indentation, folded lines, chomping), so that the n-th character that is not
 * blank is the n-th of what is written, whatever the style. A blank has the place of what comes after it, and the end
 * that after the last character.
 *
 * @param before the scalar's text up to the place
 */
export function placeInScalar(document: string, scalar: Scalar, before: string): number | undefined {
  const [start, end] = scalar.range ?? [];
  if (start === undefined || end === undefined) return undefined;
  let left = Array.from(before).filter(isVisible).length;
  let after = start;
  for (const { offset, length, character } of writtenCharacters(document.slice(start, end), scalar.type)) {
    if (!isVisible(character)) continue;
    if (left === 0) return start + offset;
    left--;
    after = start + offset + length;
  }
  return after;
}

function isVisible(character: string): boolean {
  return /^\S/u.test(character);
}

function* writtenCharacters(text: string, type: Scalar['type']): Iterable<Written> {
  const isQuoted = type === Scalar.QUOTE_DOUBLE || type === Scalar.QUOTE_SINGLE;
  const isBlock = type === Scalar.BLOCK_LITERAL || type === Scalar.BLOCK_FOLDED;
  const end = isQuoted ? text.length - 1 : text.length;
  let offset = isQuoted ? 1 : 0;
  if (isBlock) offset = text.indexOf('\n') + 1;
  while (offset < end) {
    const piece = pieceAt(text, offset, type);
    yield { offset, ...piece };
    offset += piece.length;
  }
}

function pieceAt(text: string, offset: number, type: Scalar['type']): Omit<Written, 'offset'> {
  if (type === Scalar.QUOTE_DOUBLE && text[offset] === '\\') return escapeAt(text, offset);
  if (type === Scalar.QUOTE_SINGLE && text.startsWith("''", offset)) return { length: 2, character: "'" };
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  return { length: character.length, character };
}

function escapeAt(text: string, offset: number): Omit<Written, 'offset'> {
  const [letter = ''] = text.slice(offset + 1);
  const digits = CODE_DIGITS[letter];
  if (digits === undefined) return { length: 2, character: ESCAPED_BLANK.test(letter) ? ' ' : letter };
  const code = Number.parseInt(text.slice(offset + 2, offset + 2 + digits), 16);
  // Of a pair of surrogates the first stands for the character.
  const character = code >= 0xdc00 && code <= 0xdfff ? '' : String.fromCodePoint(code);
  return { length: 2 + digits, character };
}
