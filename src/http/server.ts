import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';

import express, { type NextFunction, type Request, type Response } from 'express';

import { asWalguardError, WalguardError, systemCode } from '../core/error.ts';
import type { Logger } from '../core/logger.ts';
import { Connections } from './connections.ts';
import { ofProbe, ofTarget } from './choose-server.ts';
import { DISCOVERY_PATH, discoveryRoute } from './discovery-route.ts';
import { healthRouter } from './health-routes.ts';
import { createGate, type HttpLimits, refuseMethod, refuseOdd, serverOptions } from './limits.ts';
import { metricsRoute, PROBE_PATH, sendMetrics } from './metrics-route.ts';
import { pageRouter, type PageFiles } from './page/route.ts';
import { type Reload, RELOAD_PATH, reloadRoute } from './reload-route.ts';
import type { ServedServers } from './served.ts';
import { sendStatus, STATUS_PATH } from './status-route.ts';
import type { Protection } from './web/protection.ts';

export interface WebServerSettings {
  readonly addresses: readonly { readonly host: string | undefined; readonly port: number }[];
  readonly telemetryPath: string;
  readonly servers: ServedServers;
  readonly pageFiles: PageFiles;
  /** The longest that a scrape may last now. */
  readonly longestScrapeMs: () => number;
  /** Undefined: nobody may ask for it. */
  readonly reload: Reload | undefined;
  readonly log: Logger;
  readonly limits: HttpLimits;
  /** Scrapes that are answered at once. */
  readonly mostRequests: number;
  /** Disposed of with the server. */
  readonly protection: Protection;
}

/** A client that does not take its page is not waited for longer than the scrape may last and this. */
const STOP_MARGIN_MS = 1_000;

/** Everything walguard serves over HTTP. Disposing it lets requests under way end and refuses new ones. */
export class WebServer implements AsyncDisposable {
  readonly #settings: WebServerSettings;
  readonly #servers: Server[] = [];
  readonly #connections: Connections;

  constructor(settings: WebServerSettings) {
    this.#settings = settings;
    const { connections, sendMs } = settings.limits;
    this.#connections = new Connections(connections, () => settings.longestScrapeMs() + sendMs);
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
      const server = createServer(serverOptions(this.#settings.limits), app);
      // One more than is let in, so that what Node would leave out in silence is told.
      server.maxHeadersCount = this.#settings.limits.headers + 1;
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
      if (this.#connections.admit(socket)) this.#settings.protection.take(socket, accept);
    });
  }

  #routes(): express.Express {
    const { telemetryPath, servers, pageFiles, reload, log, limits, mostRequests } = this.#settings;
    const app = express();
    app.disable('x-powered-by');
    app.disable('etag');
    app.set('query parser', 'simple');
    app.use(this.#connections.watch, refuseOdd(limits));
    app.use(this.#settings.protection.guard);
    const gate = createGate(mostRequests);
    app.get(telemetryPath, gate, metricsRoute(servers));
    app.get(PROBE_PATH, gate, ofProbe(servers, sendMetrics));
    app.get(DISCOVERY_PATH, discoveryRoute(servers));
    app.get(STATUS_PATH, ofTarget(servers, sendStatus));
    app.use(healthRouter(servers));
    app.post(RELOAD_PATH, reloadRoute(reload));
    app.get('/-/healthy', (_request, response) => sendText(response, 200, 'walguard is healthy.'));
    // Not ready is a refused connection: walguard listens last when it starts, and stops listening first.
    app.get('/-/ready', (_request, response) => sendText(response, 200, 'walguard is ready.'));
    app.use(pageRouter({ servers, telemetryPath, files: pageFiles }));
    app.use(refuseMethod);
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
    const closed = Promise.all(this.#servers.map(closeServer));
    this.#connections.stop();
    const mostMs = this.#settings.longestScrapeMs() + STOP_MARGIN_MS;
    const timer = setTimeout(() => this.#connections.destroy(), mostMs);
    await closed;
    clearTimeout(timer);
    await this.#settings.protection[Symbol.asyncDispose]();
  }
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
