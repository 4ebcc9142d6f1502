const NEWLINE = 0x0a;
const NOTHING = new Uint8Array();

/** The most of a message that is kept: the rest of a longer one is skipped. */
export const LONGEST_BYTES = 1_048_576;

/** Cuts bytes that come in pieces at the ends of lines, and holds back what is not yet whole. */
export class Lines {
  #held: Uint8Array = NOTHING;
  #skipping = false;
  skippedBytes = 0;

  get heldBytes(): number {
    return this.#held.length;
  }

  /**
   * Gives each line that these bytes complete, without the newline.
   *
   * @param length of the line in bytes with its newline
   */
  push(bytes: Uint8Array, onLine: (line: Buffer, length: number) => void): void {
    const all = this.#held.length === 0 ? view(bytes) : Buffer.concat([this.#held, bytes]);
    let from = 0;
    for (let end = all.indexOf(NEWLINE); end !== -1; end = all.indexOf(NEWLINE, from)) {
      if (this.#skipping) this.skippedBytes += end + 1 - from;
      else onLine(all.subarray(from, end), end + 1 - from);
      this.#skipping = false;
      from = end + 1;
    }
    this.#keep(all.subarray(from));
  }

  /** Gives what has no newline yet as a line, if there is anything. */
  flush(onLine: (line: Buffer, length: number) => void): void {
    const rest = this.#held;
    this.#held = NOTHING;
    if (rest.length > 0) onLine(view(rest), rest.length);
  }

  #keep(rest: Buffer): void {
    if (rest.length > LONGEST_BYTES || this.#skipping) {
      this.#skipping = true;
      this.skippedBytes += rest.length;
      this.#held = NOTHING;
    } else {
      // A copy: the piece may be large, and its owner may use it again.
      this.#held = rest.length === 0 ? NOTHING : Uint8Array.from(rest);
    }
  }
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
