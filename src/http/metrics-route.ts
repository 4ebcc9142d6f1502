import type { Request, Response } from 'express';

import type { Format } from '../exposition/encode.ts';
import { CONTENT_TYPES, negotiateFormat } from '../exposition/negotiate.ts';
import { scrapeBudget } from './deadline.ts';
import { acceptsGzip, sendPage } from './send-page.ts';
import { readSelection } from './selection.ts';
import type { Page, ServedServer, ServedServers } from './served.ts';

export const PROBE_PATH = '/probe';

/** Answers with the metrics of one server. */
export async function sendMetrics(server: ServedServer, request: Request, response: Response): Promise<void> {
  const selection = readSelection(request.query, server.collectorNames);
  if (typeof selection === 'string') {
    response.status(400).type('text/plain').send(`${selection}\n`);
    return;
  }
  const budgetMs = scrapeBudget(server.scrapeTimeoutMs, request.get('X-Prometheus-Scrape-Timeout-Seconds'));
  const reader = goneSignal(response);
  await sendMade(request, response, async (format) => await server.makePage({ selection, budgetMs, reader, format }));
}

/** Answers with the metrics of the only server or, where there is none by itself, of walguard's own process. */
export function metricsRoute(servers: ServedServers): (request: Request, response: Response) => Promise<void> {
  return async (request, response) => {
    const only = servers.only();
    if (only !== undefined) return await sendMetrics(only, request, response);
    return await sendMade(request, response, async (format) => await servers.makeOwnPage(format));
  };
}

async function sendMade(request: Request, response: Response, make: (format: Format) => Promise<Page>): Promise<void> {
  const format = negotiateFormat(request.get('Accept'));
  const page = await make(format);
  try {
    if (response.destroyed) return;
    response.setHeader('Content-Type', CONTENT_TYPES[format]);
    response.setHeader('Vary', 'Accept, Accept-Encoding');
    await sendPage(response, page.chunks, acceptsGzip(request.get('Accept-Encoding')));
  } finally {
    page.release();
  }
}

/** Aborts when the client closes the connection before it has the whole answer. */
function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}
