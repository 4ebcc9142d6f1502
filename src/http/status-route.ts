import type { Request, Response } from 'express';

import type { StatusDocument } from './schema.ts';

export const STATUS_PATH = '/api/v1/status';

/** @param status what is known now; waits for nothing */
export function statusRoute(status: () => StatusDocument): (request: Request, response: Response) => void {
  return (_request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    response.type('application/json').send(`${JSON.stringify(status())}\n`);
  };
}
