import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';

import type { Response } from 'express';

/** A page has hundreds of chunks, most of them of a few lines: what is small goes together. */
const PIECE_BYTES = 64 * 1024;
const LARGE_BYTES = 16 * 1024;

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
  const source = Readable.from(joinSmall(chunks), { objectMode: false });
  response.setHeader('Content-Encoding', 'gzip');
  // Level 1: a page shrinks to a tenth for a third of the default level's work.
  await pipeline(source, createGzip({ level: constants.Z_BEST_SPEED }), response);
}

/** Large chunks go out as they are, which copies nothing; small ones together, for each is work of its own. */
async function writeChunks(response: Response, chunks: readonly Buffer[]): Promise<void> {
  for (const piece of joinSmall(chunks)) {
    if (response.destroyed) break;
    response.write(piece);
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

/** Pieces of 64 KB and less, with what is small joined to its neighbours. */
function* joinSmall(chunks: readonly Buffer[]): Generator<Buffer> {
  let small: Buffer[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    const isLarge = chunk.length >= LARGE_BYTES;
    if (small.length > 0 && (isLarge || bytes + chunk.length > PIECE_BYTES)) {
      yield Buffer.concat(small, bytes);
      small = [];
      bytes = 0;
    }
    if (isLarge) {
      yield chunk;
      continue;
    }
    small.push(chunk);
    bytes += chunk.length;
  }
  if (small.length > 0) yield Buffer.concat(small, bytes);
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
