import { z } from 'zod';

import { drillsSection } from './drills.ts';
import { OPTIONS } from './options.ts';
import { checkNames, recoverabilitySection, repositoriesSection } from './repositories.ts';

const text = z.union([z.string(), z.number(), z.boolean()], { error: 'Write one value' }).transform(String);

/** The key of a flag in the file: dots nest, dashes are underscores. `web.listen-address` is `web: {listen_address: }`. */
export function fileKey(flag: string): readonly [section: string, key: string] {
  const [section = '', ...rest] = flag.replaceAll('-', '_').split('.');
  return [section, rest.join('_')];
}

/** What connects to the server, by the names of the environment variables without DATA_SOURCE_. */
export const DATA_SOURCE_KEYS = [
  'name',
  'uri',
  'user',
  'pass',
  'name_file',
  'uri_file',
  'user_file',
  'pass_file',
] as const;

/**
 * The configuration file: the options by their flags, the collectors' switches, the data source, the repositories and
 * what is wanted of the target. A file or section whose lines are all commented out is null and says nothing.
 */
export const configFile = z
  .strictObject({
    ...sections(),
    collector: z.record(z.string(), z.boolean()).nullish(),
    data_source: z
      .strictObject(Object.fromEntries(DATA_SOURCE_KEYS.map((key) => [key, z.string().optional()])))
      .nullish(),
    repositories: repositoriesSection.nullish(),
    recoverability: recoverabilitySection.nullish(),
    drills: drillsSection.nullish(),
  })
  .superRefine((value, context) => checkNames(value, context))
  .nullable();

/** The sections with their values as they were written. */
export type ConfigFileValue = Readonly<Record<string, Readonly<Record<string, unknown>> | null | undefined>>;

function sections(): Readonly<Record<string, z.ZodOptional<z.ZodNullable<z.ZodObject>>>> {
  const bySection = new Map<string, Record<string, z.ZodType>>();
  for (const { flag, repeatable } of Object.values(OPTIONS)) {
    const [section, key] = fileKey(flag);
    const keys = bySection.get(section) ?? {};
    keys[key] = (
      repeatable ? z.union([text, z.array(text)], { error: 'Write one value, or a list' }) : text
    ).optional();
    bySection.set(section, keys);
  }
  return Object.fromEntries([...bySection].map(([section, keys]) => [section, z.strictObject(keys).nullish()]));
}
