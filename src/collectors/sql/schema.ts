import { z } from 'zod';

import { LABEL_NAME, METRIC_NAME } from '../../core/family.ts';
import { tagProblem } from './tags.ts';
import { isVersionRange } from './version.ts';

/** What a column of a result is for. */
export const USAGES = [
  'LABEL',
  'COUNTER',
  'GAUGE',
  'HISTOGRAM',
  'INFO',
  'DISCARD',
  'MAPPEDMETRIC',
  'DURATION',
] as const;
export type Usage = (typeof USAGES)[number];

const usage = z.preprocess((value) => (typeof value === 'string' ? value.toUpperCase() : value), z.enum(USAGES));

/** Some files quote their numbers. */
const number = z.union(
  [
    z.number(),
    z
      .string()
      .regex(/^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/)
      .transform(Number),
  ],
  { error: 'Write a number' },
);
const wholeNumber = z.preprocess(
  (value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
  z.int(),
);
/** Some files write text that YAML reads as something else. */
const text = z.preprocess(
  (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
  z.string(),
);

/** The words that YAML 1.1, which the other exporters read, has for true and false. */
const SWITCH_WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'on', 'y'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', 'n'].map((word) => [word, false] as const),
]);
const flag = z.preprocess(
  (value) => (typeof value === 'string' ? (SWITCH_WORDS.get(value.toLowerCase()) ?? value) : value),
  z.boolean(),
);

const versionRange = text.refine((range) => range.trim() === '' || isVersionRange(range), {
  error: 'Write a version range such as ">=14" or ">=13.2 <17"',
});
/** PgBouncer 1.8 is 10800. */
const OLDEST_NUMBER = 10_000;
const serverVersion = wholeNumber.refine(
  (version) => version === 0 || (version >= OLDEST_NUMBER && version <= 999_999),
  {
    error: 'Write it as server_version_num does, such as 140000',
  },
);
const metricName = z.string().regex(METRIC_NAME, { error: 'Use letters, digits and _; a digit cannot be the first' });
const nonNegative = number.refine((value) => value >= 0, { error: 'Write seconds, 0 or more' });
const sql = z.string().trim().min(1, { error: 'Write a query' });
const oneOrMore = z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(text));

const tag = text.superRefine((value, context) => {
  const problem = tagProblem(value);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, input: value });
});

const buckets = z
  .array(number)
  .min(1, { error: 'Write at least one bound' })
  .refine((bounds) => bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? bound)), {
    error: 'Write finite bounds, each larger than the one before',
  });

const column = z
  .strictObject({
    usage,
    description: maybe(text),
    /** The name in place of the column's: after the prefix for a metric, as it is for a label. */
    rename: maybe(z.string().regex(LABEL_NAME, { error: 'Use letters, digits and _' })),
    /** The column of the result in pg_exporter, the metric's name in CloudNativePG. */
    name: maybe(text),
    scale: maybe(number),
    /** The value in place of NULL. */
    default: maybe(number),
    metric_mapping: maybe(z.record(z.string(), number)),
    /** The column is there on these versions only. */
    pg_version: maybe(versionRange),
    /** Upper bounds of a histogram of rows. */
    bucket: maybe(buckets),
  })
  .superRefine(({ usage: what, bucket, metric_mapping: mapping }, context) => {
    if (bucket !== undefined && what !== 'HISTOGRAM')
      context.addIssue({ code: 'custom', path: ['bucket'], message: 'Only a HISTOGRAM has it', input: bucket });
    if (mapping !== undefined && what !== 'MAPPEDMETRIC')
      context.addIssue({
        code: 'custom',
        path: ['metric_mapping'],
        message: 'Only a MAPPEDMETRIC has it',
        input: mapping,
      });
  });

const predicate = z.strictObject({ name: maybe(text), predicate_query: sql, ttl: maybe(nonNegative) });

const block = z
  .strictObject({
    name: maybe(metricName),
    prefix: maybe(metricName),
    desc: maybe(text),
    query: sql,
    /** In percona's postgres_exporter the query for Aurora; read, not used. */
    query_aurora: maybe(text),
    runonserver: maybe(versionRange),
    min_version: maybe(serverVersion),
    max_version: maybe(serverVersion),
    /** Only on a primary; in CloudNativePG `master` is the same, elsewhere it is once a server. */
    primary: maybe(flag),
    master: maybe(flag),
    tags: maybe(z.array(tag)),
    target_databases: maybe(oneOrMore),
    /** Once in each database that is included, not once a server. */
    per_database: maybe(flag),
    predicate_query: maybe(sql),
    predicate_queries: maybe(z.array(predicate)),
    enabled: maybe(flag),
    skip: maybe(flag),
    fatal: maybe(flag),
    /** In the oldest pg_exporter: a failure is no matter, as it is here without `fatal`. */
    skip_errors: maybe(flag),
    /** Seconds; a negative one is no limit, 0 the usual one. */
    timeout: maybe(number),
    /** Seconds. */
    ttl: maybe(nonNegative),
    cache_seconds: maybe(nonNegative),
    priority: maybe(wholeNumber.refine((value) => value >= 0 && value <= 999, { error: 'Write 1 to 999' })),
    metrics: z
      .array(
        z
          .record(z.string(), z.unknown())
          .refine((entry) => Object.keys(entry).length === 1, {
            error: 'Write one column an entry, and indent its keys further than its name',
          })
          .pipe(z.record(z.string(), column)),
      )
      .min(1, { error: 'Declare at least one column' }),
  })
  .superRefine(({ ttl, cache_seconds: cacheSeconds }, context) => {
    if (ttl !== undefined && cacheSeconds !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['cache_seconds'],
        message: 'It is the same as ttl: write one of them',
        input: cacheSeconds,
      });
  });

/** What packs are often wrapped in, and what nobody should take for their blocks. */
const noManifest = z.record(z.string(), z.unknown()).superRefine((document, context) => {
  const { apiVersion, kind, data } = document;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return;
  const [key] = Object.entries(z.record(z.string(), z.unknown()).safeParse(data).data ?? {}).find(
    ([, value]) => typeof value === 'string',
  ) ?? ['...'];
  context.addIssue({
    code: 'custom',
    path: ['kind'],
    message: `A manifest of Kubernetes is no pack: write what data.${key} holds into a file of its own`,
    input: kind,
  });
});

/** A pack: blocks by their keys. */
export const pack = noManifest.pipe(z.record(metricName, block));

/** A pack, or a file with nothing but comments. */
export const packOrNothing = z.preprocess((value) => value ?? {}, pack);

export type Block = z.infer<typeof block>;
export type ColumnSpec = z.infer<typeof column>;

/** A key without a value counts as not there: that is how the other exporters read it. */
function maybe<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => value ?? undefined, schema.optional()).optional();
}
