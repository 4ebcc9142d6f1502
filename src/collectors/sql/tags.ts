import { closest } from '../../core/closest.ts';

/** What a tag such as `schema:monitor` may have before its colon. */
const PREFIXES = ['dbname', 'username', 'extension', 'schema', 'not'] as const;

const PRIMARY: ReadonlySet<string> = new Set(['primary', 'master', 'leader']);
const STANDBY: ReadonlySet<string> = new Set(['standby', 'replica', 'slave']);
/** Once a server, not once a database. */
const CLUSTER = 'cluster';
const PGBOUNCER = 'pgbouncer';

/** What the tags of a block ask of a server and of walguard. */
export interface Tags {
  readonly cluster: boolean;
  readonly primary: boolean;
  readonly standby: boolean;
  readonly pgbouncer: boolean;
  readonly databases: readonly string[];
  readonly users: readonly string[];
  readonly extensions: readonly string[];
  readonly schemas: readonly string[];
  /** Free tags that walguard must have, and those it must not have. */
  readonly wanted: readonly string[];
  readonly unwanted: readonly string[];
}

/** What is wrong with a tag, as an order; undefined if nothing. */
export function tagProblem(tag: string): string | undefined {
  const colon = tag.indexOf(':');
  if (colon < 0) return /^\S+$/.test(tag) ? undefined : 'Write one word';
  const prefix = tag.slice(0, colon);
  if (PREFIXES.some((known) => known === prefix))
    return tag.length > colon + 1 ? undefined : `Write a name after ${prefix}:`;
  const near = closest(prefix, PREFIXES);
  const known = `Before the colon write ${PREFIXES.join(', ')}`;
  return near === undefined ? known : `${known} (did you mean "${near}"?)`;
}

/** @param tags without any that tagProblem() objects to */
export function readTags(tags: readonly string[]): Tags {
  const named = (prefix: (typeof PREFIXES)[number]): readonly string[] =>
    tags.filter((tag) => tag.startsWith(`${prefix}:`)).map((tag) => tag.slice(prefix.length + 1));
  return {
    cluster: tags.includes(CLUSTER),
    primary: tags.some((tag) => PRIMARY.has(tag)),
    standby: tags.some((tag) => STANDBY.has(tag)),
    pgbouncer: tags.includes(PGBOUNCER),
    databases: named('dbname'),
    users: named('username'),
    extensions: named('extension'),
    schemas: named('schema'),
    wanted: tags.filter(isFree),
    unwanted: named('not'),
  };
}

function isFree(tag: string): boolean {
  return !tag.includes(':') && !PRIMARY.has(tag) && !STANDBY.has(tag) && tag !== CLUSTER && tag !== PGBOUNCER;
}
