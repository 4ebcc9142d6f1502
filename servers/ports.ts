import { createServer } from 'node:net';

/** Linux gives outgoing connections ports from 32768 up, so a port below is not taken between looking and listening. */
const lowest = 20_000;
const highest = 32_767;

/** A port of 127.0.0.1 that nobody listened on a moment ago; throws when fifty guesses were all taken. */
export async function freePort(): Promise<number> {
  for (let guess = 0; guess < 50; guess += 1) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1));
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port on 127.0.0.1 between ${lowest} and ${highest}.`);
}

/** Whether one could listen on this port of 127.0.0.1 now. */
export async function isFree(port: number): Promise<boolean> {
  return (await listenError(port)) === undefined;
}

/** Why one cannot listen on this port of 127.0.0.1 now, such as `EADDRINUSE` or `EACCES`; undefined when one can. */
export function listenError(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
