import { createArchiverCollector } from '../collectors/archiver/index.ts';
import { createLogCollectors, type LogPorts } from '../collectors/logs/index.ts';
import { createPgBouncerCollectors } from '../collectors/pgbouncer/index.ts';
import { createSettingsCollector, SETTINGS_PREFIX } from '../collectors/settings/index.ts';
import { createWalDirectoryCollector } from '../collectors/wal-directory/index.ts';
import { createWalGeneratedCollector } from '../collectors/wal-generated/index.ts';
import type { PackCollector, PackOptions } from '../collectors/sql/load-pack.ts';
import type { CollectorSwitch } from '../config/given.ts';
import { closest } from '../core/closest.ts';
import type { Collector, TargetKind } from '../core/collector.ts';
import { WalguardError, WalguardErrors, type Where } from '../core/error.ts';
import { createHistory, type History } from '../core/history.ts';
import type { Logger } from '../core/logger.ts';
import { type Family, seriesNames } from '../core/family.ts';
import type { Report } from '../recoverability/assessor.ts';
import { createRecoverabilityCollector } from '../recoverability/collector.ts';
import { DATABASES_COLLECTOR, FACTS_COLLECTOR, TALLY_FAMILIES } from '../scrape/tally.ts';
import { TARGET_FAMILIES } from '../scrape/target.ts';
import { withFreeNames } from './load-packs.ts';
import { type Packs, PACKS } from './packs.ts';
import { yieldFamilies } from './override.ts';
import type { Watching } from './watching.ts';
import { offerOptionalPacks } from './shipped-packs.ts';

/** The owner of the families that no collector declares. */
export const WALGUARD = 'walguard itself';

/** Names of the series that no collector declares, and that nothing switches off. */
export const OWN_SERIES: readonly string[] = [...TALLY_FAMILIES, ...TARGET_FAMILIES].flatMap(seriesNames);

/** What walguard says of itself and of its process. */
const OWN_PREFIXES = /^(walguard|process|nodejs)_/;

type PlacedCollector = Collector & { readonly where?: () => Where };

export interface CollectorSettings {
  /** Files, directories and patterns. */
  readonly queryPaths: readonly string[];
  /** The tags of this walguard; none by default. */
  readonly tags?: readonly string[];
  /** Patterns of databases beside the connected one; none by default. */
  readonly includedDatabases?: readonly string[];
  readonly switches: ReadonlyMap<string, CollectorSwitch>;
  readonly stalledAfterMs: number;
  readonly walCapacityBytes: number | undefined;
  /** Where the server's recoverability is asked for; undefined elsewhere. */
  readonly watching?: Watching | undefined;
  /** Who reads the log of the server; undefined: nobody. */
  readonly logs?: LogPorts | undefined;
  /** The verdict; by default that of a walguard that knows nothing. */
  readonly report?: () => Report;
  /** By default each is read when it is asked for. */
  readonly packs?: Packs;
}

/** For what does not depend on any. */
const NO_SETTINGS: CollectorSettings = {
  queryPaths: [],
  switches: new Map(),
  stalledAfterMs: 1,
  walCapacityBytes: undefined,
};

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * All collectors of a target that are switched on: those in code, the shipped packs and the packs of the user.
 *
 * @throws WalguardErrors with the problems of all packs at once
 */
export function buildCollectors(
  settings: CollectorSettings,
  history: History,
  log: Logger = SILENT,
): readonly Collector[] {
  const own = ownCollectors(settings, history);
  return joinCollectors(settings, own, loadUserPacks(settings, own), log);
}

/** All that could be switched on, once a name: those of walguard, of the packs of the user, and of the optional packs. */
export function knownCollectors(settings: CollectorSettings): readonly Collector[] {
  const own = ownCollectors(settings, createHistory());
  const packs = loadUserPacks(settings, own);
  const all = [...offerOptionalPacks(settings.queryPaths), ...own, ...packs];
  return [...new Map(all.map((collector) => [collector.name, collector])).values()];
}

function loadUserPacks(settings: CollectorSettings, own: readonly PlacedCollector[]): readonly PackCollector[] {
  const { queryPaths, packs = PACKS } = settings;
  return packs.ofUser(queryPaths, packOptions(settings), takenNames(own));
}

/** @throws WalguardErrors with the collectors of packs that clash, as those of a walguard that loads them */
export function checkTogether(packs: readonly PackCollector[], queryPaths: readonly string[]): void {
  const own = ownCollectors(NO_SETTINGS, createHistory());
  const named = withFreeNames(packs, takenNames(own));
  joinCollectors({ ...NO_SETTINGS, queryPaths }, own, named, SILENT);
}

/** Names that no collector of a pack may have: a page says of each name once whether it succeeded. */
function takenNames(own: readonly Collector[]): ReadonlySet<string> {
  return new Set([...own.map(({ name }) => name), FACTS_COLLECTOR, DATABASES_COLLECTOR]);
}

function joinCollectors(
  settings: CollectorSettings,
  own: readonly PlacedCollector[],
  packs: readonly PackCollector[],
  log: Logger,
): readonly Collector[] {
  const shipped = [...own, ...offeredCollectors(settings, new Set([...own, ...packs].map(({ name }) => name)))];
  const names = [...new Set([...shipped, ...packs].map(({ name }) => name))];
  const isOn = ({ name, enabledByDefault }: Collector): boolean => settings.switches.get(name)?.on ?? enabledByDefault;
  const packsOn = packs.filter(isOn);
  const shippedOn = yieldFamilies(shipped.filter(isOn), packsOn, log);
  const problems = [...unknownSwitches(settings.switches, names), ...clashes([...shippedOn, ...packsOn])];
  if (problems.length > 0) throw new WalguardErrors(problems);
  return [...shippedOn, ...packsOn];
}

/**
 * Those that need no pack of the user, also those that are off by default, sorted by name.
 *
 * @param queryPaths the packs of the user, of which one may be an optional pack
 */
export function shippedCollectors(queryPaths: readonly string[] = []): readonly Collector[] {
  const collectors = [...ownCollectors(NO_SETTINGS, createHistory()), ...offerOptionalPacks(queryPaths)];
  return collectors.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function ownCollectors(settings: CollectorSettings, history: History): readonly PlacedCollector[] {
  const { watching, stalledAfterMs, walCapacityBytes, packs: { byDefault } = PACKS } = settings;
  const server = [
    watching?.archiver ?? createArchiverCollector(stalledAfterMs),
    createSettingsCollector(),
    createWalGeneratedCollector(history),
    watching?.walDirectory ?? createWalDirectoryCollector({ capacityBytes: walCapacityBytes }),
  ];
  const packs = byDefault(packOptions(settings));
  return [
    ...onlyOn('server', [
      ...server,
      ...createLogCollectors(settings.logs),
      createRecoverabilityCollector(settings.report ?? nothingKnown),
    ]),
    ...onlyOn('console', createPgBouncerCollectors()),
    ...(watching === undefined ? packs : packs.map((pack) => watching.listen(pack))),
  ];
}

/** For a page that is not made. */
function nothingKnown(): Report {
  const policy = { rpoSeconds: undefined, rtoSeconds: undefined };
  const none = { findings: [], exposure: undefined, repositories: [], sources: [] };
  return {
    assessment: { verdict: 'unknown', ...none, policy, assessedAtSeconds: 0 },
    server: undefined,
    repositories: [],
  };
}

function onlyOn(only: TargetKind, collectors: readonly Collector[]): readonly Collector[] {
  return collectors.map((collector) => ({ ...collector, only }));
}

function packOptions({ tags = [], includedDatabases = [] }: CollectorSettings): PackOptions {
  return { ownTags: new Set(tags), includesDatabases: includedDatabases.length > 0 };
}

/** The optional packs are read only for a switch that names none of the known: most walguards never need them. */
function offeredCollectors(settings: CollectorSettings, known: ReadonlySet<string>): readonly PlacedCollector[] {
  const { switches, queryPaths, packs: { offered } = PACKS } = settings;
  if ([...switches.keys()].every((name) => known.has(name))) return [];
  return offered(queryPaths, packOptions(settings)).filter(({ name }) => !known.has(name));
}

function unknownSwitches(
  switches: ReadonlyMap<string, CollectorSwitch>,
  names: readonly string[],
): readonly WalguardError[] {
  return [...switches]
    .filter(([name]) => !names.includes(name))
    .map(([name, { said, where }]) => {
      const near = closest(name, names);
      return new WalguardError('USAGE_UNKNOWN_OPTION', `${said}: there is no collector ${name}`, {
        where,
        hint: near === undefined ? `The collectors are ${names.toSorted().join(', ')}.` : `Did you mean ${near}?`,
      });
    });
}

/** Two collectors of one name, or two that declare one family, cannot both be on. */
function clashes(collectors: readonly PlacedCollector[]): readonly WalguardError[] {
  const byName = new Map<string, PlacedCollector>();
  const owners = new Map(OWN_SERIES.map((name) => [name, WALGUARD]));
  const declared = new Set<Family>();
  return collectors.flatMap((collector) => {
    const twin = byName.get(collector.name);
    byName.set(collector.name, collector);
    if (twin !== undefined) return [duplicateCollector(collector, twin)];
    // One that blocks share, for predicates choose among them, is declared once.
    const families = collector.families.filter((family) => !declared.has(family));
    for (const family of families) declared.add(family);
    return families.flatMap(seriesNames).flatMap((name) => {
      const isPack = collector.where !== undefined;
      const owner = owners.get(name) ?? (isPack ? ownerOfPrefix(name, byName.has('settings')) : undefined);
      owners.set(name, collector.name);
      return owner === undefined ? [] : [duplicateFamily(name, collector, owner)];
    });
  });
}

/** Who gives families that are known only when the page is made. */
export function ownerOfPrefix(family: string, settingsOn: boolean): string | undefined {
  if (OWN_PREFIXES.test(family)) return WALGUARD;
  return settingsOn && family.startsWith(SETTINGS_PREFIX) ? 'settings' : undefined;
}

function duplicateCollector({ name, where }: PlacedCollector, twin: PlacedCollector): WalguardError {
  const { file, line } = twin.where?.() ?? {};
  const other = file === undefined ? 'in walguard itself' : `in ${[file, line].filter(Boolean).join(':')}`;
  return new WalguardError('PACK_DUPLICATE_COLLECTOR', `there is a collector ${name} ${other} too`, {
    ...(where === undefined ? {} : { where: where() }),
    hint: `Give this one another name; --no-collector.${name} then switches off the other, should they declare the same families.`,
  });
}

function duplicateFamily(family: string, { where }: PlacedCollector, owner: string): WalguardError {
  return new WalguardError('PACK_DUPLICATE_FAMILY', `the family ${family} is already declared by ${owner}`, {
    ...(where === undefined ? {} : { where: where() }),
    hint: owner === WALGUARD ? 'Rename it.' : `Rename it, or switch the other off with --no-collector.${owner}.`,
  });
}
