import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What becomes of what is sent: it goes on; it is swallowed in both directions and never refused; it goes on a byte a
 * second; or, for new connections only, they are reset as soon as they are made.
 */
export type Weather = 'clear' | 'swallowing' | 'trickling' | 'refusing';

const TRICKLE_MS = 1_000;

/** Starts a TCP proxy on a free port of 127.0.0.1 before a server on another port there. */
export async function startFaultProxy(upstreamPort: number): Promise<FaultProxy> {
  const server = createServer({ noDelay: true, allowHalfOpen: true });
  const proxy = new FaultProxy(server, upstreamPort);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return proxy;
}

/** One address behind which the network, or the server, becomes another. */
export class FaultProxy implements AsyncDisposable {
  weather: Weather = 'clear';
  /** Where new connections lead. */
  upstreamPort: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #tearsAt: string | undefined;

  constructor(server: Server, upstreamPort: number) {
    this.#server = server;
    this.upstreamPort = upstreamPort;
    server.on('connection', (client) => this.#accept(client));
  }

  /** Where clients connect, on 127.0.0.1. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Connections that clients hold. */
  get openConnections(): number {
    return this.#pairs.size;
  }

  /** Resets all connections, to both sides. */
  cut(): void {
    for (const pair of this.#pairs) pair.reset();
  }

  /** The server goes away without a word on all connections there are: clients hold one end, nobody the other. */
  forsake(): void {
    for (const pair of this.#pairs) pair.forsake();
  }

  /** Resets a connection in the middle of the next answer that holds this text, within the text; once. */
  tearAt(text: string): void {
    this.#tearsAt = text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    client.on('error', () => client.destroy());
    if (this.weather === 'refusing') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ port: this.upstreamPort, host: '127.0.0.1', noDelay: true });
    const pair = new Pair(client, upstream, {
      weather: () => this.weather,
      tears: (piece) => this.#takeTear(piece),
    });
    this.#pairs.add(pair);
    client.once('close', () => this.#pairs.delete(pair));
  }

  /** How many bytes of the piece still go on; undefined for all. */
  #takeTear(piece: Buffer): number | undefined {
    const at = this.#tearsAt === undefined ? -1 : piece.indexOf(this.#tearsAt);
    if (at < 0) return undefined;
    this.#tearsAt = undefined;
    return at + 2;
  }
}

interface PairRules {
  readonly weather: () => Weather;
  readonly tears: (piece: Buffer) => number | undefined;
}

/** A connection of a client and the one to the server that belongs to it. */
class Pair {
  readonly #client: Socket;
  readonly #upstream: Socket;
  #isForsaken = false;

  constructor(client: Socket, upstream: Socket, { weather, tears }: PairRules) {
    this.#client = client;
    this.#upstream = upstream;
    const toServer = createPipe(upstream, weather);
    const toClient = createPipe(client, weather);
    client.on('data', (piece) => {
      if (!this.#isForsaken) toServer.send(piece);
    });
    upstream.on('data', (piece) => {
      const torn = tears(piece);
      if (torn === undefined) toClient.send(piece);
      else client.write(piece.subarray(0, torn), () => this.reset());
    });
    client.on('end', () => client.destroy());
    client.on('close', () => {
      toServer.stop();
      toClient.stop();
      upstream.destroy();
    });
    upstream.on('error', () => upstream.destroy());
    upstream.on('close', () => {
      // A server that goes away where nothing gets through is not heard to do so.
      if (!this.#isForsaken && weather() !== 'swallowing') client.destroy();
    });
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#upstream.resetAndDestroy();
  }

  forsake(): void {
    this.#isForsaken = true;
    this.#upstream.destroy();
  }
}

/** One direction. */
function createPipe(to: Socket, weather: () => Weather): { send: (piece: Buffer) => void; stop: () => void } {
  let waiting = Buffer.alloc(0);
  let timer: NodeJS.Timeout | undefined;
  const drip = (): void => {
    const count = weather() === 'trickling' ? 1 : waiting.length;
    if (!to.destroyed) to.write(waiting.subarray(0, count));
    waiting = waiting.subarray(count);
    timer = waiting.length === 0 ? undefined : setTimeout(drip, TRICKLE_MS);
  };
  return {
    send(piece) {
      if (weather() === 'swallowing' || to.destroyed) return;
      if (weather() === 'clear' && timer === undefined) {
        to.write(piece);
        return;
      }
      waiting = Buffer.concat([waiting, piece]);
      timer ??= setTimeout(drip, TRICKLE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
