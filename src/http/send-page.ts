import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';

import type { Response } from 'express';

/** The compressor's thread takes a piece at a time, and a page has hundreds of chunks: what is small goes together. */
const PIECE_BYTES = 64 * 1024;

/**
 * Sends chunks of bytes as the socket takes them, compressed if the client asked for it. Resolves when nothing reads the
 * chunks any more.
 */
export async function sendPage(response: Response, chunks: readonly Buffer[], gzip: boolean): Promise<void> {
  if (!gzip) {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    response.setHeader('Content-Length', bytes);
    await writeChunks(response, chunks);
    return;
  }
  const source = Readable.from(joinChunks(chunks), { objectMode: false });
  response.setHeader('Content-Encoding', 'gzip');
  // Level 1: a page shrinks to a tenth for a third of the default level's work.
  await pipeline(source, createGzip({ level: constants.Z_BEST_SPEED }), response);
}

/** Pieces go out as they are, many in one write: a stream would have wanted them joined, which copies the page. */
async function writeChunks(response: Response, chunks: readonly Buffer[]): Promise<void> {
  for (let index = 0; index < chunks.length && !response.destroyed;) {
    response.cork();
    for (let bytes = 0; bytes < PIECE_BYTES && index < chunks.length; index++) {
      const chunk = chunks[index] ?? Buffer.alloc(0);
      bytes += chunk.length;
      response.write(chunk);
    }
    response.uncork();
    if (response.writableNeedDrain) await drained(response);
  }
  await ended(response);
}

/** Resolves when the last byte has left, or when the client has gone: until then the socket reads the chunks. */
function ended(response: Response): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    response.once('close', resolve).end();
    return undefined;
  });
}

/** Resolves too when the client has gone. */
function drained(response: Response): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

function* joinChunks(chunks: readonly Buffer[]): Generator<Buffer> {
  let pending: Buffer[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    pending.push(chunk);
    bytes += chunk.length;
    if (bytes < PIECE_BYTES) continue;
    yield Buffer.concat(pending, bytes);
    pending = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(pending, bytes);
}

/** True if the client takes gzip; `*` stands for what is not named. Source: RFC 9110, 12.5.3. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const accepted = new Map(
    (acceptEncoding ?? '').split(',').map((entry) => {
      const [coding = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
      return [coding, !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))];
    }),
  );
  return accepted.get('gzip') ?? accepted.get('*') ?? false;
}
