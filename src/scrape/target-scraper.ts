import type { Collector } from '../core/collector.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { WalguardError } from '../core/error.ts';
import type { TargetFacts } from '../core/facts.ts';
import type { History } from '../core/history.ts';
import { createFactsReader, FACTS_SQL } from '../postgres/facts.ts';
import type { Session } from '../postgres/session.ts';
import type { Budget } from './budget.ts';
import { createCosts, splitIntoLanes } from './lanes.ts';
import type { Outcome } from './outcome.ts';
import { type Plan, planScrape, samePlan, type Selection } from './plan.ts';
import { failedResult, runLane, type StepResult } from './run-lane.ts';
import type { Sessions } from './sessions.ts';
import { createStepSink } from './sink.ts';
import { FACTS_COLLECTOR } from './tally.ts';

/** What one scrape of a target found. */
export interface TargetResult {
  /** The facts query answered in time; undefined if there was no time to ask. */
  readonly up: boolean | undefined;
  /** What the server answered; undefined if it did not. */
  readonly facts: TargetFacts | undefined;
  readonly results: readonly StepResult[];
}

/** What a scrape needs that outlives it. */
export interface ScraperParts {
  readonly sessions: Sessions;
  readonly collectors: readonly Collector[];
  readonly history: History;
}

type OpenSessions = readonly [Session, ...Session[]];

const STALE_CODES: ReadonlySet<ErrorCode> = new Set(['TARGET_CONNECTION_LOST', 'TARGET_WRONG_ROLE']);

/** Scrapes one target, one scrape at a time (the caller keeps it so), and remembers what makes the next one cheap. */
export class TargetScraper {
  readonly #parts: ScraperParts;
  readonly #costs = createCosts();
  #parsed = new Set<string>();
  #facts: TargetFacts | undefined;
  #factsAnswered = 0;

  constructor(parts: ScraperParts) {
    this.#parts = parts;
  }

  /** Never rejects: a target that does not answer is a result too. */
  async scrape(selection: Selection, budget: Budget): Promise<TargetResult> {
    const { sessions } = this.#parts;
    const started = performance.now();
    const cut = (): void => sessions.destroy();
    budget.signal.addEventListener('abort', cut, { once: true });
    try {
      const results = await this.#attempt(selection, budget);
      return {
        up: true,
        facts: this.#facts,
        results: [factsResult((this.#factsAnswered - started) / 1_000), ...results],
      };
    } catch (thrown) {
      sessions.destroy();
      return {
        up: false,
        facts: undefined,
        results: [failedResult(FACTS_COLLECTOR, secondsSince(started), budget, thrown)],
      };
    } finally {
      budget.signal.removeEventListener('abort', cut);
    }
  }

  async #attempt(selection: Selection, budget: Budget): Promise<readonly StepResult[]> {
    const { sessions } = this.#parts;
    const reused = sessions.open > 0;
    try {
      return await this.#runOver(await sessions.acquire(budget), selection, budget);
    } catch (thrown) {
      const stale = reused && thrown instanceof WalguardError && STALE_CODES.has(thrown.code);
      if (!stale || budget.signal.aborted) throw thrown;
      // The server was restarted or changed its role, or a pooler closed the idle connection: that says nothing of the
      // server to scrape now.
      sessions.destroy();
      return await this.#runOver(await sessions.acquire(budget), selection, budget);
    }
  }

  /** Runs the plan of the last facts with the facts query in front; if the facts have changed, plans and runs anew. */
  async #runOver(open: OpenSessions, selection: Selection, budget: Budget): Promise<readonly StepResult[]> {
    const believed = this.#facts;
    if (believed === undefined)
      return await this.#runAfter(await this.#askFacts(open[0], budget), open, selection, budget);
    const plan = planScrape(believed, this.#parts.collectors, selection);
    let asked: Promise<TargetFacts> | undefined;
    const results = await this.#runQueries(plan, open, budget, () => {
      asked = this.#askFacts(open[0], budget);
      // Awaited below, when the lanes have ended: until then a rejection must not count as unhandled.
      asked.catch(() => undefined);
    });
    const learnt = await (asked ?? this.#askFacts(open[0], budget));
    if (!samePlan(believed, learnt)) return await this.#runAfter(learnt, open, selection, budget);
    return [...results, ...(await runDerived(plan, budget))];
  }

  async #runAfter(
    facts: TargetFacts,
    open: OpenSessions,
    selection: Selection,
    budget: Budget,
  ): Promise<readonly StepResult[]> {
    const plan = planScrape(facts, this.#parts.collectors, selection);
    const results = await this.#runQueries(plan, open, budget, () => undefined);
    return [...results, ...(await runDerived(plan, budget))];
  }

  /** Sends the facts query; what it answers is taken up at once, for the derived collectors of this scrape. */
  async #askFacts(session: Session, budget: Budget): Promise<TargetFacts> {
    const reader = createFactsReader();
    // A slow server is not one that is down: the whole time may go by.
    const statement = { sql: FACTS_SQL, timeoutMs: budget.remainingMs(), seesPublic: false };
    await session.run(statement, reader.handler);
    const { facts, heartbeat } = reader.read();
    session.checkRole(facts);
    this.#factsAnswered = performance.now();
    this.#parts.history.add(heartbeat, facts.systemIdentifier);
    if (this.#facts?.version !== facts.version) this.#parsed = new Set();
    this.#facts = facts;
    return facts;
  }

  async #runQueries(plan: Plan, open: OpenSessions, budget: Budget, lead: () => void): Promise<readonly StepResult[]> {
    const scope = { budget, costs: this.#costs, parsed: this.#parsed };
    const lanes = splitIntoLanes(plan.queries, open.length, this.#costs);
    const results = await Promise.all(
      open.map((session, index) => runLane(session, lanes[index] ?? [], scope, index === 0 ? lead : () => undefined)),
    );
    return results.flat();
  }
}

async function runDerived(plan: Plan, budget: Budget): Promise<readonly StepResult[]> {
  const skipped = plan.skipped.map(({ collector, reason }) => ({
    outcome: { status: 'skipped', collector: collector.name, reason } as const satisfies Outcome,
    families: [],
  }));
  const derived = plan.derived.map(async ({ collector: { name }, step }): Promise<StepResult> => {
    const started = performance.now();
    const sink = createStepSink();
    try {
      await step.emit(sink);
    } catch (thrown) {
      return failedResult(name, secondsSince(started), budget, thrown);
    }
    const seconds = secondsSince(started);
    const outcome = {
      status: 'ok',
      collector: name,
      seconds,
      rows: 0,
      samples: sink.samples(),
      dropped: sink.dropped(),
    } as const;
    return { outcome, families: sink.finish() };
  });
  return [...(await Promise.all(derived)), ...skipped];
}

function factsResult(seconds: number): StepResult {
  return {
    outcome: { status: 'ok', collector: FACTS_COLLECTOR, seconds, rows: 1, samples: 1, dropped: new Map() },
    families: [],
  };
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1_000;
}
