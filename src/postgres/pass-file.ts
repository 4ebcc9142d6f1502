import type { FileChoice, Host } from './connection-options.ts';
import { isOpenToOthers, readLocalFile, whyUnreadable } from './local-file.ts';

/** Whose password is looked up. */
export interface Login {
  readonly host: Host;
  readonly database: string;
  readonly user: string;
}

/** libpq knows the one it was built with: PostgreSQL's own, or that of the packages of Debian and PGDG. */
const DEFAULT_SOCKET_DIRECTORIES = ['/tmp', '/var/run/postgresql', '/run/postgresql'];

/**
 * Looks a password up in a password file, as it is now.
 *
 * A file that cannot be used is told to `warn` and then is as if it were not there. Source: libpq, "The Password File".
 */
export function readPassword(file: FileChoice, login: Login, warn: (problem: string) => void): string | undefined {
  try {
    const found = readLocalFile(file);
    if (found === undefined) return undefined;
    if (!isOpenToOthers(found.stats)) return findPassword(found.bytes.toString('utf8'), login);
    warn(`the password file ${file.path} is ignored: others may read it; chmod 0600 makes it private`);
  } catch (thrown) {
    warn(`the password file ${file.path} is ignored: ${whyUnreadable(thrown)}`);
  }
  return undefined;
}

/** The password of the first line `host:port:database:user:password` that fits; `*` fits all, `\` escapes. */
export function findPassword(text: string, { host, database, user }: Login): string | undefined {
  const names = DEFAULT_SOCKET_DIRECTORIES.includes(host.name) ? [host.name, 'localhost'] : [host.name];
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    const fields = splitLine(line.replace(/\r$/, ''));
    if (fields === undefined) continue;
    const [lineHost, linePort, lineDatabase, lineUser, password] = fields;
    const fits =
      names.some((name) => fitsField(lineHost, name)) &&
      fitsField(linePort, String(host.port)) &&
      fitsField(lineDatabase, database) &&
      fitsField(lineUser, user);
    if (fits) return unescape(password);
  }
  return undefined;
}

type Fields = readonly [host: string, port: string, database: string, user: string, password: string];

/** Fields as they stand, with their escapes; undefined for a line that has not all of them. */
function splitLine(line: string): Fields | undefined {
  const match = /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.*)$/su.exec(line);
  if (match === null) return undefined;
  const [, host = '', port = '', database = '', user = '', password = ''] = match;
  return [host, port, database, user, password];
}

function fitsField(field: string, value: string): boolean {
  return field === '*' || unescape(field) === value;
}

function unescape(field: string): string {
  return field.replaceAll(/\\(.)/gsu, '$1');
}
