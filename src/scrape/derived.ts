import type { Budget } from './budget.ts';
import type { PlannedDerived } from './plan.ts';
import { failedResult, type StepResult } from './run-lane.ts';
import type { SeriesLimit } from './series-limit.ts';
import { createStepSink } from './sink.ts';

export interface DerivedScope {
  readonly budget: Budget;
  readonly limit: SeriesLimit;
}

/** Runs the collectors that need no query of their own. Never rejects: each has an outcome. */
export async function runDerived(
  planned: readonly PlannedDerived[],
  { budget, limit }: DerivedScope,
): Promise<readonly StepResult[]> {
  return await Promise.all(
    planned.map(async ({ collector: { name }, step }): Promise<StepResult> => {
      const started = performance.now();
      const sink = createStepSink(limit);
      try {
        await step.emit(sink);
      } catch (thrown) {
        sink.discard();
        return failedResult({ collector: name }, secondsSince(started), budget, thrown);
      }
      const counts = { samples: sink.samples(), dropped: sink.dropped() };
      const outcome = { status: 'ok', collector: name, seconds: secondsSince(started), rows: 0, ...counts } as const;
      return { outcome, families: sink.finish() };
    }),
  );
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1_000;
}
