import type { Where } from '../core/error.ts';
import type { CollectorSwitch } from './given.ts';
import { type PasswordCommand, toPasswordCommand } from './password-command.ts';
import { type ConfigFileValue, fileKey } from './schema.ts';

/** What a configuration file says of all servers, or of one of them. */
export interface FileSections {
  /** What it says for a flag's option; undefined if nothing. */
  readonly option: (
    flag: string,
  ) => { readonly texts: readonly string[]; readonly said: string; readonly where: Where } | undefined;
  readonly collectors: () => ReadonlyMap<string, CollectorSwitch>;
  /** A key of `data_source`. */
  readonly dataSource: (key: string) => string | undefined;
  /** Of `data_source`. */
  readonly passwordCommand: PasswordCommand | undefined;
}

/** @param path of these sections in the document */
export function sectionsAt(
  path: readonly string[],
  sections: ConfigFileValue,
  where: (path: readonly string[]) => Where,
): FileSections {
  const said = (...keys: readonly string[]): string => [...path, ...keys].join('.');
  return {
    option(flag) {
      const [section, key] = fileKey(flag);
      const given = sections[section]?.[key];
      if (given === undefined) return undefined;
      const texts = [given].flat().map(String);
      return { texts, said: said(section, key), where: where([...path, section, key]) };
    },
    collectors: () =>
      new Map(
        Object.entries(sections['collector'] ?? {}).map(([name, on]) => [
          name,
          { on: on === true, said: said('collector', name), where: where([...path, 'collector', name]) },
        ]),
      ),
    passwordCommand: toPasswordCommand(sections['data_source']),
    dataSource: (key) => sections['data_source']?.[key]?.toString(),
  };
}
