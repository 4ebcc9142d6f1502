import type { ServerOptions } from 'node:http';

import type { RequestHandler, Response } from 'express';

/** What a client may cost before it is let in, and how long it may take. */
export interface HttpLimits {
  /** Of the request line and all headers together. */
  readonly headerBytes: number;
  readonly headers: number;
  /** From the connection, or the first byte of a further request, to the end of the headers. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** Between two requests over one connection. */
  readonly idleMs: number;
  /** In which a client has to take its answer, once a scrape has used up its own time. */
  readonly sendMs: number;
  /** Beyond it the one that is idle longest is closed for a new one. */
  readonly connections: number;
}

/**
 * Above what Prometheus, browsers and load balancers need; idle connections outlive the minute that Prometheus' scrapes
 * are apart at most, as a rule.
 */
export const HTTP_LIMITS: HttpLimits = {
  headerBytes: 16 * 1_024,
  headers: 100,
  headersMs: 10_000,
  requestMs: 20_000,
  idleMs: 120_000,
  sendMs: 30_000,
  connections: 500,
};

/** Limits are looked at so often; Node's own half a minute would add that to each. */
const LOOK_INTERVAL_MS = 1_000;

/** What Node sees to by itself: it answers 400, 408 or 431, and closes. */
export function serverOptions(limits: HttpLimits): ServerOptions {
  return {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: LOOK_INTERVAL_MS,
    insecureHTTPParser: false,
    requireHostHeader: true,
  };
}

interface Refusal {
  readonly status: number;
  readonly why: string;
}

/** Refuses what none of walguard's paths has a use for, and closes the connection: what follows is not read. */
export function refuseOdd({ headers }: HttpLimits): RequestHandler {
  return ({ method, rawHeaders, headers: given }, response, next) => {
    const names = rawHeaders.filter((_text, index) => index % 2 === 0).map((name) => name.toLowerCase());
    if (names.length > headers) return refuse(response, { status: 431, why: 'There are too many headers.' });
    if (names.filter((name) => name === 'host').length > 1)
      return refuse(response, { status: 400, why: 'There are two hosts.' });
    if (given['transfer-encoding'] !== undefined || Number(given['content-length'] ?? 0) !== 0)
      return refuse(response, { status: 413, why: 'Requests have no body here.' });
    if (!METHODS.has(method)) return refuse(response, NOT_ALLOWED);
    return next();
  };
}

/** POST changes something where there is something to change; load balancers may ask for the health by OPTIONS. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);
const NOT_ALLOWED: Refusal = { status: 405, why: 'There is GET and HEAD.' };

/** For what no path answered: 405 if it was neither GET nor HEAD. */
export const refuseMethod: RequestHandler = ({ method }, response, next) =>
  method === 'GET' || method === 'HEAD' ? next() : refuse(response, NOT_ALLOWED);

/** Lets so many requests of these paths be answered at once. */
export function createGate(most: number): RequestHandler {
  let underWay = 0;
  return (_request, response, next) => {
    if (underWay >= most) {
      response.setHeader('Retry-After', '1');
      return void response.status(503).type('text/plain').send(`${most} requests are being answered already.\n`);
    }
    underWay++;
    response.once('close', () => underWay--);
    return next();
  };
}

function refuse(response: Response, { status, why }: Refusal): void {
  if (status === 405) response.setHeader('Allow', 'GET, HEAD');
  response.setHeader('Connection', 'close');
  response.status(status).type('text/plain').send(`${why}\n`);
}
