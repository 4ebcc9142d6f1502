import type pg from 'pg';

import { wrapReading } from './reading.ts';

/** Node reads 64 KB at a time; a piece of this size says that more is waiting. */
const LARGE_BYTES = 32 * 1024;

/**
 * Lets others have a turn after each large piece of a result: without it the event loop reads 32 pieces from a socket
 * before it looks at anything else, which blocked it for 2 MB of rows at once.
 */
export function giveWay(connection: pg.Connection): void {
  wrapReading(connection, (listener, stream) => (chunk) => {
    listener(chunk);
    if (chunk.length < LARGE_BYTES) return;
    stream.pause();
    setImmediate(() => stream.resume());
  });
}
