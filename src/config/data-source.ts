import type { ConfigFile } from './config-file.ts';
import { readTextFile } from './read-text-file.ts';
import type { Environment } from './given.ts';

/** What names the server, as it was given. All of it may hold secrets. */
export interface DataSource {
  /** A whole connection string. */
  readonly name: string | undefined;
  /** `host:port/database?...` without user and password. */
  readonly uri: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/**
 * Reads DATA_SOURCE_NAME, _URI, _USER, _PASS and the _FILE variant of each, else `data_source` of the file.
 *
 * A _FILE variant wins over the plain one; what the file holds counts without the line end.
 *
 * @throws WalguardErrors with CONFIG_FILE_UNREADABLE
 */
export function readDataSource(env: Environment, file: ConfigFile | undefined): DataSource {
  const read = (key: string): string | undefined => {
    const variable = `DATA_SOURCE_${key.toUpperCase()}`;
    const named = env[`${variable}_FILE`];
    if (named !== undefined && named !== '') return readTextFile(named, `${variable}_FILE`).trim();
    const plain = env[variable];
    if (plain !== undefined && plain !== '') return plain;
    const inFile = file?.dataSource(`${key}_file`);
    return inFile === undefined ? file?.dataSource(key) : readTextFile(inFile, `data_source.${key}_file`).trim();
  };
  return { name: read('name'), uri: read('uri'), user: read('user'), password: read('pass') };
}
