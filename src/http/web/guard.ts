import type { NextFunction, Request, Response } from 'express';

import type { WebConfig } from '../../config/web-config.ts';
import type { Credentials, Passwords } from './passwords.ts';
import { createRateLimit } from './rate-limit.ts';

const ASK_AGAIN_SECONDS = '1';

/** What stands in front of every path: headers, the rate limit, and who may ask. As exporter-toolkit has it, in its order. */
export function createGuard(
  config: () => WebConfig,
  passwords: Passwords,
): (request: Request, response: Response, next: NextFunction) => Promise<void> {
  const isWithinRate = createRateLimit();
  return async (request, response, next) => {
    const { headers, users, rateLimit } = config();
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (rateLimit !== undefined && !isWithinRate(rateLimit))
      return refuse(response, 429, 'There are too many requests.');
    if (users.size === 0) return next();
    const given = readCredentials(request.get('Authorization'));
    const isRight = given === undefined ? false : await passwords.check(given, users);
    if (response.destroyed) return undefined;
    if (isRight === true) return next();
    if (isRight === undefined) return refuse(response, 503, 'There are too many passwords to be checked.');
    response.setHeader('WWW-Authenticate', 'Basic realm="walguard", charset="UTF-8"');
    response.status(401).type('text/plain').send('User and password are needed, and right ones.\n');
    return undefined;
  };
}

function refuse(response: Response, status: 429 | 503, why: string): void {
  response.setHeader('Retry-After', ASK_AGAIN_SECONDS);
  response.status(status).type('text/plain').send(`${why}\n`);
}

/** Undefined if there are none, or they cannot be read. Source: RFC 7617. */
function readCredentials(header: string | undefined): Credentials | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+=*)\s*$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
