import type { Collector, DerivedStep, QueryStep } from '../core/collector.ts';
import type { TargetFacts } from '../core/facts.ts';
import type { SkipReason } from '../core/reasons.ts';

/** Which collectors a request asks for; undefined asks for all. */
export interface Selection {
  readonly collect: ReadonlySet<string> | undefined;
  readonly exclude: ReadonlySet<string>;
}

export interface PlannedQuery {
  readonly collector: Collector;
  readonly step: QueryStep;
}

export interface PlannedDerived {
  readonly collector: Collector;
  readonly step: DerivedStep;
}

export interface SkippedCollector {
  readonly collector: Collector;
  readonly reason: SkipReason;
}

/** What one scrape does. */
export interface Plan {
  readonly queries: readonly PlannedQuery[];
  readonly derived: readonly PlannedDerived[];
  readonly skipped: readonly SkippedCollector[];
}

/** Pure: facts x collectors x request. */
export function planScrape(facts: TargetFacts, collectors: readonly Collector[], selection: Selection): Plan {
  const queries: PlannedQuery[] = [];
  const derived: PlannedDerived[] = [];
  const skipped: SkippedCollector[] = [];
  for (const collector of collectors.filter(({ name }) => isSelected(name, selection))) {
    const step = collector.choose(facts);
    if (typeof step === 'string') skipped.push({ collector, reason: step });
    else if (step.kind === 'query') queries.push({ collector, step });
    else derived.push({ collector, step });
  }
  return { queries, derived, skipped };
}

function isSelected(name: string, { collect, exclude }: Selection): boolean {
  return (collect === undefined || collect.has(name)) && !exclude.has(name);
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
