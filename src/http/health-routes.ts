import { type Request, type Response, Router } from 'express';

import type { Health } from '../scrape/role-watch.ts';
import { type Answer, ofTarget } from './choose-server.ts';
import type { ServedServer, ServedServers } from './served.ts';

type Role = (Health & { readonly isUp: true })['role'];

/** By the paths that Patroni and pg_exporter have: what a server must be for 200. */
const WANTED: readonly (readonly [paths: readonly string[], roles: ReadonlySet<Role>])[] = [
  [['/primary', '/leader', '/master', '/read-write'], new Set<Role>(['primary'])],
  [['/replica', '/standby'], new Set<Role>(['standby'])],
  [['/read-only'], new Set<Role>(['primary', 'standby'])],
];

/**
 * What load balancers ask: 200 if the server is what the path says, 404 if it is something else, 503 if it does not
 * answer.
 */
export function healthRouter(servers: ServedServers): Router {
  const router = Router();
  // HAProxy asks by OPTIONS, as it does Patroni; Express would answer that 200 by itself, whatever the server is.
  const serve = (path: string, give: Answer): void => {
    const handler = ofTarget(servers, give);
    router.route(path).get(handler).options(handler);
  };
  serve('/health', (server, _request, response) => answer(server, response, ({ isUp }) => (isUp ? 200 : 503)));
  for (const [paths, roles] of WANTED)
    for (const path of paths) serve(path, (server, request, response) => answerRole(server, roles, request, response));
  return router;
}

async function answerRole(
  server: ServedServer,
  roles: ReadonlySet<Role>,
  request: Request,
  response: Response,
): Promise<void> {
  // Patroni leaves out standbys that lag by more than this: to leave it aside would let them in.
  if ('lag' in request.query) return void response.status(400).type('text/plain').send(NO_LAG);
  await answer(server, response, (known) => (known.isUp ? (roles.has(known.role) ? 200 : 404) : 503));
}

async function answer(server: ServedServer, response: Response, statusOf: (known: Health) => number): Promise<void> {
  const known = await server.health();
  response.setHeader('Cache-Control', 'no-store');
  response
    .status(statusOf(known))
    .type('application/json')
    .send(`${JSON.stringify(toDocument(known))}\n`);
}

const NO_LAG = 'There is no limit of lag here: one standby does not know how far the primary is.\n';

function toDocument(known: Health): Readonly<Record<string, unknown>> {
  if (!known.isUp) return { status: 'down', code: known.code };
  const { role, timeline, replayLagSeconds } = known;
  return { status: 'up', role, timeline: timeline ?? null, replay_lag_seconds: replayLagSeconds ?? null };
}
