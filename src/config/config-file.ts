import { type AuthModule, type AuthModulesValue, toAuthModules } from './auth-modules.ts';
import { readDocument } from './document.ts';
import { type DrillSettings, type DrillsValue, toDrills } from './drills.ts';
import { type FileSections, sectionsAt } from './file-sections.ts';
import { readTextFile } from './read-text-file.ts';
import {
  type RecoverabilitySettings,
  type RecoverabilityValue,
  type RepositorySettings,
  type SectionValues,
  toRecoverability,
  toRepositories,
} from './repositories.ts';
import { configFile, type ConfigFileValue } from './schema.ts';

/** A configuration file that fits its schema. */
export interface ConfigFile extends FileSections {
  readonly repositories: readonly RepositorySettings[];
  readonly recoverability: RecoverabilitySettings;
  readonly drills: DrillSettings | undefined;
  /** Empty if there is but the one target of `data_source` and the environment. */
  readonly targets: readonly TargetInFile[];
  readonly authModules: readonly AuthModule[];
}

/** One of several servers, with what is other for it than for all. */
export interface TargetInFile extends FileSections {
  readonly name: string;
  /** For Prometheus, by name. */
  readonly labels: Readonly<Record<string, string>>;
  readonly recoverability: RecoverabilitySettings;
}

interface TargetValue {
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly recoverability?: RecoverabilityValue | null;
}

/** Nothing is what is not there, or is all commented out. */
interface OtherSections {
  readonly drills?: DrillsValue | null | undefined;
  readonly targets?: Readonly<Record<string, TargetValue & ConfigFileValue>> | null | undefined;
  readonly auth_modules?: AuthModulesValue | null | undefined;
}

/** @throws WalguardErrors with all problems at once, each at its file, line and column */
export function readConfigFile(path: string): ConfigFile {
  const text = readTextFile(path, '--config.file');
  const { value, where } = readDocument(path, text, configFile);
  const sections = (value ?? {}) as ConfigFileValue;
  const {
    repositories: stores,
    recoverability,
    drills,
    targets,
    auth_modules,
  } = sections as SectionValues & OtherSections;
  const repositories = toRepositories(stores ?? {});
  const names = repositories.map(({ name }) => name);
  return {
    ...sectionsAt([], sections, where),
    repositories,
    recoverability: toRecoverability(recoverability ?? undefined, names),
    drills: drills === undefined || drills === null ? undefined : toDrills(drills),
    targets: Object.entries(targets ?? {}).map(([name, target]) => ({
      ...sectionsAt(['targets', name], target, where),
      name,
      labels: target.labels ?? {},
      // Which of the repositories are whose, nobody can guess.
      recoverability: toRecoverability(target.recoverability ?? undefined, []),
    })),
    authModules: toAuthModules(auth_modules ?? {}),
  };
}
