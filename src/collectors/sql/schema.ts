import { z } from 'zod';

import { LABEL_NAME, METRIC_NAME } from '../../core/family.ts';
import { isVersionRange } from './version.ts';

/** What a column of a result is for. */
export const USAGES = ['LABEL', 'COUNTER', 'GAUGE', 'INFO', 'DISCARD', 'MAPPEDMETRIC', 'DURATION'] as const;
export type Usage = (typeof USAGES)[number];

const usage = z.preprocess((value) => (typeof value === 'string' ? value.toUpperCase() : value), z.enum(USAGES));
const versionRange = z
  .string()
  .refine(isVersionRange, { error: 'Write a version range such as ">=14" or ">=13.2 <17"' });
const versionNumber = { error: 'Write it as server_version_num does, such as 140000' };
const serverVersion = z.int().min(80_000, versionNumber).max(999_999, versionNumber);
const metricName = z.string().regex(METRIC_NAME, { error: 'Use letters, digits and _; a digit cannot be the first' });
/** Some files quote their numbers. */
const number = z.union(
  [
    z.number(),
    z
      .string()
      .regex(/^[-+]?\d+(\.\d+)?([eE][-+]?\d+)?$/)
      .transform(Number),
  ],
  {
    error: 'Write a number',
  },
);

const column = z.strictObject({
  usage,
  description: z.string().optional(),
  /** The name in place of the column's: after the prefix for a metric, as it is for a label. */
  rename: z.string().regex(LABEL_NAME, { error: 'Use letters, digits and _' }).optional(),
  scale: number.optional(),
  /** The value in place of NULL. */
  default: number.optional(),
  metric_mapping: z.record(z.string(), number).optional(),
  /** The column is there on these versions only. */
  pg_version: versionRange.optional(),
});

const block = z.strictObject({
  name: metricName.optional(),
  prefix: metricName.optional(),
  desc: z.string().optional(),
  query: z.string().trim().min(1, { error: 'Write a query' }),
  runonserver: versionRange.optional(),
  min_version: serverVersion.optional(),
  max_version: serverVersion.optional(),
  tags: z.array(z.enum(['primary', 'standby'])).optional(),
  enabled: z.boolean().optional(),
  /** Seconds. */
  timeout: z.number().positive({ error: 'Write seconds, more than 0' }).optional(),
  metrics: z
    .array(
      z
        .record(z.string(), column)
        .refine((entry) => Object.keys(entry).length === 1, { error: 'Write one column an entry' }),
    )
    .min(1, { error: 'Declare at least one column' }),
});

/** A pack: blocks by their keys. */
export const pack = z.record(metricName, block);

export type Block = z.infer<typeof block>;
export type ColumnSpec = z.infer<typeof column>;
