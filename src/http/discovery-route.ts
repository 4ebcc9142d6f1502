import type { TLSSocket } from 'node:tls';

import type { Request, Response } from 'express';

import { PROBE_PATH } from './metrics-route.ts';
import type { ServedServers } from './served.ts';

export const DISCOVERY_PATH = '/sd';

/** What a browser or a proxy may say it asked; it becomes an address that Prometheus asks. Source: RFC 9110, 7.2. */
const HOST = /^(?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/;

/**
 * The targets as Prometheus' HTTP service discovery takes them: each is walguard itself, at the address under which it
 * was asked, with the parameter that names the server.
 */
export function discoveryRoute(servers: ServedServers): (request: Request, response: Response) => void {
  return (request, response) => {
    const host = request.get('Host') ?? '';
    response.setHeader('Cache-Control', 'no-store');
    if (!HOST.test(host)) return void response.status(400).type('text/plain').send('The header Host is no address.\n');
    const isTls = (request.socket as Partial<TLSSocket>).encrypted === true;
    const groups = servers.targets().map(({ name, labels }) => ({
      targets: [host],
      labels: {
        __metrics_path__: PROBE_PATH,
        ...(isTls ? { __scheme__: 'https' } : {}),
        __param_target: name,
        instance: name,
        ...labels,
      },
    }));
    return void response.type('application/json').send(`${JSON.stringify(groups)}\n`);
  };
}
