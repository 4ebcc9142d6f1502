import type { PlannedQuery } from './plan.ts';

/** How long a query is taken to last before it ran once. */
const UNKNOWN_COST_MS = 1;
const NEWEST_WEIGHT = 0.3;

/** What each collector's query cost of late, for an even split over the connections. */
export interface Costs {
  readonly of: (collector: string) => number;
  readonly learn: (collector: string, milliseconds: number) => void;
}

export function createCosts(): Costs {
  const averages = new Map<string, number>();
  return {
    of: (collector) => averages.get(collector) ?? UNKNOWN_COST_MS,
    learn(collector, milliseconds) {
      const before = averages.get(collector) ?? milliseconds;
      averages.set(collector, before + (milliseconds - before) * NEWEST_WEIGHT);
    },
  };
}

/** Splits queries over connections so that these end together: the longest first, each to the least laden. */
export function splitIntoLanes(queries: readonly PlannedQuery[], count: number, costs: Costs): PlannedQuery[][] {
  const lanes = Array.from({ length: count }, () => ({ queries: [] as PlannedQuery[], cost: 0 }));
  const longestFirst = queries.toSorted((a, b) => costs.of(b.collector.name) - costs.of(a.collector.name));
  for (const query of longestFirst) {
    const lane = lanes.reduce((least, each) => (each.cost < least.cost ? each : least));
    lane.queries.push(query);
    lane.cost += costs.of(query.collector.name);
  }
  return lanes.map((lane) => lane.queries);
}
