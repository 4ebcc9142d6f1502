import { z } from 'zod';

import { statusDocument } from '../../src/http/schema.ts';

/** The format of /api/v1/status for those who read it, made of the schema that `walguard status` reads it with. */
export function statusSchema(): object {
  return {
    title: 'walguard status',
    description: 'What /api/v1/status and walguard status --json answer. null is: not known, or not there.',
    ...z.toJSONSchema(statusDocument, { target: 'draft-2020-12' }),
  };
}
