import type { Collector } from '../core/collector.ts';
import { globMatcher } from '../core/glob.ts';

/** Which databases the configuration speaks of: names and patterns. */
export interface DatabasePatterns {
  /** Those in which the collectors of single databases run beside the connected one; empty for none. */
  readonly include: readonly string[];
  /** Those in which nothing runs, whoever names them; the connected one is never among them. */
  readonly exclude: readonly string[];
}

/** The databases of a server beside the connected one in which something may run, sorted by name. */
export interface OtherDatabases {
  /** False if the configuration includes none. */
  readonly areIncluded: boolean;
  readonly included: ReadonlySet<string>;
  /** Also those that are not included: a query may name them. */
  readonly all: readonly string[];
}

/** A list that the server gives row by row: what one can connect to, templates left out. */
export const DATABASES_SQL = `
SELECT datname
  FROM pg_database
 WHERE datallowconn AND NOT datistemplate AND datconnlimit <> -2 AND has_database_privilege(oid, 'CONNECT')
 ORDER BY datname`;

/** True if some collector may run in another database than the connected one. */
export function runElsewhere(collectors: readonly Collector[], { include }: DatabasePatterns): boolean {
  return collectors.some(({ databases }) => databases === 'named' || (databases === 'included' && include.length > 0));
}

/** @param names of all databases that one can connect to */
export function otherDatabases(
  names: readonly string[],
  connected: string,
  { include, exclude }: DatabasePatterns,
): OtherDatabases {
  const isIncluded = anyOf(include);
  const isExcluded = anyOf(exclude);
  const all = names.filter((name) => name !== connected && !isExcluded(name));
  return { areIncluded: include.length > 0, included: new Set(all.filter(isIncluded)), all };
}

function anyOf(patterns: readonly string[]): (name: string) => boolean {
  const matchers = patterns.map(globMatcher);
  return (name) => matchers.some((matches) => matches(name));
}
