import type { Socket } from 'node:net';

import type { RequestHandler } from 'express';

/** The connections of walguard's server, and which of them have a request that is being answered. */
export class Connections {
  readonly #most: number;
  readonly #answerMs: () => number;
  /** In the order in which they came. */
  readonly #open = new Set<Socket>();
  /** The clients whose requests are being answered, with how many of them. */
  readonly #busy = new Map<string, number>();
  #stopping = false;

  /** @param answerMs from a request to the last byte of its answer; a connection that takes longer is closed */
  constructor(most: number, answerMs: () => number) {
    this.#most = most;
    this.#answerMs = answerMs;
  }

  /** Takes in a connection; who only holds one makes room for it. False, and closed, if all are being answered. */
  admit(socket: Socket): boolean {
    const client = clientOf(socket);
    if (this.#open.size >= this.#most) {
      const idle = [...this.#open].find((other) => !this.#isBusy(other)) ?? socket;
      idle.destroy();
      this.#open.delete(idle);
    }
    if (socket.destroyed) return false;
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#busy.delete(client);
    });
    return true;
  }

  /** Counts a request until its answer has gone, and ends both if that takes too long. */
  readonly watch: RequestHandler = ({ socket }, response, next) => {
    const client = clientOf(socket);
    const before = this.#busy.get(client) ?? 0;
    this.#busy.set(client, before + 1);
    const timer = setTimeout(() => socket.destroy(), this.#answerMs());
    response.once('close', () => {
      clearTimeout(timer);
      const left = (this.#busy.get(client) ?? 1) - 1;
      if (left > 0) this.#busy.set(client, left);
      else this.#busy.delete(client);
      // Kept alive, the connection would keep a server that stops from having closed.
      if (this.#stopping) socket.end();
    });
    if (before === 0) return next();
    response.setHeader('Connection', 'close');
    return void response.status(503).type('text/plain').send('A connection has one request at a time.\n');
  };

  /** Closes those that ask nothing: they would be waited for without end. */
  stop(): void {
    this.#stopping = true;
    for (const socket of this.#open) if (!this.#isBusy(socket)) socket.destroy();
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #isBusy(socket: Socket): boolean {
    return this.#busy.has(clientOf(socket));
  }
}

/** The same for a connection and for the TLS inside it. */
function clientOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return [remoteAddress, remotePort, localPort].join(' ');
}
