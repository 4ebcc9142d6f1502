import { join } from 'node:path';

import { closest } from '../core/closest.ts';
import { WalguardError } from '../core/error.ts';
import { ALL_KEYWORDS, type Parameters } from './keywords.ts';
import { readLocalFile, whyUnreadable } from './local-file.ts';

/** Where services may be defined. */
export interface ServicePlaces {
  /** Named by PGSERVICEFILE or `servicefile`: it has to be there. */
  readonly named: string | undefined;
  /** Undefined if there is no home directory. */
  readonly home: string | undefined;
  /** PGSYSCONFDIR. */
  readonly systemDirectory: string | undefined;
}

/** libpq knows the one it was built with; these are those of the packages of Debian and PGDG. */
const SYSTEM_DIRECTORIES = ['/etc/postgresql-common', '/etc/sysconfig/pgsql'];

/**
 * What the service of this name stands for: of the user's file, else of the system's.
 *
 * Throws TARGET_BAD_DSN if it is defined nowhere, or if a file cannot be read. Source: libpq, "The Connection Service
 * File".
 */
export function readService(name: string, { named, home, systemDirectory }: ServicePlaces): Parameters {
  const own = named ?? (home === undefined ? undefined : join(home, '.pg_service.conf'));
  const system = systemDirectory === undefined ? SYSTEM_DIRECTORIES : [systemDirectory];
  const paths = [...(own === undefined ? [] : [own]), ...system.map((folder) => join(folder, 'pg_service.conf'))];
  for (const path of paths) {
    const text = readServiceFile(path, path === named);
    const found = text === undefined ? undefined : parseService(text, name, path);
    if (found !== undefined) return found;
  }
  throw new WalguardError('TARGET_BAD_DSN', `the service "${name}" is not defined in ${paths.join(' or ')}`, {
    hint: `Write a section [${name}] with lines such as host=db1, or name the file with PGSERVICEFILE.`,
  });
}

function readServiceFile(path: string, isNamed: boolean): string | undefined {
  let reason = 'there is no such file';
  try {
    const file = readLocalFile({ path, named: isNamed });
    if (file !== undefined) return file.bytes.toString('utf8');
    if (!isNamed) return undefined;
  } catch (thrown) {
    reason = whyUnreadable(thrown);
  }
  throw new WalguardError('TARGET_BAD_DSN', `the service file ${path} cannot be read: ${reason}`, {
    hint: 'Correct PGSERVICEFILE or servicefile, or the rights of the file.',
    where: { file: path },
  });
}

/**
 * The parameters of a section, the first of a keyword; undefined if there is no such section.
 *
 * @param path for messages, which tell the line and no value
 * @throws TARGET_BAD_DSN
 */
export function parseService(text: string, name: string, path: string): Parameters | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const start = lines.indexOf(`[${name}]`);
  if (start < 0) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, line] of lines.entries()) {
    if (index <= start || line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) break;
    const at = line.indexOf('=');
    const keyword = line.slice(0, Math.max(0, at));
    if (keyword === 'service' || keyword === 'servicefile' || !ALL_KEYWORDS.includes(keyword)) {
      throw badLine(keyword, { file: path, line: index + 1 });
    }
    parameters[keyword] ??= line.slice(at + 1);
  }
  return parameters;
}

function badLine(keyword: string, where: { readonly file: string; readonly line: number }): WalguardError {
  const near = closest(keyword, ALL_KEYWORDS);
  const isName = /^[a-z_]+$/.test(keyword);
  const what = isName ? `"${keyword}" is no parameter of a service` : 'there is no keyword=value';
  const nearby = near === undefined || near === keyword ? undefined : `Did you mean "${near}"?`;
  return new WalguardError('TARGET_BAD_DSN', what, {
    hint:
      (isName ? nearby : undefined) ?? 'Write keyword=value with a parameter of libpq, without blanks around the "=".',
    where,
  });
}
