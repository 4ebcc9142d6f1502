import { connect, type Socket } from 'node:net';

import { waitFor } from '../../servers/index.ts';

/** Far above every limit of walguard. */
const PATIENCE_MS = 60_000;

/** A connection on which anything can be said. */
export class RawClient implements Disposable {
  /** All that came, as Latin-1. */
  received = '';
  isClosed = false;
  readonly socket: Socket;

  constructor(port: number | undefined) {
    this.socket = connect({ host: '127.0.0.1', port: port ?? 0, allowHalfOpen: true });
    this.socket.on('data', (bytes: Buffer) => (this.received += bytes.toString('latin1')));
    // Closed with bytes unread, a connection ends in a reset: that it ends is what counts.
    this.socket.on('error', () => undefined);
    this.socket.on('end', () => this.socket.end());
    this.socket.on('close', () => (this.isClosed = true));
  }

  /** Bytes as Latin-1; nothing once the connection is closed. */
  send(text: string): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.from(text, 'latin1'));
  }

  /** Waits until the other side has closed it, and gives the statuses of all answers that came. */
  async closed(): Promise<readonly number[]> {
    await waitFor('the connection to be closed', () => this.isClosed, PATIENCE_MS);
    return this.statuses;
  }

  get statuses(): readonly number[] {
    return Array.from(this.received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm), ([, status]) => Number(status));
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** Sends it, waits until the other side has closed the connection, and gives the statuses of all answers. */
export async function statusesOf(port: number | undefined, request: string): Promise<readonly number[]> {
  using client = new RawClient(port);
  client.send(request);
  return await client.closed();
}

/** Of GET by HTTP/1.1, with further lines of headers; the connection is to be closed after it. */
export function getRequest(target: string, ...lines: readonly string[]): string {
  return [`GET ${target} HTTP/1.1`, 'Host: walguard', 'Connection: close', ...lines, '', ''].join('\r\n');
}
