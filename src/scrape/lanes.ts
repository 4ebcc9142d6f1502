import { DEFAULT_PRIORITY } from '../core/collector.ts';
import type { PlannedQuery } from './plan.ts';

/** How long a query is taken to last before it ran once. */
const UNKNOWN_COST_MS = 1;
const NEWEST_WEIGHT = 0.3;

/** What each collector's query cost of late, for an even split over the connections. */
export interface Costs {
  readonly of: (collector: string) => number;
  /** False before the first run. */
  readonly areKnown: (collector: string) => boolean;
  readonly learn: (collector: string, milliseconds: number) => void;
}

export function createCosts(): Costs {
  const averages = new Map<string, number>();
  return {
    of: (collector) => averages.get(collector) ?? UNKNOWN_COST_MS,
    areKnown: (collector) => averages.has(collector),
    learn(collector, milliseconds) {
      const before = averages.get(collector) ?? milliseconds;
      averages.set(collector, before + (milliseconds - before) * NEWEST_WEIGHT);
    },
  };
}

/**
 * Splits queries over connections so that these end together: the longest first, each to the least laden.
 *
 * Over each, the shortest is asked first and what never ran last: at the deadline those are missing that were slow,
 * not those that had to wait for them. What has a priority comes before all that are less urgent.
 */
export function splitIntoLanes(queries: readonly PlannedQuery[], count: number, costs: Costs): PlannedQuery[][] {
  const lanes = Array.from({ length: count }, () => ({ queries: [] as PlannedQuery[], cost: 0 }));
  const costOf = ({ collector }: PlannedQuery): number => costs.of(collector.name);
  const rankOf = (query: PlannedQuery): number =>
    costs.areKnown(query.collector.name) ? costOf(query) : Number.MAX_VALUE;
  for (const query of queries.toSorted((a, b) => urgency(a) - urgency(b) || costOf(b) - costOf(a))) {
    const lane = lanes.reduce((least, each) => (each.cost < least.cost ? each : least));
    lane.queries.push(query);
    lane.cost += costOf(query);
  }
  return lanes.map((lane) => lane.queries.toSorted((a, b) => urgency(a) - urgency(b) || rankOf(a) - rankOf(b)));
}

function urgency({ step }: PlannedQuery): number {
  return step.priority ?? DEFAULT_PRIORITY;
}
