import type { Collector, DatabasePlace, DerivedStep, QueryStep, TargetKind } from '../core/collector.ts';
import type { ConsoleFacts, TargetFacts } from '../core/facts.ts';
import type { SkipReason } from '../core/reasons.ts';
import type { OtherDatabases } from './databases.ts';

/** Which collectors a request asks for; undefined asks for all. */
export interface Selection {
  readonly collect: ReadonlySet<string> | undefined;
  readonly exclude: ReadonlySet<string>;
}

export interface PlannedQuery {
  readonly collector: Collector;
  readonly step: QueryStep;
  /** Undefined for what runs once a server. */
  readonly place?: DatabasePlace;
}

export interface PlannedDerived {
  readonly collector: Collector;
  readonly step: DerivedStep;
}

export interface SkippedCollector {
  readonly collector: Collector;
  readonly reason: SkipReason;
}

/** What runs in a database beside the connected one. */
export interface PlannedDatabase {
  readonly database: string;
  readonly queries: readonly PlannedQuery[];
}

/** What one scrape does. */
export interface Plan {
  /** In the connected database. */
  readonly queries: readonly PlannedQuery[];
  readonly elsewhere: readonly PlannedDatabase[];
  readonly derived: readonly PlannedDerived[];
  /** Those that run in no database. */
  readonly skipped: readonly SkippedCollector[];
}

/** What a plan is made for. */
export interface PlannedServer {
  readonly facts: TargetFacts;
  readonly databases: OtherDatabases;
}

/** Pure: facts and databases x collectors x request. */
export function planScrape(
  { facts, databases }: PlannedServer,
  collectors: readonly Collector[],
  selection: Selection,
): Plan {
  const byDatabase = new Map([facts.database, ...databases.all].map((name) => [name, [] as PlannedQuery[]]));
  const derived: PlannedDerived[] = [];
  const skipped: SkippedCollector[] = [];
  for (const collector of collectors.filter((each) => isPlanned(each, selection, 'server'))) {
    const step = collector.choose(facts);
    const elsewhere = chooseElsewhere(collector, facts, databases);
    if (typeof step === 'string' && elsewhere.length === 0) skipped.push({ collector, reason: step });
    else if (typeof step !== 'string' && step.kind === 'derived') derived.push({ collector, step });
    const here: readonly ChosenStep[] =
      typeof step === 'string' || step.kind === 'derived' ? [] : [{ database: facts.database, step }];
    for (const { database, query } of placeSteps(collector, [...here, ...elsewhere], databases.areIncluded))
      byDatabase.get(database)?.push(query);
  }
  const queries = byDatabase.get(facts.database) ?? [];
  const elsewhere = databases.all.flatMap((database) => {
    const planned = byDatabase.get(database) ?? [];
    return planned.length === 0 ? [] : [{ database, queries: planned }];
  });
  return { queries, elsewhere, derived, skipped };
}

/** Pure: the same for the console of PgBouncer. */
export function planConsole(
  facts: ConsoleFacts,
  collectors: readonly Collector[],
  selection: Selection,
): Pick<Plan, 'queries' | 'skipped'> {
  const queries: PlannedQuery[] = [];
  const skipped: SkippedCollector[] = [];
  for (const collector of collectors.filter((each) => isPlanned(each, selection, 'console'))) {
    const step = collector.chooseOnConsole?.(facts) ?? 'pgbouncer';
    if (typeof step === 'string') skipped.push({ collector, reason: step });
    else queries.push({ collector, step });
  }
  return { queries, skipped };
}

/** Pure: the same for a server that does not answer. */
export function planWithoutServer(collectors: readonly Collector[], selection: Selection): Pick<Plan, 'derived'> {
  const planned = collectors.filter((each) => isPlanned(each, selection, 'server'));
  return {
    derived: planned.flatMap((collector) => {
      const { withoutServer: step } = collector;
      return step === undefined ? [] : [{ collector, step }];
    }),
  };
}

function isPlanned({ name, only }: Collector, { collect, exclude }: Selection, kind: TargetKind): boolean {
  const isNamed = collect?.has(name) === true;
  const isOfKind = only === undefined || only === kind;
  return (isNamed || (collect === undefined && isOfKind)) && !exclude.has(name);
}

interface ChosenStep {
  readonly database: string;
  readonly step: QueryStep;
}

/** The steps of a collector in other databases than the connected one. */
function chooseElsewhere(
  { databases: scope, choose }: Collector,
  facts: TargetFacts,
  { areIncluded, included, all }: OtherDatabases,
): readonly ChosenStep[] {
  if (scope === undefined || (scope === 'included' && !areIncluded)) return [];
  return all.flatMap((database) => {
    const step = choose({ ...facts, database });
    if (typeof step === 'string' || step.kind === 'derived' || step.databases === undefined) return [];
    return step.databases === 'named' || included.has(database) ? [{ database, step }] : [];
  });
}

/** @param steps in the order of their databases; the first is at home */
function placeSteps(
  collector: Collector,
  steps: readonly ChosenStep[],
  areIncluded: boolean,
): readonly { readonly database: string; readonly query: PlannedQuery }[] {
  const databases = new Set(steps.map(({ database }) => database));
  return steps.map(({ database, step }, index) => {
    const isOnce = step.databases === undefined || (step.databases === 'included' && !areIncluded);
    const place = { database, databases, isHome: index === 0 };
    return { database, query: { collector, step, ...(isOnce ? {} : { place }) } };
  });
}

/** True if a plan made for the one facts holds for the other: only what `choose` may look at is compared. */
export function samePlan(before: TargetFacts, now: TargetFacts): boolean {
  return (
    before.version === now.version &&
    before.inRecovery === now.inRecovery &&
    before.database === now.database &&
    before.user === now.user &&
    before.readsAllStats === now.readsAllStats &&
    before.listsArchiveStatus === now.listsArchiveStatus &&
    before.walSegmentBytes === now.walSegmentBytes
  );
}

/** True if it is one server that ran on between the two: results of before still hold. */
export function sameServer(before: TargetFacts, now: TargetFacts): boolean {
  return before.systemIdentifier === now.systemIdentifier && before.startTimeSeconds === now.startTimeSeconds;
}
