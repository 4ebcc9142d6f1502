import type { Request, Response } from 'express';

import { closest } from '../core/closest.ts';
import { isRefusal, type Refusal, type ServedServer, type ServedServers } from './served.ts';

export type Answer = (server: ServedServer, request: Request, response: Response) => unknown;
export type Handler = (request: Request, response: Response) => Promise<void>;

/** Lets the server answer that `?target=` names; without it the only one there is. */
export function ofTarget(servers: ServedServers, answer: Answer): Handler {
  return answerWith((request) => chooseTarget(servers, request.query), answer);
}

/** The same for /probe, where `auth_module` leads to servers that no configuration names. */
export function ofProbe(servers: ServedServers, answer: Answer): Handler {
  return answerWith(({ query }) => {
    const { target, auth_module: authModule } = query;
    if (authModule === undefined) return target === undefined ? noTarget(servers) : chooseTarget(servers, query);
    if (typeof target !== 'string' || typeof authModule !== 'string' || target === '')
      return { status: 400, reason: 'Give one server, and one module: /probe?target=HOST:PORT&auth_module=NAME.' };
    return servers.probe(target, authModule);
  }, answer);
}

function answerWith(choose: (request: Request) => ServedServer | Refusal, answer: Answer): Handler {
  return async (request, response) => {
    const found = choose(request);
    if (isRefusal(found)) return refuse(response, found);
    await answer(found, request, response);
    return undefined;
  };
}

function refuse(response: Response, { status, reason }: Refusal): void {
  response.setHeader('Cache-Control', 'no-store');
  response.status(status).type('text/plain').send(`${reason}\n`);
}

function chooseTarget(servers: ServedServers, { target }: Request['query']): ServedServer | Refusal {
  if (target === undefined) return servers.only() ?? noTarget(servers);
  if (typeof target !== 'string') return { status: 400, reason: 'Give one target.' };
  return servers.find(target) ?? noSuchTarget(servers, target);
}

function noSuchTarget(servers: ServedServers, target: string): Refusal {
  const near = closest(
    target,
    servers.targets().map(({ name }) => name),
  );
  const hint = near === undefined ? 'GET /sd lists the targets.' : `Did you mean ${near}?`;
  return { status: 404, reason: `There is no target ${JSON.stringify(target)}. ${hint}` };
}

function noTarget(servers: ServedServers): Refusal {
  const [first] = servers.targets();
  const example = first === undefined ? 'HOST:PORT&auth_module=NAME' : first.name;
  return { status: 400, reason: `Say of which server: ?target=${example}. GET /sd lists the targets.` };
}
