import { constants, createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 256 * 1024;

/** The first bytes of a regular file, or all if it is shorter. Throws what the system says. */
export function readHead(path: string, bytes: number): Promise<Buffer> {
  return withFile(path, (file) => readAt(file, 0, bytes));
}

/** The last bytes of a regular file, or all if it is shorter. Throws what the system says. */
export function readTail(path: string, bytes: number): Promise<Buffer> {
  return withFile(path, async (file, sizeBytes) => readAt(file, Math.max(0, sizeBytes - bytes), bytes));
}

/** A file's bytes, one piece after another; each is valid until the next is asked for. Throws what the system says. */
export async function* readPieces(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES, signal });
  for await (const piece of stream) yield piece as Buffer;
}

async function withFile<T>(path: string, run: (file: FileHandle, sizeBytes: number) => Promise<T>): Promise<T> {
  // Without a writer, opening a pipe would wait for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error('not a regular file');
    return await run(file, stats.size);
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let length = 0;
  while (length < bytes) {
    const { bytesRead } = await file.read(buffer, length, bytes - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
