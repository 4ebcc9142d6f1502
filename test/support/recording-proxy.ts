import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What went through one connection since it was made, or since `reset`. */
export interface ConnectionRecord {
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  /** How often the client spoke after it had been answered; its first word counts too. */
  readonly turns: number;
  readonly open: boolean;
  /** What the client said, if the proxy keeps it. */
  readonly said: readonly Buffer[];
}

export interface ProxyOptions {
  /** Port of the server on 127.0.0.1. */
  readonly port: number;
  /** Added to everything on its way, in each direction, ms; by default 0. Of 2.5, 2 to the server and 3 back. */
  readonly delayMs?: number;
  /** What clients say is kept until `reset`; by default it is not. */
  readonly keepsRequests?: boolean;
}

/** Starts a TCP proxy on a free port of 127.0.0.1. */
export async function startRecordingProxy(options: ProxyOptions): Promise<RecordingProxy> {
  // Paused from the start, so that nothing is lost between accepting a client and reaching the server.
  const server = createServer({ noDelay: true, pauseOnConnect: true });
  const proxy = new RecordingProxy(server, options);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return proxy;
}

/** A proxy before one PostgreSQL server which counts bytes and turns, delays, cuts and swallows. */
export class RecordingProxy implements AsyncDisposable {
  /** Added to what is sent from now on, in each direction, ms. */
  delayMs: number;
  readonly #server: Server;
  readonly #connections: ProxiedConnection[] = [];
  #silent = false;

  constructor(server: Server, options: ProxyOptions) {
    this.#server = server;
    this.delayMs = options.delayMs ?? 0;
    server.on('connection', (client) => {
      const connection = new ProxiedConnection(client, options, () => this.delayMs);
      this.#connections.push(connection);
      if (!this.#silent) connection.flow();
    });
  }

  /** Where clients connect, on 127.0.0.1. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Every connection since the start or since `reset`, oldest first. */
  get connections(): readonly ConnectionRecord[] {
    return this.#connections.map((connection) => connection.record);
  }

  get openConnections(): number {
    return this.#connections.filter((connection) => connection.record.open).length;
  }

  /** Turns of all connections together. */
  get turns(): number {
    return this.#connections.reduce((sum, connection) => sum + connection.record.turns, 0);
  }

  /** Sets all counters to 0 and forgets the closed connections; open ones go on. */
  reset(): void {
    const open = this.#connections.filter((connection) => connection.record.open);
    this.#connections.splice(0, Infinity, ...open);
    for (const connection of open) connection.reset();
  }

  /** Breaks all open connections with a TCP reset to both sides. */
  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  /** Forwards nothing more, in no direction, on old and new connections: what is sent is neither answered nor refused. */
  goSilent(): void {
    this.#silent = true;
    for (const connection of this.#connections) connection.pause();
  }

  /** Forwards again, what was held back first. */
  speakAgain(): void {
    this.#silent = false;
    for (const connection of this.#connections) connection.flow();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

class ProxiedConnection {
  readonly #client: Socket;
  readonly #options: ProxyOptions;
  readonly #delayMs: () => number;
  #upstream: Socket | undefined;
  #bytesToServer = 0;
  #bytesToClient = 0;
  #turns = 0;
  #clientSpokeLast = false;
  #said: Buffer[] = [];
  #open = true;

  constructor(client: Socket, options: ProxyOptions, delayMs: () => number) {
    this.#client = client;
    this.#options = options;
    this.#delayMs = delayMs;
    client.on('data', (chunk) => this.#fromClient(chunk));
    client.on('error', () => this.cut());
    client.on('end', () => this.#later(Math.floor, () => this.#upstream?.end()));
    client.on('close', () => this.#close());
    // Listening for data makes a socket flow.
    client.pause();
  }

  get record(): ConnectionRecord {
    return {
      bytesToServer: this.#bytesToServer,
      bytesToClient: this.#bytesToClient,
      turns: this.#turns,
      open: this.#open,
      said: this.#said,
    };
  }

  reset(): void {
    this.#bytesToServer = 0;
    this.#bytesToClient = 0;
    this.#turns = 0;
    this.#said = [];
  }

  flow(): void {
    if (!this.#open) return;
    this.#upstream ??= this.#connectUpstream();
    this.#upstream.resume();
    this.#client.resume();
  }

  pause(): void {
    this.#upstream?.pause();
    this.#client.pause();
  }

  cut(): void {
    this.#client.resetAndDestroy();
    this.#upstream?.resetAndDestroy();
    this.#close();
  }

  #connectUpstream(): Socket {
    const upstream = connect({ port: this.#options.port, host: '127.0.0.1', noDelay: true });
    upstream.on('data', (chunk) => this.#later(Math.ceil, () => this.#toClient(chunk)));
    upstream.on('error', () => this.cut());
    upstream.on('end', () => this.#later(Math.ceil, () => this.#client.end()));
    upstream.on('close', () => this.#close());
    return upstream;
  }

  #fromClient(chunk: Buffer): void {
    if (!this.#clientSpokeLast) this.#turns += 1;
    this.#clientSpokeLast = true;
    this.#bytesToServer += chunk.length;
    if (this.#options.keepsRequests === true) this.#said.push(chunk);
    this.#later(Math.floor, () => this.#upstream?.write(chunk));
  }

  /** Counted when it is delivered: what the client sends while the answer is still on its way answers nothing. */
  #toClient(chunk: Buffer): void {
    this.#clientSpokeLast = false;
    this.#bytesToClient += chunk.length;
    if (!this.#client.destroyed) this.#client.write(chunk);
  }

  /** Timers of one length, whole milliseconds, fire in the order they were set, so nothing overtakes. */
  #later(round: (milliseconds: number) => number, action: () => void): void {
    const delayMs = round(this.#delayMs());
    if (delayMs > 0) setTimeout(action, delayMs);
    else action();
  }

  #close(): void {
    this.#open = false;
  }
}
