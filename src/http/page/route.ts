import { createHash } from 'node:crypto';

import express, { type NextFunction, type Request, type Response, type Router } from 'express';

import { ofTarget } from '../choose-server.ts';
import type { ServedServer, ServedServers } from '../served.ts';
import { renderPage } from './page.ts';
import { renderTargets } from './targets.ts';

/** What the page is made of beside its own text. */
export interface PageFiles {
  readonly style: string;
  readonly script: string;
  readonly icon: string;
}

export interface PageRoute {
  readonly servers: ServedServers;
  readonly telemetryPath: string;
  readonly files: PageFiles;
}

/** Nothing but walguard's own files; no markup that got into the page could do anything. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const FOLDER = '/-/page';
const YEAR_SECONDS = 31_536_000;

const NAMES: Readonly<Record<keyof PageFiles, readonly [name: string, type: string]>> = {
  style: ['style.css', 'text/css; charset=utf-8'],
  script: ['live.js', 'text/javascript; charset=utf-8'],
  icon: ['icon.svg', 'image/svg+xml'],
};

/** The page at `/` of one server, or of all of them, and its files. */
export function pageRouter({ servers, telemetryPath, files }: PageRoute): Router {
  const router = express.Router();
  const url = (file: keyof PageFiles): string => `.${FOLDER}/${NAMES[file][0]}?v=${versionOf(files[file])}`;
  const urls = { style: url('style'), script: url('script'), icon: url('icon') };
  for (const file of Object.keys(NAMES) as readonly (keyof PageFiles)[]) {
    const [name, type] = NAMES[file];
    router.get(`${FOLDER}/${name}`, (_request, response) => {
      // A file that changed has another address.
      response.setHeader('Cache-Control', `public, max-age=${YEAR_SECONDS}, immutable`);
      response.setHeader('X-Content-Type-Options', 'nosniff');
      response.type(type).send(files[file]);
    });
  }
  const sendServer = (server: ServedServer, _request: Request, response: Response): void => {
    const isOnly = server === servers.only();
    const collectors = server.outcomes();
    sendHtml(response, renderPage({ status: server.status(), collectors, telemetryPath, isOnly, files: urls }));
  };
  router.get('/', (request: Request, response: Response, next: NextFunction) => {
    if (servers.only() !== undefined || 'target' in request.query) return next();
    const targets = servers.targets().map((server) => ({ name: server.name, status: server.status() }));
    return sendHtml(response, renderTargets({ targets, telemetryPath, files: urls }));
  });
  router.get('/', ofTarget(servers, sendServer));
  return router;
}

function sendHtml(response: Response, page: string): void {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Security-Policy', CONTENT_POLICY);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.type('text/html').send(page);
}

function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
