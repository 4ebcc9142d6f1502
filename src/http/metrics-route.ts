import type { Request, Response } from 'express';

import type { Format } from '../exposition/encode.ts';
import { CONTENT_TYPES, negotiateFormat } from '../exposition/negotiate.ts';
import { scrapeBudget } from './deadline.ts';
import { acceptsGzip, sendPage } from './send-page.ts';
import { readSelection, type Selection } from './selection.ts';

/** What the server asks for a page of metrics. */
export interface PageRequest {
  readonly selection: Selection;
  readonly budgetMs: number;
  /** Aborts when the client has gone. */
  readonly reader: AbortSignal;
  readonly format: Format;
}

/** A page as chunks of bytes. They are written over once it is released. */
export interface Page {
  readonly chunks: readonly Buffer[];
  /** To be called once. */
  readonly release: () => void;
}

export type MakePage = (request: PageRequest) => Promise<Page>;

export interface MetricsRoute {
  readonly collectorNames: readonly string[];
  readonly scrapeTimeoutMs: number;
  readonly makePage: MakePage;
}

export function metricsRoute(route: MetricsRoute): (request: Request, response: Response) => Promise<void> {
  return async (request, response) => {
    const selection = readSelection(request.query, route.collectorNames);
    if (typeof selection === 'string') {
      response.status(400).type('text/plain').send(`${selection}\n`);
      return;
    }
    const format = negotiateFormat(request.get('Accept'));
    const page = await route.makePage({
      selection,
      budgetMs: scrapeBudget(route.scrapeTimeoutMs, request.get('X-Prometheus-Scrape-Timeout-Seconds')),
      reader: goneSignal(response),
      format,
    });
    try {
      if (response.destroyed) return;
      response.setHeader('Content-Type', CONTENT_TYPES[format]);
      response.setHeader('Vary', 'Accept, Accept-Encoding');
      await sendPage(response, page.chunks, acceptsGzip(request.get('Accept-Encoding')));
    } finally {
      page.release();
    }
  };
}

/** Aborts when the client closes the connection before it has the whole answer. */
function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}
