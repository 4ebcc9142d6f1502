const NEWLINE = 0x0a;
const QUOTE = 0x22;

/** The most of a message that is kept: the rest of a longer one is skipped. */
export const LONGEST_BYTES = 1_048_576;

/** A line without its newline; of one that is too long, its beginning. */
export interface Line {
  readonly bytes: Buffer;
  /** In the log, with the newline if there is one. */
  readonly length: number;
  /** Of it, what was left out. */
  readonly cutBytes: number;
  /** Quotes in that. */
  readonly cutQuotes: number;
}

/** Cuts bytes that come in pieces at the ends of lines, and holds back what is not yet whole. */
export class Lines {
  #held: Buffer[] = [];
  #keptBytes = 0;
  #heldBytes = 0;
  #cutQuotes = 0;

  /** Of the line that is not yet whole, also what is left out of it. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Gives each line that these bytes complete. */
  push(bytes: Uint8Array, onLine: (line: Line) => void): void {
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let from = 0;
    for (let end = all.indexOf(NEWLINE); end !== -1; end = all.indexOf(NEWLINE, from)) {
      if (this.#heldBytes === 0 && end - from <= LONGEST_BYTES) {
        onLine({ bytes: all.subarray(from, end), length: end + 1 - from, cutBytes: 0, cutQuotes: 0 });
      } else {
        this.#hold(all.subarray(from, end));
        this.#give(onLine, 1);
      }
      from = end + 1;
    }
    if (from < all.length) this.#hold(all.subarray(from));
  }

  /** Gives what has no newline yet as a line, if there is anything. */
  flush(onLine: (line: Line) => void): void {
    if (this.#heldBytes > 0) this.#give(onLine, 0);
  }

  #give(onLine: (line: Line) => void, newlineBytes: number): void {
    const line: Line = {
      bytes: Buffer.concat(this.#held),
      length: this.#heldBytes + newlineBytes,
      cutBytes: this.#heldBytes - this.#keptBytes,
      cutQuotes: this.#cutQuotes,
    };
    this.#held = [];
    this.#keptBytes = 0;
    this.#heldBytes = 0;
    this.#cutQuotes = 0;
    onLine(line);
  }

  #hold(bytes: Buffer): void {
    const kept = bytes.subarray(0, Math.max(0, LONGEST_BYTES - this.#keptBytes));
    // A copy: the piece may be large, and its owner may use it again.
    if (kept.length > 0) this.#held.push(Buffer.from(kept));
    this.#keptBytes += kept.length;
    this.#heldBytes += bytes.length;
    this.#cutQuotes += countQuotes(bytes.subarray(kept.length));
  }
}

export function countQuotes(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(QUOTE); at !== -1; at = bytes.indexOf(QUOTE, at + 1)) count += 1;
  return count;
}
