import type { Collector, DerivedStep, QueryStep, Step } from '../../../src/core/collector.ts';
import type { SkipReason } from '../../../src/core/reasons.ts';

/** A query that nobody runs. */
export const idleQuery: QueryStep = {
  kind: 'query',
  sql: 'SELECT 1',
  timeoutMs: 1_000,
  seesPublic: false,
  open: () => ({ columns: () => undefined, row: () => undefined, end: () => undefined }),
};

/** A derived step that adds nothing. */
export const idleDerived: DerivedStep = { kind: 'derived', emit: () => undefined };

/** A collector that does the same on every server. */
export function collectorOf(name: string, step: Step | SkipReason = idleQuery): Collector {
  return { name, help: `Collector ${name}.`, enabledByDefault: true, families: [], choose: () => step };
}
