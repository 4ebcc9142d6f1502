import { closest } from '../core/closest.ts';
import { messageOf, WalguardError, WalguardErrors, type Where } from '../core/error.ts';
import { type ConfigFile, readConfigFile } from './config-file.ts';
import type { DrillSettings } from './drills.ts';
import type { CollectorSwitch, Environment, FlagValues } from './given.ts';
import { OPTIONS, type Option } from './options.ts';
import { type RecoverabilitySettings, type RepositorySettings, toRecoverability } from './repositories.ts';

type Values = { readonly [Key in keyof typeof OPTIONS]: (typeof OPTIONS)[Key]['fallback'] };

/** Everything that is set, after precedence: flag, environment, file, default. */
export interface Settings extends Values {
  /** What was said of each collector: on or off. */
  readonly collectors: ReadonlyMap<string, CollectorSwitch>;
  readonly repositories: readonly RepositorySettings[];
  readonly recoverability: RecoverabilitySettings;
  /** Undefined if nothing is said of drills. */
  readonly drills: DrillSettings | undefined;
  readonly file: ConfigFile | undefined;
}

export interface SettingSources {
  readonly flags: FlagValues;
  /** The switches on the command line, by the collector's name. */
  readonly collectorFlags: ReadonlyMap<string, boolean>;
  readonly env: Environment;
}

const CONFIG_FILE = 'config.file';

/** The environment variable of a flag: `web.listen-address` is WALGUARD_WEB_LISTEN_ADDRESS. */
export function variableOf(flag: string): string {
  return `WALGUARD_${flag.replaceAll(/[.-]/g, '_').toUpperCase()}`;
}

/** @throws WalguardErrors with everything that is wrong, at its file, line and column or by its flag or variable */
export function readSettings(sources: SettingSources): Settings {
  const path = sources.flags[CONFIG_FILE]?.[0] ?? sources.env[variableOf(CONFIG_FILE)];
  const file = path === undefined || path === '' ? undefined : readConfigFile(path);
  const problems: WalguardError[] = [];
  const values = Object.fromEntries(
    Object.entries(OPTIONS).map(([key, option]) => [
      key,
      readOption(option as Option<unknown>, sources, file, problems),
    ]),
  ) as unknown as Values;
  const collectors = readCollectorSwitches(sources, file, problems);
  problems.push(...misspelled(sources.env));
  if (problems.length > 0) throw new WalguardErrors(problems);
  const { repositories = [], recoverability = toRecoverability(undefined, []), drills } = file ?? {};
  return { ...values, collectors, repositories, recoverability, drills, file };
}

interface GivenText {
  readonly texts: readonly string[];
  readonly said: string;
  readonly where: Where;
  readonly code: 'USAGE_BAD_VALUE' | 'CONFIG_BAD_VALUE';
}

function readOption(
  option: Option<unknown>,
  { flags, env }: SettingSources,
  file: ConfigFile | undefined,
  problems: WalguardError[],
): unknown {
  const given = findText(option, flags, env, file);
  if (given === undefined) return option.fallback;
  const values = given.texts.map((text) => {
    try {
      return option.parse(text);
    } catch (thrown) {
      const wanted = messageOf(thrown);
      problems.push(
        new WalguardError(given.code, `${given.said} is ${JSON.stringify(text)}`, {
          where: given.where,
          hint: `Give ${wanted}.`,
        }),
      );
      return undefined;
    }
  });
  return option.repeatable ? values : values.at(-1);
}

function findText(
  { flag, repeatable }: Option<unknown>,
  flags: FlagValues,
  env: Environment,
  file: ConfigFile | undefined,
): GivenText | undefined {
  const onCommandLine = flags[flag];
  if (onCommandLine !== undefined)
    return { texts: onCommandLine, said: `--${flag}`, where: {}, code: 'USAGE_BAD_VALUE' };
  const variable = variableOf(flag);
  const inEnvironment = env[variable];
  if (inEnvironment !== undefined && inEnvironment !== '') {
    const texts = repeatable ? inEnvironment.split(',').map((text) => text.trim()) : [inEnvironment];
    return { texts, said: variable, where: {}, code: 'USAGE_BAD_VALUE' };
  }
  const inFile = file?.option(flag);
  return inFile === undefined ? undefined : { ...inFile, code: 'CONFIG_BAD_VALUE' };
}

/** Only what is nearly one of walguard's: others may begin so too, as those of a Kubernetes service walguard do. */
function misspelled(env: Environment): readonly WalguardError[] {
  const prefix = variableOf('');
  const known = [CONFIG_FILE, ...Object.values(OPTIONS).map(({ flag }) => flag)].map((flag) =>
    variableOf(flag).slice(prefix.length),
  );
  const written = Object.keys(env).filter((variable) => variable.startsWith(prefix));
  return written.flatMap((variable) => {
    const name = variable.slice(prefix.length);
    const near = known.includes(name) ? undefined : closest(name, known);
    if (near === undefined) return [];
    const hint = `Did you mean ${prefix}${near}?`;
    return [new WalguardError('USAGE_UNKNOWN_OPTION', `the variable ${variable} is not known`, { hint })];
  });
}

function readCollectorSwitches(
  { collectorFlags, env }: SettingSources,
  file: ConfigFile | undefined,
  problems: WalguardError[],
): ReadonlyMap<string, CollectorSwitch> {
  const prefix = variableOf('collector.');
  const switches = new Map<string, CollectorSwitch>(file?.collectors());
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(prefix) || value === undefined || value === '') continue;
    const on = /^(1|true|on|yes)$/i.test(value);
    if (!on && !/^(0|false|off|no)$/i.test(value)) {
      const message = `${variable} is ${JSON.stringify(value)}`;
      problems.push(new WalguardError('USAGE_BAD_VALUE', message, { hint: 'Give true or false.' }));
    }
    switches.set(variable.slice(prefix.length).toLowerCase(), { on, said: variable, where: {} });
  }
  for (const [name, on] of collectorFlags) {
    switches.set(name, { on, said: `--${on ? '' : 'no-'}collector.${name}`, where: {} });
  }
  return switches;
}
