import type { Collector, TargetKind } from '../core/collector.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { WalguardError } from '../core/error.ts';
import type { TargetFacts } from '../core/facts.ts';
import type { History } from '../core/history.ts';
import type { Session } from '../postgres/session.ts';
import type { Budget } from './budget.ts';
import { askServer, type Learnt } from './ask-server.ts';
import { type ConsoleScraper, createConsoleScraper } from './console-scraper.ts';
import { type DatabasePatterns, otherDatabases, runElsewhere } from './databases.ts';
import { runDerived } from './derived.ts';
import type { Elsewhere } from './elsewhere.ts';
import { createGates } from './gates.ts';
import { createCosts, splitIntoLanes } from './lanes.ts';
import { type Plan, planScrape, planWithoutServer, samePlan, sameServer, type Selection } from './plan.ts';
import { createResultCache } from './result-cache.ts';
import { failedResult, runLane, type StepResult } from './run-lane.ts';
import type { Sessions } from './sessions.ts';
import { createSeriesLimit, type SeriesCaps, type SeriesLimit } from './series-limit.ts';
import { FACTS_COLLECTOR } from './tally.ts';

/** What one scrape of a target found. */
export interface TargetResult {
  /** The facts query answered in time; undefined if there was no time to ask. */
  readonly up: boolean | undefined;
  /** What the server answered; undefined if it did not. */
  readonly facts: TargetFacts | undefined;
  /** What was met there last; undefined if nothing ever was. */
  readonly kind: TargetKind | undefined;
  readonly results: readonly StepResult[];
}

/** What a scrape needs that outlives it. */
export interface ScraperParts {
  readonly sessions: Sessions;
  readonly elsewhere: Elsewhere;
  readonly databases: DatabasePatterns;
  readonly collectors: readonly Collector[];
  readonly history: History;
  readonly seriesCaps: SeriesCaps;
  /** By the name of its database; what it is shows when it answers. */
  readonly mayBeConsole: boolean;
}

/** What belongs to one scrape. */
interface ScrapeScope {
  readonly collectors: readonly Collector[];
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
  readonly #listsDatabases: boolean;
  readonly #costs = createCosts();
  readonly #gates = createGates();
  readonly #cache = createResultCache();
  readonly #consoles: ConsoleScraper = createConsoleScraper();
  #parsed = new Set<string>();
  #known: Learnt | undefined;
  #kind: TargetKind | undefined;
  #factsAnswered = 0;

  constructor(parts: ScraperParts) {
    this.#parts = parts;
    this.#listsDatabases = runElsewhere(parts.collectors, parts.databases);
  }

  /**
   * Never rejects: a target that does not answer is a result too.
   *
   * @param collectors the selection is of these
   */
  async scrape(collectors: readonly Collector[], selection: Selection, budget: Budget): Promise<TargetResult> {
    const { seriesCaps } = this.#parts;
    const started = performance.now();
    const cut = (): void => this.#dropConnections();
    budget.signal.addEventListener('abort', cut, { once: true });
    this.#gates.begin(started);
    try {
      const limit = createSeriesLimit(seriesCaps);
      const results = await this.#attempt({ collectors, selection, budget, limit, beganMs: started });
      return {
        up: true,
        facts: this.#known?.facts,
        kind: this.#kind,
        results: [factsResult((this.#factsAnswered - started) / 1_000), ...results],
      };
    } catch (thrown) {
      this.#dropConnections();
      return {
        up: false,
        facts: undefined,
        kind: this.#kind,
        results: [failedResult({ collector: FACTS_COLLECTOR }, secondsSince(started), budget, thrown)],
      };
    } finally {
      budget.signal.removeEventListener('abort', cut);
    }
  }

  /** What collectors give that need no server: for after a scrape, whose answers they may look at. Never rejects. */
  async runAlone(
    collectors: readonly Collector[],
    selection: Selection,
    budget: Budget,
  ): Promise<readonly StepResult[]> {
    const { seriesCaps, mayBeConsole } = this.#parts;
    if (this.#kind === 'console' || (this.#kind === undefined && mayBeConsole)) return [];
    const { derived } = planWithoutServer(collectors, selection);
    return await runDerived(derived, { budget, limit: createSeriesLimit(seriesCaps) });
  }

  #dropConnections(): void {
    this.#parts.sessions.destroy();
    this.#parts.elsewhere.destroy();
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
      const anew = { ...scope, limit: createSeriesLimit(this.#parts.seriesCaps) };
      return await this.#runOver(await sessions.acquire(budget), anew);
    }
  }

  /** Runs the plan of what was known last with the facts query in front; if that has changed, plans and runs anew. */
  async #runOver(open: OpenSessions, scope: ScrapeScope): Promise<readonly StepResult[]> {
    this.#kind = open[0].console === undefined ? 'server' : 'console';
    if (this.#kind === 'console') return await this.#runOnConsole(open[0], scope);
    const believed = this.#known;
    if (believed === undefined) return await this.#runAfter(await this.#ask(open[0], scope.budget), open, scope);
    const plan = this.#plan(believed, scope);
    let asked: Promise<Learnt> | undefined;
    let elsewhere: Promise<readonly StepResult[]> | undefined;
    const here = await this.#runHere(plan, open, scope, () => {
      asked = this.#ask(open[0], scope.budget);
      elsewhere = asked.then((learnt) => (isSame(believed, learnt) ? this.#runElsewhere(plan, open, scope) : []));
      // Awaited below, when the lanes have ended: until then a rejection must not count as unhandled.
      elsewhere.catch(() => undefined);
    });
    const learnt = await (asked ?? this.#ask(open[0], scope.budget));
    if (!isSame(believed, learnt)) {
      // Only now: what ran meanwhile ran for what was believed.
      this.#forget();
      for (const { outcome } of here) if (outcome.status === 'ok') scope.limit.giveBack(outcome.samples);
      return await this.#runAfter(learnt, open, scope);
    }
    return this.#finish(plan, scope, [...learnt.listing, ...here, ...((await elsewhere) ?? [])]);
  }

  async #runOnConsole(session: Session, scope: ScrapeScope): Promise<readonly StepResult[]> {
    this.#known = undefined;
    const { results, answeredMs } = await this.#consoles.run(session, scope);
    this.#factsAnswered = answeredMs;
    // Told to stop, PgBouncer waits until its clients have gone, those of the console too.
    this.#parts.sessions.release();
    return results;
  }

  async #runAfter(learnt: Learnt, open: OpenSessions, scope: ScrapeScope): Promise<readonly StepResult[]> {
    const plan = this.#plan(learnt, scope);
    const [here, elsewhere] = await Promise.all([
      this.#runHere(plan, open, scope, () => undefined),
      this.#runElsewhere(plan, open, scope),
    ]);
    return this.#finish(plan, scope, [...learnt.listing, ...here, ...elsewhere]);
  }

  #plan({ facts, databases }: Learnt, { collectors, selection }: ScrapeScope): Plan {
    const others = otherDatabases(databases, facts.database, this.#parts.databases);
    return planScrape({ facts, databases: others }, collectors, selection);
  }

  /** What the server answers is taken up at once, for the derived collectors of this scrape. */
  async #ask(session: Session, budget: Budget): Promise<Learnt> {
    const learnt = await askServer(session, budget, this.#listsDatabases);
    this.#factsAnswered = performance.now();
    this.#parts.history.add(learnt.heartbeat, learnt.facts.systemIdentifier);
    if (this.#known?.facts.version !== learnt.facts.version) this.#parsed = new Set();
    this.#known = learnt;
    return learnt;
  }

  #forget(): void {
    this.#gates.clear();
    this.#cache.clear();
    this.#parts.elsewhere.clear();
  }

  async #runHere(
    plan: Plan,
    open: OpenSessions,
    { budget, limit, beganMs }: ScrapeScope,
    lead: () => void,
  ): Promise<readonly StepResult[]> {
    const { served, due } = this.#cache.divide(plan.queries, { beganMs, limit });
    const scope = { budget, limit, costs: this.#costs, gates: this.#gates, parsed: this.#parsed };
    const lanes = splitIntoLanes(due, open.length, this.#costs);
    const results = await Promise.all(
      open.map((session, index) => runLane(session, lanes[index] ?? [], scope, index === 0 ? lead : () => undefined)),
    );
    this.#cache.keep(due, results.flat(), beganMs);
    return [...served, ...results.flat()];
  }

  async #runElsewhere(plan: Plan, [beside]: OpenSessions, scope: ScrapeScope): Promise<readonly StepResult[]> {
    return await this.#parts.elsewhere.run(plan.elsewhere, { ...scope, parsed: this.#parsed, beside });
  }

  async #finish(plan: Plan, scope: ScrapeScope, results: readonly StepResult[]): Promise<readonly StepResult[]> {
    const skipped = plan.skipped.map(({ collector, reason }): StepResult => {
      return { outcome: { status: 'skipped', collector: collector.name, reason }, families: [] };
    });
    const derived = plan.derived.filter(({ collector }) => collector.withoutServer === undefined);
    return [...withoutPartialSkips(results), ...(await runDerived(derived, scope)), ...skipped];
  }
}

/** True if plans and results of the one hold for the other. */
function isSame(before: Learnt, now: Learnt): boolean {
  return (
    samePlan(before.facts, now.facts) &&
    sameServer(before.facts, now.facts) &&
    before.databases.length === now.databases.length &&
    before.databases.every((name, index) => name === now.databases[index])
  );
}

/** A collector is skipped if no database suits it: not if one of several does, and once for all of them. */
function withoutPartialSkips(results: readonly StepResult[]): readonly StepResult[] {
  const told = new Set(results.flatMap(({ outcome }) => (outcome.status === 'skipped' ? [] : [outcome.collector])));
  return results.filter(({ outcome: { status, collector } }) => {
    const isNews = status !== 'skipped' || !told.has(collector);
    told.add(collector);
    return isNews;
  });
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
