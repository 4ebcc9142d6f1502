import { closest } from '../core/closest.ts';
import { messageOf, WalguardError, WalguardErrors, type Where } from '../core/error.ts';
import type { AuthModule } from './auth-modules.ts';
import { type ConfigFile, readConfigFile, type TargetInFile } from './config-file.ts';
import type { DrillSettings } from './drills.ts';
import type { FileSections } from './file-sections.ts';
import type { CollectorSwitch, Environment, FlagValues } from './given.ts';
import { checkLogPaths } from './log-paths.ts';
import { isOfProcess, OPTIONS, type Option } from './options.ts';
import { shownValue } from './issues.ts';
import { type RecoverabilitySettings, type RepositorySettings, toRecoverability } from './repositories.ts';

type Values = { readonly [Key in keyof typeof OPTIONS]: (typeof OPTIONS)[Key]['fallback'] };

/** What is set for one server, after precedence: the target's own, flag, environment, file, default. */
export interface ServerSettings extends Values {
  /** What was said of each collector: on or off. */
  readonly collectors: ReadonlyMap<string, CollectorSwitch>;
  readonly repositories: readonly RepositorySettings[];
  readonly recoverability: RecoverabilitySettings;
  /** Undefined if nothing is said of drills. */
  readonly drills: DrillSettings | undefined;
  /** What the file says of this server, its data source among it. */
  readonly file: FileSections | undefined;
}

/** One of several servers. */
export interface TargetSettings extends ServerSettings {
  readonly name: string;
  /** For Prometheus, by name. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Everything that is set. */
export interface Settings extends ServerSettings {
  /** Empty if there is but the one target of the environment and the file's data source. */
  readonly targets: readonly TargetSettings[];
  readonly authModules: readonly AuthModule[];
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
  const { repositories = [], recoverability = toRecoverability(undefined, []), drills, authModules = [] } = file ?? {};
  const general = { ...values, collectors, repositories, recoverability, drills, file };
  const targets = (file?.targets ?? []).map((target) => readTarget(target, general, problems));
  problems.push(...checkLogPaths((targets.length === 0 ? [general] : targets).map(({ logPaths }) => logPaths)));
  if (problems.length > 0) throw new WalguardErrors(problems);
  return { ...general, targets, authModules };
}

/** What the file says of the one target wins over all that is said of every target. */
function readTarget(target: TargetInFile, general: ServerSettings, problems: WalguardError[]): TargetSettings {
  const own = Object.entries(OPTIONS as Readonly<Record<string, Option<unknown>>>).flatMap(([key, option]) => {
    const given = isOfProcess(option.flag) ? undefined : target.option(option.flag);
    return given === undefined ? [] : [[key, parseGiven(option, { ...given, code: 'CONFIG_BAD_VALUE' }, problems)]];
  });
  const { name, labels, recoverability } = target;
  const collectors = new Map([...general.collectors, ...target.collectors()]);
  return { ...general, ...(Object.fromEntries(own) as Values), collectors, recoverability, file: target, name, labels };
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
  return given === undefined ? option.fallback : parseGiven(option, given, problems);
}

function parseGiven(option: Option<unknown>, given: GivenText, problems: WalguardError[]): unknown {
  const values = given.texts.map((text) => {
    try {
      return option.parse(text);
    } catch (thrown) {
      const wanted = messageOf(thrown);
      problems.push(
        new WalguardError(given.code, `${given.said} is ${shownValue(text)}`, {
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
