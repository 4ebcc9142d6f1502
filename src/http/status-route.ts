import type { Request, Response } from 'express';

import type { ServedServer } from './served.ts';

export const STATUS_PATH = '/api/v1/status';

/** Answers with what is known now; waits for nothing. */
export function sendStatus(server: ServedServer, _request: Request, response: Response): void {
  response.setHeader('Cache-Control', 'no-store');
  response.type('application/json').send(`${JSON.stringify(server.status())}\n`);
}
