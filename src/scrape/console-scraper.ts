import type { Collector, ResultHandler } from '../core/collector.ts';
import { WalguardError } from '../core/error.ts';
import type { Session, Statement } from '../postgres/session.ts';
import type { Budget } from './budget.ts';
import { createGates } from './gates.ts';
import { createCosts, splitIntoLanes } from './lanes.ts';
import { planConsole, type Selection, type SkippedCollector } from './plan.ts';
import { createResultCache } from './result-cache.ts';
import { runLane, type StepResult } from './run-lane.ts';
import type { SeriesLimit } from './series-limit.ts';

/** What belongs to one scrape. */
interface ConsoleScope {
  readonly collectors: readonly Collector[];
  readonly selection: Selection;
  readonly budget: Budget;
  readonly limit: SeriesLimit;
  readonly beganMs: number;
}

interface ConsoleRun {
  readonly results: readonly StepResult[];
  /** When the console gave its version, by performance.now(). */
  readonly answeredMs: number;
}

export interface ConsoleScraper {
  /** Runs what is planned for a console. Rejects if it does not answer at all. */
  readonly run: (session: Session, scope: ConsoleScope) => Promise<ConsoleRun>;
}

const ARE_YOU_THERE: Statement = { sql: 'SHOW VERSION', timeoutMs: Infinity, seesPublic: false };
const IGNORE_ROWS: ResultHandler = { columns: () => undefined, row: () => undefined, end: () => undefined };

/** Scrapes the console of PgBouncer: all commands in one write. */
export function createConsoleScraper(): ConsoleScraper {
  const [costs, gates, cache] = [createCosts(), createGates(), createResultCache()];
  const parsed = new Set<string>();
  let version: number | undefined;

  return {
    async run(session, { collectors, selection, budget, limit, beganMs }) {
      if (session.console === undefined) throw new WalguardError('BUG', 'the session is one to a server');
      if (session.console.version !== version) cache.clear();
      version = session.console.version;
      gates.begin(beganMs);
      const { queries, skipped } = planConsole(session.console, collectors, selection);
      const { served, due } = cache.divide(queries, { limit, beganMs });
      let answered: Promise<number> | undefined;
      const lead = (): void => {
        answered = session.run(ARE_YOU_THERE, IGNORE_ROWS).then(() => performance.now());
        // Awaited below, when the lane has ended: until then a rejection must not count as unhandled.
        answered.catch(() => undefined);
      };
      const [lane = []] = splitIntoLanes(due, 1, costs);
      const ran = await runLane(session, lane, { budget, costs, gates, limit, parsed }, lead);
      const answeredMs = (await answered) ?? performance.now();
      cache.keep(due, ran, beganMs);
      return { results: [...served, ...ran, ...skipped.map(toResult)], answeredMs };
    },
  };
}

function toResult({ collector, reason }: SkippedCollector): StepResult {
  return { outcome: { status: 'skipped', collector: collector.name, reason }, families: [] };
}
