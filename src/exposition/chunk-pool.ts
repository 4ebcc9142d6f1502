/** What a chunk grows to: no page is ever one big buffer, and the socket takes about as much at a time. */
export const CHUNK_BYTES = 64 * 1024;

/** Most families have few lines: a chunk begins small, and is copied to the next size while it is too small. */
export const CHUNK_SIZES = [512, 2_048, 8_192, 32_768, CHUNK_BYTES] as const;

/** Of each size at most: of the largest that is 64 MB, more than a page of half a million samples. */
const MOST_FREE = 1_024;

const free: ReadonlyMap<number, Buffer[]> = new Map(CHUNK_SIZES.map((bytes) => [bytes, []]));
/** The memory of chunks of the pool; chunks are shorter than it where the next line did not fit. */
const pooled = new WeakSet<ArrayBufferLike>();
const keptForLater = new WeakSet<readonly Buffer[]>();

/**
 * A chunk to write into, of a page that was sent if there is one.
 *
 * Left to the garbage collector, the chunks of two or three pages wait in memory: at 10,000 tables that is 60 MB.
 *
 * @param bytes one of the sizes
 */
export function takeChunk(bytes: number): Buffer {
  const known = free.get(bytes)?.pop();
  if (known !== undefined) return known;
  // Not of Node's own pool, which others hold too.
  const made = Buffer.allocUnsafeSlow(bytes);
  pooled.add(made.buffer);
  return made;
}

/** Has these chunks never be given back: their bytes are served again. */
export function keepChunks(chunks: readonly Buffer[]): void {
  keptForLater.add(chunks);
}

/** Takes back chunks that nobody will read any more. Calling it twice for the same chunks would mix up two pages. */
export function giveBackChunks(chunks: readonly Buffer[]): void {
  if (keptForLater.has(chunks)) return;
  for (const { buffer } of chunks) {
    const others = free.get(buffer.byteLength);
    if (others !== undefined && others.length < MOST_FREE && pooled.has(buffer)) others.push(Buffer.from(buffer));
  }
}
