const MAX_TAIL_BYTES = 8192;
const MAX_LINES = 5;
const MAX_LINE_LENGTH = 300;
const MIN_SECRET_LENGTH = 4;

const SECRET_WORD =
  'pass(?:word|wd|phrase)?|pwd|secret|token|credential\\w*|authorization|bearer|cookie|private|api[_-]?key|key';
/** What may stand in a line that gives a secret away; such a line is left out as a whole. */
const TELLING = [
  // A variable, as of a printed environment.
  /^\s*(?:export\s+|declare\s+-\w+\s+)?[A-Za-z_][\w.]*\s*=/,
  new RegExp(`(?:${SECRET_WORD})[\\w-]*["']?\\s*[=:]\\s*\\S`, 'i'),
  new RegExp(`--?[\\w-]*(?:${SECRET_WORD})[\\w-]*\\s+\\S`, 'i'),
  // A key of its own line, or a line of one in PEM.
  /^\s*[\w+/=-]{32,}\s*$/,
  /-----(?:BEGIN|END)/,
];

/** The end of what a program wrote to its standard error. */
export class ErrorOutput {
  #tail: Buffer = Buffer.alloc(0);
  #isCut = false;

  add(chunk: Buffer): void {
    const all = Buffer.concat([this.#tail, chunk]);
    this.#isCut ||= all.length > MAX_TAIL_BYTES;
    this.#tail = all.subarray(-MAX_TAIL_BYTES);
  }

  /** What of it may be shown; see showable. */
  show(secrets: readonly string[]): string {
    const text = this.#tail.toString('utf8');
    // Of a line that is cut, the word that tells what its rest is may be gone.
    return showable(this.#isCut ? text.slice(text.indexOf('\n') + 1 || text.length) : text, secrets);
  }
}

/**
 * The last lines of what a program wrote, in one line, without control characters: those that may hold a secret are left
 * out, and so are known secrets and the passwords of URLs. Empty if nothing may be shown.
 */
export function showable(text: string, secrets: readonly string[]): string {
  return showableLines(text.split(/[\r\n]+/), secrets)
    .slice(-MAX_LINES)
    .join(' | ');
}

/** What may be shown of lines, as showable has it. */
export function showableLines(lines: readonly string[], secrets: readonly string[]): readonly string[] {
  return lines
    .filter((line) => !TELLING.some((pattern) => pattern.test(line)))
    .map((line) =>
      mask(line, secrets)
        .replaceAll(/\p{Cc}+/gu, ' ')
        .trim(),
    )
    .filter((line) => line !== '')
    .map((line) => (line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)}...` : line));
}

function mask(line: string, secrets: readonly string[]): string {
  const withoutUrls = line.replaceAll(/(\w:\/\/)[^\s/@]*@/g, '$1***@');
  return secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .reduce((text, secret) => text.replaceAll(secret, '***'), withoutUrls);
}
