/**
 * The words of a command as a person writes it: separated by blanks, with what is in single or double quotes taken as
 * it is. No character has another meaning: there is no shell.
 *
 * @returns undefined if a quote is not closed, or there is no word
 */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  const pattern = /\s*((?:[^\s'"]|'[^']*'|"[^"]*")+)\s*/y;
  while (pattern.lastIndex < text.length) {
    const [, word] = pattern.exec(text) ?? [];
    if (word === undefined) return undefined;
    words.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  }
  return words.length === 0 || words[0] === '' ? undefined : words;
}
