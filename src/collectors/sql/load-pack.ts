import { type LocatedDocument, readDocument } from '../../config/document.ts';
import type { Collector, DatabaseScope, QueryStep } from '../../core/collector.ts';
import { WalguardError, WalguardErrors, type Where } from '../../core/error.ts';
import type { Family } from '../../core/family.ts';
import type { SkipReason } from '../../core/reasons.ts';
import { type Branch, type BranchColumn, consoleFacts, toBranch } from './branch.ts';
import { databasesOf, type ServerFacts } from './conditions.ts';
import { type Dialect, readDialects } from './dialect.ts';
import { collectorName, type Draft, type Group, groupDrafts } from './group.ts';
import { nameProblems } from './names.ts';
import { createLayouts } from './layout.ts';
import { type LaidOut, readRows } from './rows.ts';
import { type Block, pack, packOrNothing } from './schema.ts';
import { unifyFamilies } from './unify.ts';

/** A collector of a pack, with the place of its first block: finding it takes time, and only an error needs it. */
export interface PackCollector extends Collector {
  readonly where: () => Where;
}

export interface PackOptions {
  /** Its queries may use names of the schema public; true by default. */
  readonly seesPublic?: boolean;
  /** Of all its blocks; by default each block's keys tell. */
  readonly dialect?: Dialect;
  /** The tags of this walguard; none by default. */
  readonly ownTags?: ReadonlySet<string>;
  /** Databases are included beside the connected one; false by default. */
  readonly includesDatabases?: boolean;
  /** A file with nothing but comments is a pack without collectors; false by default. */
  readonly mayBeEmpty?: boolean;
}

/** What a pack says, before it is taken for collectors. */
export type PackDocument = LocatedDocument<Readonly<Record<string, Block>>>;

/**
 * Reads a pack into collectors.
 *
 * @param file the pack's name in messages
 * @throws WalguardErrors with all problems at once, each at its file, line and column
 */
export function loadPack(file: string, text: string, options: PackOptions = {}): readonly PackCollector[] {
  return toCollectors(readPack(file, text, options.mayBeEmpty), options);
}

/**
 * @param mayBeEmpty a file with nothing but comments is a pack too
 * @throws WalguardErrors with all that does not fit a pack
 */
export function readPack(file: string, text: string, mayBeEmpty = false): PackDocument {
  return readDocument(file, text, mayBeEmpty ? packOrNothing : pack);
}

/** @throws WalguardErrors with all that makes no sense together */
export function toCollectors(document: PackDocument, options: PackOptions): readonly PackCollector[] {
  const drafts = readDrafts(document, options);
  const { groups, problems } = groupDrafts(drafts.filter(({ block }) => block.skip !== true));
  const all = [
    ...drafts.flatMap((draft) => draftProblems(draft, document.where)),
    ...problems,
    ...namesakesOf(groups).flatMap((namesakes) =>
      unifyFamilies(
        namesakes.flatMap(({ drafts: members }) => members.map(({ branch }) => branch)),
        document.where,
      ),
    ),
  ];
  if (all.length > 0) throw new WalguardErrors(all);
  const shares = new Map(namesakesOf(groups).flatMap((namesakes) => shareFamilies(namesakes)));
  return groups.map((group) => toCollector(group, shares.get(group) ?? [], options.seesPublic ?? true));
}

/** The groups whose blocks say one name, together. */
function namesakesOf(groups: readonly Group[]): readonly (readonly Group[])[] {
  const byName = new Map<string, Group[]>();
  for (const group of groups) {
    const [{ name }] = group.drafts;
    byName.set(name, [...(byName.get(name) ?? []), group]);
  }
  return [...byName.values()];
}

/** The blocks of a pack, with what they are on their way to collectors. */
export function readDrafts(
  { value, where }: PackDocument,
  { dialect, ownTags = new Set(), includesDatabases = false }: PackOptions,
): readonly Draft[] {
  const dialects = readDialects(Object.values(value));
  const databases = namedDatabases(value);
  return Object.entries(value).map(([key, block], index) => ({
    name: collectorName(key, block),
    block,
    branch: toBranch(key, block, dialect ?? dialects[index] ?? 'postgres_exporter', {
      ownTags,
      includesDatabases,
      namedDatabases: databases.get(collectorName(key, block)) ?? new Set(),
    }),
    where: () => where([key]),
  }));
}

/** By the name that blocks share: the databases they ask for. In each of these another one of them may run. */
function namedDatabases(blocks: PackDocument['value']): ReadonlyMap<string, ReadonlySet<string>> {
  const byName = new Map<string, Set<string>>();
  for (const [key, block] of Object.entries(blocks).filter(([, { skip }]) => skip !== true)) {
    const name = collectorName(key, block);
    byName.set(name, new Set([...(byName.get(name) ?? []), ...(databasesOf(block) ?? [])]));
  }
  return byName;
}

/** A block of labels alone runs there, and postgres_exporter makes metrics of columns that it does not declare. */
const LABELS_ARE_ENOUGH: ReadonlySet<Dialect> = new Set(['postgres_exporter', 'cloudnative_pg']);

function draftProblems({ branch }: Draft, where: LocatedDocument<unknown>['where']): readonly WalguardError[] {
  const { key, columns, dialect } = branch;
  const place = ({ path }: BranchColumn): Where => where([key, ...path]);
  const problems = [...nameProblems(branch, place), ...columns.flatMap((column) => infoProblems(column, place))];
  if (LABELS_ARE_ENOUGH.has(dialect) || columns.some(({ families }) => families.length > 0)) return problems;
  const noMetric = new WalguardError('CONFIG_MISSING_KEY', `${key} has no metric, only labels`, {
    where: where([key, 'metrics']),
    hint: 'Give one column the usage GAUGE or COUNTER.',
  });
  return [noMetric, ...problems];
}

function infoProblems(column: BranchColumn, place: (column: BranchColumn) => Where): readonly WalguardError[] {
  const [family] = column.families;
  if (family?.type !== 'info' || family.name.endsWith('_info')) return [];
  const message = `${family.name} is of usage INFO, but its name does not end in _info`;
  return [new WalguardError('PACK_BAD_NAME', message, { where: place(column), hint: 'Add rename: info.' })];
}

function toCollector({ name, drafts }: Group, branches: readonly Branch[], seesPublic: boolean): PackCollector {
  const [{ block, where }] = drafts;
  const families = [...new Set(branches.flatMap(({ columns }) => columns.flatMap((column) => column.families)))];
  const databases = widestScope(branches);
  const laidOut = branches.map((branch) => ({ branch, layouts: createLayouts(branch), places: 0 }));
  return {
    name,
    help: block.desc ?? `Collector ${name}.`,
    enabledByDefault: block.enabled ?? true,
    families,
    where,
    ...(databases === undefined ? {} : { databases }),
    choose: (facts) => choose(laidOut, facts, seesPublic),
    chooseOnConsole: (facts) => choose(laidOut, consoleFacts(facts), seesPublic),
  };
}

function choose(branches: readonly LaidOut[], facts: ServerFacts, seesPublic: boolean): QueryStep | SkipReason {
  let suited = branches;
  for (const reason of branches[0]?.branch.conditions.checks.keys() ?? []) {
    suited = suited.filter(({ branch }) => branch.conditions.checks.get(reason)?.(facts));
    if (suited.length === 0) return reason;
  }
  const [chosen] = suited;
  if (chosen === undefined) return 'version';
  return {
    kind: 'query',
    ...chosen.branch.step,
    seesPublic,
    open: (sink, place) => readRows(chosen, { version: facts.version, place }, sink),
  };
}

function widestScope(branches: readonly Branch[]): DatabaseScope | undefined {
  const scopes = branches.map(({ conditions }) => conditions.scope);
  return (['named', 'included'] as const).find((scope) => scopes.includes(scope));
}

/** The branches of each group with one Family object for all: a page says the same of a family on each server. */
function shareFamilies(namesakes: readonly Group[]): readonly (readonly [Group, readonly Branch[]])[] {
  const shared = new Map<string, Family>();
  const share = (family: Family): Family => {
    const known = shared.get(family.name) ?? family;
    shared.set(family.name, known);
    return known;
  };
  return namesakes.map((group) => {
    const branches = group.drafts.map(({ branch }) => ({
      ...branch,
      columns: branch.columns.map((column) => ({ ...column, families: column.families.map(share) })),
    }));
    return [group, branches];
  });
}
