import type { Where } from '../core/error.ts';
import { readDocument } from './document.ts';
import { type DrillSettings, type DrillsValue, toDrills } from './drills.ts';
import { readTextFile } from './read-text-file.ts';
import {
  type RecoverabilitySettings,
  type RepositorySettings,
  type SectionValues,
  toRecoverability,
  toRepositories,
} from './repositories.ts';
import { configFile, type ConfigFileValue, fileKey } from './schema.ts';
import type { CollectorSwitch } from './given.ts';

/** A configuration file that fits its schema. */
export interface ConfigFile {
  /** What the file says for a flag's option; undefined if nothing. */
  readonly option: (
    flag: string,
  ) => { readonly texts: readonly string[]; readonly said: string; readonly where: Where } | undefined;
  readonly collectors: () => ReadonlyMap<string, CollectorSwitch>;
  /** A key of `data_source`. */
  readonly dataSource: (key: string) => string | undefined;
  readonly repositories: readonly RepositorySettings[];
  readonly recoverability: RecoverabilitySettings;
  readonly drills: DrillSettings | undefined;
}

/** Nothing is what is not there, or is all commented out. */
interface DrillsSection {
  readonly drills?: DrillsValue | null | undefined;
}

/** @throws WalguardErrors with all problems at once, each at its file, line and column */
export function readConfigFile(path: string): ConfigFile {
  const text = readTextFile(path, '--config.file');
  const { value, where } = readDocument(path, text, configFile);
  const sections = (value ?? {}) as ConfigFileValue;
  const { repositories: stores, recoverability, drills } = sections as SectionValues & DrillsSection;
  const repositories = toRepositories(stores ?? {});
  const names = repositories.map(({ name }) => name);
  return {
    repositories,
    recoverability: toRecoverability(recoverability ?? undefined, names),
    drills: drills === undefined || drills === null ? undefined : toDrills(drills),
    option(flag) {
      const [section, key] = fileKey(flag);
      const given = sections[section]?.[key];
      if (given === undefined) return undefined;
      const texts = [given].flat().map(String);
      return { texts, said: `${section}.${key}`, where: where([section, key]) };
    },
    collectors: () =>
      new Map(
        Object.entries(sections['collector'] ?? {}).map(([name, on]) => [
          name,
          { on: on === true, said: `collector.${name}`, where: where(['collector', name]) },
        ]),
      ),
    dataSource: (key) => sections['data_source']?.[key]?.toString(),
  };
}
