/** Text is turned into bytes when this many characters have come together: no page is ever one big string. */
const CHUNK_CHARACTERS = 64 * 1024;

/** Lines of one family, kept as chunks of UTF-8 bytes. */
export interface ChunkWriter {
  readonly write: (text: string) => void;
  /** The bytes so far, in order. Nothing may be written afterwards. */
  readonly finish: () => readonly Buffer[];
}

export function createChunkWriter(): ChunkWriter {
  const chunks: Buffer[] = [];
  let pending = '';

  function flush(): void {
    if (pending === '') return;
    chunks.push(Buffer.from(pending, 'utf8'));
    pending = '';
  }

  return {
    write(text) {
      pending += text;
      if (pending.length >= CHUNK_CHARACTERS) flush();
    },
    finish() {
      flush();
      return chunks;
    },
  };
}
