import type { RequestHandler } from 'express';

import { type WalguardError, renderError } from '../core/error.ts';

export const RELOAD_PATH = '/-/reload';

/** @returns what is wrong with the new configuration, so that the one of before stays; empty if it is in use now */
export type Reload = () => Promise<readonly WalguardError[]>;

const OFF = 'It is off. Start walguard with --web.enable-lifecycle, or send it SIGHUP.\n';

/** Reads the configuration anew; where that is allowed, anybody may ask for it who may ask for metrics. */
export function reloadRoute(reload: Reload | undefined): RequestHandler {
  return async (_request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    if (reload === undefined) return void response.status(403).type('text/plain').send(OFF);
    const problems = await reload();
    const text = problems.length === 0 ? 'The configuration was read anew.' : problems.map(renderError).join('\n');
    response
      .status(problems.length === 0 ? 200 : 500)
      .type('text/plain')
      .send(`${text}\n`);
  };
}
