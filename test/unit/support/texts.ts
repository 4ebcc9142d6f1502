import fc from 'fast-check';

/**
 * Any character but half a surrogate pair, ASCII as often as all others.
 *
 * fast-check's own units `binary` and `grapheme` take seconds to be made.
 */
const anyCharacter = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.oneof(fc.integer({ min: 0x80, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10_ffff })),
  )
  .map((codePoint) => String.fromCodePoint(codePoint));

/** Any text that UTF-8 can hold. */
export const anyText = fc.string({ unit: anyCharacter, maxLength: 40 });

/** Any text of these characters, to meet what is special about them often. */
export function textOf(characters: string): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...Array.from(characters)), maxLength: 40 });
}
