import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';

import express, { type NextFunction, type Request, type Response } from 'express';

import { asWalguardError, WalguardError, systemCode } from '../core/error.ts';
import type { Logger } from '../core/logger.ts';
import type { Health } from '../scrape/role-watch.ts';
import { healthRouter } from './health-routes.ts';
import { metricsRoute, type MetricsRoute } from './metrics-route.ts';
import { pageRouter, type PageRoute } from './page/route.ts';
import type { StatusDocument } from './schema.ts';
import type { Protection } from './web/protection.ts';
import { STATUS_PATH, statusRoute } from './status-route.ts';

export interface WebServerSettings {
  readonly addresses: readonly { readonly host: string | undefined; readonly port: number }[];
  readonly telemetryPath: string;
  readonly metrics: MetricsRoute;
  readonly page: Pick<PageRoute, 'collectors' | 'files'>;
  /** What is known of the recoverability now. */
  readonly status: () => StatusDocument;
  /** What the server is now. Never rejects. */
  readonly health: () => Promise<Health>;
  readonly log: Logger;
  /** Disposed of with the server. */
  readonly protection: Protection;
}

/** A client that does not take its page is not waited for longer than the scrape may last and this. */
const STOP_MARGIN_MS = 1_000;

/** Everything walguard serves over HTTP. Disposing it lets requests under way end and refuses new ones. */
export class WebServer implements AsyncDisposable {
  readonly #settings: WebServerSettings;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  /** The clients whose requests are being answered. */
  readonly #busy = new Set<string>();
  #stopping = false;

  constructor(settings: WebServerSettings) {
    this.#settings = settings;
  }

  /**
   * Listens on all addresses; on none if one of them cannot be used.
   *
   * @returns the addresses as they came out, where port 0 was asked for with the port that was given
   * @throws LISTEN_FAILED
   */
  async listen(): Promise<readonly string[]> {
    const app = this.#routes();
    const bound: string[] = [];
    await this.#settings.protection.watch();
    for (const { host, port } of this.#settings.addresses) {
      const server = createServer(app);
      this.#servers.push(server);
      this.#protect(server);
      server.listen({ port, ...(host === undefined ? {} : { host }) });
      try {
        await once(server, 'listening');
      } catch (cause) {
        await this[Symbol.asyncDispose]();
        throw listenFailed(`${host ?? ''}:${port}`, cause);
      }
      bound.push(addressText(server));
    }
    return bound;
  }

  /** Puts TLS between the connections and who reads requests from them. */
  #protect(server: Server): void {
    const readers = server.listeners('connection');
    server.removeAllListeners('connection');
    const accept = (socket: Socket): void => {
      for (const reader of readers) reader.call(server, socket);
    };
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      this.#settings.protection.take(socket, accept);
    });
  }

  #routes(): express.Express {
    const { telemetryPath, metrics, page, status, health, log } = this.#settings;
    const app = express();
    app.disable('x-powered-by');
    app.disable('etag');
    app.set('query parser', 'simple');
    app.use((request, response, next) => {
      const client = clientOf(request.socket);
      this.#busy.add(client);
      response.on('close', () => {
        this.#busy.delete(client);
        // Kept alive, the connection would keep a server that stops from having closed.
        if (this.#stopping) request.socket.end();
      });
      next();
    });
    app.use(this.#settings.protection.guard);
    app.get(telemetryPath, metricsRoute(metrics));
    app.get(STATUS_PATH, statusRoute(status));
    app.use(healthRouter(health));
    app.get('/-/healthy', (_request, response) => sendText(response, 200, 'walguard is healthy.'));
    // Not ready is a refused connection: walguard listens last when it starts, and stops listening first.
    app.get('/-/ready', (_request, response) => sendText(response, 200, 'walguard is ready.'));
    app.use(pageRouter({ ...page, status, telemetryPath }));
    app.use((_request, response) => sendText(response, 404, `There is nothing here. Metrics are at ${telemetryPath}.`));
    // Express takes a function of four parameters for the one that handles errors.
    app.use((thrown: unknown, _request: Request, response: Response, _next: NextFunction) => {
      if (response.headersSent || response.destroyed) return response.destroy();
      const { code, message } = asWalguardError(thrown);
      log.error({ code, reason: message }, 'request failed');
      return sendText(response, 500, 'walguard failed; see its log.');
    });
    return app;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    const closed = Promise.all(this.#servers.map(closeServer));
    // Who asks nothing (a probe of the port, a browser ahead of time) would be waited for without end.
    for (const socket of this.#sockets) if (!this.#busy.has(clientOf(socket))) socket.destroy();
    const { scrapeTimeoutMs } = this.#settings.metrics;
    const timer = setTimeout(
      () => this.#sockets.forEach((socket) => socket.destroy()),
      scrapeTimeoutMs + STOP_MARGIN_MS,
    );
    await closed;
    clearTimeout(timer);
    await this.#settings.protection[Symbol.asyncDispose]();
  }
}

/** The same for a connection and for the TLS inside it. */
function clientOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return [remoteAddress, remotePort, localPort].join(' ');
}

function sendText(response: Response, status: number, text: string): void {
  response.status(status).type('text/plain').send(`${text}\n`);
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  await closed;
}

function addressText(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return String(address);
  return `${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}

const LISTEN_HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another process uses the port: stop it, or give another with --web.listen-address.',
  EACCES: 'Ports below 1024 need a privilege: give another with --web.listen-address.',
  EADDRNOTAVAIL: 'This machine has no such address: correct --web.listen-address.',
  ENOTFOUND: 'The host is not known: correct --web.listen-address.',
};

function listenFailed(address: string, cause: unknown): WalguardError {
  const code = systemCode(cause);
  return new WalguardError('LISTEN_FAILED', `${address} cannot be listened on (${code})`, {
    hint: LISTEN_HINTS[code] ?? 'Give another address with --web.listen-address.',
    cause,
  });
}
