import { z } from 'zod';

import { authModulesSection } from './auth-modules.ts';
import { drillsSection } from './drills.ts';
import { isOfProcess, OPTIONS } from './options.ts';
import { passwordCommandKeys } from './password-command.ts';
import { checkNames, recoverabilitySection, repositoriesSection } from './repositories.ts';
import { plainName } from './values.ts';

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

const collector = z.record(z.string(), z.boolean()).nullish();

const dataSource = z.strictObject({
  ...Object.fromEntries(DATA_SOURCE_KEYS.map((key) => [key, z.string().optional()])),
  ...passwordCommandKeys,
});

const SERVER_KEYS = ['name', 'name_file', 'uri', 'uri_file'] as const;

/** Prometheus takes `__` and `job` for itself. */
const labelName = z
  .string()
  .regex(
    /^(?!__)(?!job$)[A-Za-z_]\w*$/,
    "Give the name of a label such as cluster; job and what begins with __ are Prometheus' own",
  );

/** One of several servers: how to reach it, its labels for Prometheus, and what is other than for all. */
const target = z.strictObject({
  ...sections((flag) => !isOfProcess(flag)),
  collector,
  data_source: dataSource.refine(
    (given) => SERVER_KEYS.some((key) => key in given),
    'Name the server by name, name_file, uri or uri_file',
  ),
  labels: z.record(labelName, text).nullish(),
  recoverability: recoverabilitySection.nullish(),
});

/**
 * The configuration file: the options by their flags, the collectors' switches, the data source or the targets, the
 * repositories and what is wanted of the target. A file or section whose lines are all commented out is null and says
 * nothing.
 */
export const configFile = z
  .strictObject({
    ...sections(() => true),
    collector,
    data_source: dataSource.nullish(),
    repositories: repositoriesSection.nullish(),
    recoverability: recoverabilitySection.nullish(),
    drills: drillsSection.nullish(),
    targets: z.record(plainName, target).nullish(),
    auth_modules: authModulesSection.nullish(),
  })
  .superRefine(({ repositories, recoverability, ...value }, context) => {
    checkNames({ repositories, recoverability }, context);
    const targets = Object.entries(value.targets ?? {});
    for (const [name, each] of targets)
      checkNames({ repositories, recoverability: each.recoverability }, context, ['targets', name]);
    const alone = { data_source: value.data_source, recoverability };
    for (const [key, given] of Object.entries(alone))
      if (targets.length > 0 && given !== null && given !== undefined)
        context.addIssue({ code: 'custom', path: [key], message: 'Move it to the target it is of', input: given });
  })
  .nullable();

/** The sections with their values as they were written. */
export type ConfigFileValue = Readonly<Record<string, Readonly<Record<string, unknown>> | null | undefined>>;

function sections(
  isIn: (flag: string) => boolean,
): Readonly<Record<string, z.ZodOptional<z.ZodNullable<z.ZodObject>>>> {
  const bySection = new Map<string, Record<string, z.ZodType>>();
  for (const { flag, repeatable } of Object.values(OPTIONS)) {
    if (!isIn(flag)) continue;
    const [section, key] = fileKey(flag);
    const keys = bySection.get(section) ?? {};
    keys[key] = (
      repeatable ? z.union([text, z.array(text)], { error: 'Write one value, or a list' }) : text
    ).optional();
    bySection.set(section, keys);
  }
  return Object.fromEntries([...bySection].map(([section, keys]) => [section, z.strictObject(keys).nullish()]));
}
