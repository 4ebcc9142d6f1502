import type { QueryStep } from '../../core/collector.ts';
import type { ConsoleFacts } from '../../core/facts.ts';
import type { Family } from '../../core/family.ts';
import { isGlob } from '../../core/glob.ts';
import { type DeclaredColumn, declaredColumns, familiesOf, labelNamesOf } from './columns.ts';
import { type Conditions, excludeEachOther, readConditions, type ServerFacts } from './conditions.ts';
import type { Dialect } from './dialect.ts';
import type { Block } from './schema.ts';

/** The variant of a collector's query for some servers: a block of a pack. */
export interface Branch {
  /** The block's key in its pack. */
  readonly key: string;
  readonly dialect: Dialect;
  readonly prefix: string;
  readonly columns: readonly BranchColumn[];
  /** The names of the labels that every metric of the branch has, in order. */
  readonly labelNames: readonly string[];
  /** The last of the labels is the database, which the query itself does not say. */
  readonly addsDatabase: boolean;
  readonly conditions: Conditions;
  readonly step: Pick<QueryStep, 'sql' | 'timeoutMs' | 'predicates' | 'ttlMs' | 'priority' | 'fatal' | 'databases'>;
}

export interface BranchColumn extends DeclaredColumn {
  /** Empty for labels and discarded columns. */
  readonly families: readonly Family[];
}

/** What matters to a branch beside its own block. */
export interface Surroundings {
  /** The tags of this walguard. */
  readonly ownTags: ReadonlySet<string>;
  /** Databases are included beside the connected one. */
  readonly includesDatabases: boolean;
  /** Names and patterns of the databases that the blocks of its name ask for, together. */
  readonly namedDatabases: ReadonlySet<string>;
}

/** The label that tells the runs of a query in several databases apart. */
export const DATABASE_LABEL = 'datname';

const DEFAULT_TIMEOUT_MS = 1_000;

export function toBranch(key: string, block: Block, dialect: Dialect, surroundings: Surroundings): Branch {
  const prefix = block.prefix ?? block.name ?? key;
  const declared = declaredColumns(block, dialect);
  const declaredLabels = labelNamesOf(declared);
  const conditions = readConditions(block, dialect, surroundings.ownTags);
  const addsDatabase = runsInSeveral(conditions, surroundings) && !declaredLabels.includes(DATABASE_LABEL);
  const labelNames = addsDatabase ? [...declaredLabels, DATABASE_LABEL] : declaredLabels;
  return {
    key,
    dialect,
    prefix,
    columns: declared.map((column) => ({ ...column, families: familiesOf(column, { prefix, key, labelNames }) })),
    labelNames,
    addsDatabase,
    conditions,
    step: toStep(block, conditions),
  };
}

function runsInSeveral({ scope }: Conditions, { includesDatabases, namedDatabases }: Surroundings): boolean {
  if (scope === 'named') return namedDatabases.size > 1 || [...namedDatabases].some(isGlob);
  return scope === 'included' && includesDatabases;
}

function toStep(block: Block, { predicates, scope }: Conditions): Branch['step'] {
  const { query: sql, timeout, priority, fatal } = block;
  const ttl = block.ttl ?? block.cache_seconds ?? 0;
  return {
    sql,
    timeoutMs: toTimeoutMs(timeout),
    ...(predicates.length === 0 ? {} : { predicates }),
    ...(ttl === 0 ? {} : { ttlMs: ttl * 1_000 }),
    ...(priority === undefined || priority === 0 ? {} : { priority }),
    ...(fatal === undefined ? {} : { fatal }),
    ...(scope === undefined ? {} : { databases: scope }),
  };
}

function toTimeoutMs(seconds: number | undefined): number {
  if (seconds === undefined || seconds === 0) return DEFAULT_TIMEOUT_MS;
  return seconds < 0 ? Infinity : seconds * 1_000;
}

/** Servers on which branches are compared: each major at its first and a late release, in both roles. */
export const COMPARED_SERVERS: readonly ServerFacts[] = Array.from({ length: 18 }, (_, index) => 13 + index).flatMap(
  (major) =>
    [0, 99].flatMap((minor) =>
      [false, true].map((inRecovery) => ({ version: major * 10_000 + minor, inRecovery, database: '', user: '' })),
    ),
);

/** Releases of PgBouncer from 1.8 on. */
const COMPARED_CONSOLES = Array.from({ length: 92 }, (_, index) =>
  consoleFacts({ version: 10_800 + index * 100, user: '' }),
);

/** What blocks can ask about the console. */
export function consoleFacts({ version, user }: ConsoleFacts): ServerFacts {
  return { version, user, inRecovery: false, database: 'pgbouncer', isConsole: true };
}

/** True if a branch is for servers of this version and role. */
export function suits({ conditions: { checks } }: Branch, server: ServerFacts): boolean {
  return (['pgbouncer', 'version', 'role'] as const).every((reason) => checks.get(reason)?.(server));
}

/** A server both branches would run on, as words for an error; undefined if there is none. */
export function overlap(one: Branch, other: Branch): string | undefined {
  if (excludeEachOther(one.conditions, other.conditions)) return undefined;
  const console = COMPARED_CONSOLES.find((server) => suits(one, server) && suits(other, server));
  if (console !== undefined) return `PgBouncer 1.${(console.version % 10_000) / 100}`;
  const shared = COMPARED_SERVERS.find((server) => suits(one, server) && suits(other, server));
  return shared === undefined
    ? undefined
    : `a ${shared.inRecovery ? 'standby' : 'primary'} of PostgreSQL ${majorOf(shared)}`;
}

export function majorOf({ version }: Pick<ServerFacts, 'version'>): number {
  return Math.floor(version / 10_000);
}

/** True if a family of the one is a family of the other. */
export function sharesFamily(one: Branch, other: Branch): boolean {
  const names = new Set(namesOf(one));
  return namesOf(other).some((name) => names.has(name));
}

function namesOf({ columns }: Branch): readonly string[] {
  return columns.flatMap(({ families }) => families.map(({ name }) => name));
}
