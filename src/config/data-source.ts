import { orNothing } from '../core/or-nothing.ts';
import type { FileSections } from './file-sections.ts';
import { readTextFile } from './read-text-file.ts';
import type { Environment } from './given.ts';
import { type PasswordCommand, readPasswordCommand } from './password-command.ts';

export type { PasswordCommand } from './password-command.ts';

/** What names the server, as it was given. All of it may hold secrets. */
export interface DataSource {
  /** A whole connection string. */
  readonly name: string | undefined;
  /** `host:port/database?...` without user and password. */
  readonly uri: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Instead of the password. */
  readonly passwordCommand?: PasswordCommand | undefined;
}

/**
 * Reads DATA_SOURCE_NAME, _URI, _USER, _PASS, the _FILE variant of each and _PASS_COMMAND, else `data_source` of the
 * file.
 *
 * A _FILE variant wins over the plain one, and a command over both; what the file holds counts without the line end. A
 * server named in the environment wins over one named in the file, whichever way each is named.
 *
 * @throws WalguardErrors with CONFIG_FILE_UNREADABLE, USAGE_BAD_VALUE
 */
export function readDataSource(env: Environment, file: FileSections | undefined): DataSource {
  const inEnvironment = (key: string): string | undefined => {
    const variable = `DATA_SOURCE_${key.toUpperCase()}`;
    const named = env[`${variable}_FILE`] ?? '';
    return orNothing(named === '' ? env[variable] : readLine(named, `${variable}_FILE`));
  };
  const inFile = (key: string): string | undefined => {
    const named = file?.dataSource(`${key}_file`);
    return orNothing(named === undefined ? file?.dataSource(key) : readLine(named, `data_source.${key}_file`));
  };
  const name = inEnvironment('name');
  const uri = inEnvironment('uri');
  const server = name === undefined && uri === undefined ? { name: inFile('name'), uri: inFile('uri') } : { name, uri };
  return { ...server, user: inEnvironment('user') ?? inFile('user'), ...readPassword() };

  function readPassword(): Pick<DataSource, 'password' | 'passwordCommand'> {
    const command = readPasswordCommand(env);
    const password = command === undefined ? inEnvironment('pass') : undefined;
    const passwordCommand = command ?? (password === undefined ? file?.passwordCommand : undefined);
    if (passwordCommand !== undefined) return { password: undefined, passwordCommand };
    return { password: password ?? inFile('pass') };
  }
}

/** A password may start or end with a space. */
function readLine(path: string, said: string): string {
  return readTextFile(path, said).replace(/[\r\n]+$/, '');
}
