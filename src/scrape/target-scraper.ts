import type { Collector } from '../core/collector.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { WalguardError } from '../core/error.ts';
import type { TargetFacts } from '../core/facts.ts';
import type { History } from '../core/history.ts';
import { createFactsReader, FACTS_SQL } from '../postgres/facts.ts';
import type { Session } from '../postgres/session.ts';
import type { Budget } from './budget.ts';
import { createGates } from './gates.ts';
import { createCosts, splitIntoLanes } from './lanes.ts';
import type { Outcome } from './outcome.ts';
import { type Plan, planScrape, type PlannedQuery, samePlan, sameServer, type Selection } from './plan.ts';
import { createResultCache } from './result-cache.ts';
import { failedResult, runLane, type StepResult } from './run-lane.ts';
import type { Sessions } from './sessions.ts';
import { createSeriesLimit, type SeriesCaps, type SeriesLimit } from './series-limit.ts';
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
  readonly seriesCaps: SeriesCaps;
}

/** What belongs to one scrape. */
interface ScrapeScope {
  readonly selection: Selection;
  readonly budget: Budget;
  readonly limit: SeriesLimit;
  readonly beganMs: number;
}

type OpenSessions = readonly [Session, ...Session[]];

const STALE_CODES: ReadonlySet<ErrorCode> = new Set(['TARGET_CONNECTION_LOST', 'TARGET_WRONG_ROLE']);

/** Scrapes one target, one scrape at a time (the caller keeps it so), and remembers what makes the next one cheap. */
export class TargetScraper {
  readonly #parts: ScraperParts;
  readonly #costs = createCosts();
  readonly #gates = createGates();
  readonly #cache = createResultCache();
  #parsed = new Set<string>();
  #facts: TargetFacts | undefined;
  #factsAnswered = 0;

  constructor(parts: ScraperParts) {
    this.#parts = parts;
  }

  /** Never rejects: a target that does not answer is a result too. */
  async scrape(selection: Selection, budget: Budget): Promise<TargetResult> {
    const { sessions, seriesCaps } = this.#parts;
    const started = performance.now();
    const cut = (): void => sessions.destroy();
    budget.signal.addEventListener('abort', cut, { once: true });
    this.#gates.begin(started);
    try {
      const limit = createSeriesLimit(seriesCaps);
      const results = await this.#attempt({ selection, budget, limit, beganMs: started });
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

  async #attempt(scope: ScrapeScope): Promise<readonly StepResult[]> {
    const { sessions } = this.#parts;
    const { budget } = scope;
    const reused = sessions.open > 0;
    try {
      return await this.#runOver(await sessions.acquire(budget), scope);
    } catch (thrown) {
      const stale = reused && thrown instanceof WalguardError && STALE_CODES.has(thrown.code);
      if (!stale || budget.signal.aborted) throw thrown;
      // The server was restarted or changed its role, or a pooler closed the idle connection: that says nothing of the
      // server to scrape now.
      sessions.destroy();
      return await this.#runOver(await sessions.acquire(budget), scope);
    }
  }

  /** Runs the plan of the last facts with the facts query in front; if the facts have changed, plans and runs anew. */
  async #runOver(open: OpenSessions, scope: ScrapeScope): Promise<readonly StepResult[]> {
    const believed = this.#facts;
    if (believed === undefined) return await this.#runAfter(await this.#askFacts(open[0], scope.budget), open, scope);
    const plan = planScrape(believed, this.#parts.collectors, scope.selection);
    let asked: Promise<TargetFacts> | undefined;
    const results = await this.#runQueries(plan, open, scope, () => {
      asked = this.#askFacts(open[0], scope.budget);
      // Awaited below, when the lanes have ended: until then a rejection must not count as unhandled.
      asked.catch(() => undefined);
    });
    const learnt = await (asked ?? this.#askFacts(open[0], scope.budget));
    if (!samePlan(believed, learnt) || !sameServer(believed, learnt)) {
      for (const { outcome } of results) if (outcome.status === 'ok') scope.limit.giveBack(outcome.samples);
      return await this.#runAfter(learnt, open, scope);
    }
    return [...results, ...(await runDerived(plan, scope))];
  }

  async #runAfter(facts: TargetFacts, open: OpenSessions, scope: ScrapeScope): Promise<readonly StepResult[]> {
    const plan = planScrape(facts, this.#parts.collectors, scope.selection);
    const results = await this.#runQueries(plan, open, scope, () => undefined);
    return [...results, ...(await runDerived(plan, scope))];
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
    this.#forgetIfOther(facts);
    this.#facts = facts;
    return facts;
  }

  #forgetIfOther(facts: TargetFacts): void {
    const before = this.#facts;
    if (before?.version !== facts.version) this.#parsed = new Set();
    if (before === undefined || (samePlan(before, facts) && sameServer(before, facts))) return;
    this.#gates.clear();
    this.#cache.clear();
  }

  async #runQueries(
    plan: Plan,
    open: OpenSessions,
    { budget, limit, beganMs }: ScrapeScope,
    lead: () => void,
  ): Promise<readonly StepResult[]> {
    const served: StepResult[] = [];
    const due: PlannedQuery[] = [];
    for (const query of plan.queries) {
      const known = this.#cache.find(query, beganMs);
      if (known?.outcome.status === 'ok' && limit.take(known.outcome.samples)) served.push(known);
      else due.push(query);
    }
    const scope = { budget, limit, costs: this.#costs, gates: this.#gates, parsed: this.#parsed };
    const lanes = splitIntoLanes(due, open.length, this.#costs);
    const results = await Promise.all(
      open.map((session, index) => runLane(session, lanes[index] ?? [], scope, index === 0 ? lead : () => undefined)),
    );
    const byName = new Map(results.flat().map((result) => [result.outcome.collector, result]));
    for (const query of due) {
      const result = byName.get(query.collector.name);
      if (result !== undefined) this.#cache.keep(query, result, beganMs);
    }
    return [...served, ...results.flat()];
  }
}

async function runDerived(plan: Plan, { budget, limit }: ScrapeScope): Promise<readonly StepResult[]> {
  const skipped = plan.skipped.map(({ collector, reason }) => ({
    outcome: { status: 'skipped', collector: collector.name, reason } as const satisfies Outcome,
    families: [],
  }));
  const derived = plan.derived.map(async ({ collector: { name }, step }): Promise<StepResult> => {
    const started = performance.now();
    const sink = createStepSink(limit);
    try {
      await step.emit(sink);
    } catch (thrown) {
      sink.discard();
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
