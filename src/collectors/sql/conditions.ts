import type { DatabaseScope, Predicate } from '../../core/collector.ts';
import type { TargetFacts } from '../../core/facts.ts';
import { globMatcher, isGlob } from '../../core/glob.ts';
import type { SkipReason } from '../../core/reasons.ts';
import type { Dialect } from './dialect.ts';
import type { Block } from './schema.ts';
import { readTags, type Tags } from './tags.ts';
import { inVersionRange } from './version.ts';

/** How long the answer to "is the extension, the schema there" holds. */
const TAG_TTL_MS = 60_000;

/** What blocks can ask about. */
export type ServerFacts = Pick<TargetFacts, 'version' | 'inRecovery' | 'database' | 'user'> & {
  /** It is the console of PgBouncer; undefined: a server. */
  readonly isConsole?: true;
};

/** What a block asks of a server before it runs there. */
export interface Conditions {
  /** By the reason for which a server that does not fit is passed over, in the order they are looked at. */
  readonly checks: ReadonlyMap<SkipReason, (facts: ServerFacts) => boolean>;
  /** What only a query can say, in the order they are asked. */
  readonly predicates: readonly Predicate[];
  /** It is for the console of PgBouncer, and for no server. */
  readonly isForConsole: boolean;
  /** The databases, users and tags of which it takes one; undefined takes any. */
  readonly only: { readonly [Kind in 'databases' | 'users']: readonly string[] | undefined } & {
    readonly wanted: readonly string[];
    readonly unwanted: readonly string[];
  };
  /** Undefined: once a server. */
  readonly scope: DatabaseScope | undefined;
}

/** @param ownTags the tags of this walguard */
export function readConditions(block: Block, dialect: Dialect, ownTags: ReadonlySet<string>): Conditions {
  const tags = readTags(block.tags ?? []);
  const primary = tags.primary || block.primary === true || (block.master === true && dialect === 'cloudnative_pg');
  const databases = databasesOf(block);
  const matchers = databases?.map(globMatcher);
  const users = tags.users.length === 0 ? undefined : tags.users;
  const scope = databases === undefined ? scopeOf(block, dialect, tags) : 'named';
  return {
    checks: new Map<SkipReason, (facts: ServerFacts) => boolean>([
      ['pgbouncer', ({ isConsole = false }) => isConsole === tags.pgbouncer],
      ['version', ({ version }) => suitsVersion(block, version)],
      ['role', ({ inRecovery }) => primary === tags.standby || (inRecovery ? tags.standby : primary)],
      ['database', ({ database }) => matchers === undefined || matchers.some((matches) => matches(database))],
      ['user', ({ user }) => users === undefined || users.includes(user)],
      ['tag', () => tags.wanted.every((tag) => ownTags.has(tag)) && !tags.unwanted.some((tag) => ownTags.has(tag))],
    ]),
    predicates: [
      ...tags.extensions.map((name) => existsPredicate('extension', 'pg_extension WHERE extname', name)),
      ...tags.schemas.map((name) => existsPredicate('schema', 'pg_namespace WHERE nspname', name)),
      ...predicatesOf(block),
    ],
    isForConsole: tags.pgbouncer,
    only: { databases, users, wanted: tags.wanted, unwanted: tags.unwanted },
    scope: tags.pgbouncer ? undefined : scope,
  };
}

/** Of a block that names no database: each dialect has its own word for once a server, or for once a database. */
function scopeOf(
  { master, per_database: perDatabase }: Block,
  dialect: Dialect,
  tags: Tags,
): DatabaseScope | undefined {
  if (perDatabase !== undefined) return perDatabase ? 'included' : undefined;
  if (dialect === 'postgres_exporter') return master === true ? undefined : 'included';
  if (dialect === 'pg_exporter') return tags.cluster ? undefined : 'included';
  return undefined;
}

/** True if no server can meet both: that they ask for different databases, users or tags is enough. */
export function excludeEachOther({ only: one }: Conditions, { only: other }: Conditions): boolean {
  return (
    areDisjoint(one.databases, other.databases) ||
    areDisjoint(one.users, other.users) ||
    one.wanted.some((tag) => other.unwanted.includes(tag)) ||
    other.wanted.some((tag) => one.unwanted.includes(tag))
  );
}

function areDisjoint(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  if (one === undefined || other === undefined || [...one, ...other].some(isGlob)) return false;
  return !one.some((name) => other.includes(name));
}

function suitsVersion({ runonserver, min_version: min, max_version: max }: Block, version: number): boolean {
  return (
    (runonserver === undefined || inVersionRange(version, runonserver)) &&
    (min === undefined || version >= min) &&
    (max === undefined || max === 0 || version < max)
  );
}

/** The names and patterns of the databases that a block asks for; undefined if it asks for none. */
export function databasesOf({ target_databases: targets = [], tags = [] }: Block): readonly string[] | undefined {
  const tagged = readTags(tags).databases.map((name) => name.replace(/[\\*?[\]]/g, '\\$&'));
  const databases = [...targets, ...tagged];
  return databases.length === 0 ? undefined : databases;
}

function existsPredicate(reason: SkipReason, from: string, name: string): Predicate {
  const literal = `'${name.replaceAll("'", "''")}'`;
  return { sql: `SELECT EXISTS (SELECT FROM pg_catalog.${from} = ${literal})`, ttlMs: TAG_TTL_MS, reason };
}

function predicatesOf({ predicate_query: one, predicate_queries: several = [] }: Block): readonly Predicate[] {
  const all = [...(one === undefined ? [] : [{ predicate_query: one, ttl: 0 }]), ...several];
  return all.map(({ predicate_query: sql, ttl }) => ({ sql, ttlMs: (ttl ?? 0) * 1_000, reason: 'predicate' }));
}
