import { asWalguardError, WalguardError } from '../core/error.ts';
import type { ConnectionSource } from '../postgres/connection-options.ts';
import { Session } from '../postgres/session.ts';
import type { Budget } from './budget.ts';
import { createGates, type Gates } from './gates.ts';
import { type Costs, createCosts, splitIntoLanes } from './lanes.ts';
import type { PlannedDatabase } from './plan.ts';
import { createResultCache, type ResultCache } from './result-cache.ts';
import { failedQuery, runLane, type StepResult } from './run-lane.ts';
import type { SeriesLimit } from './series-limit.ts';

/** What belongs to the scrape of which these runs are part. */
export interface ElsewhereScope {
  readonly budget: Budget;
  readonly limit: SeriesLimit;
  readonly beganMs: number;
  /** Queries that the server has parsed as one statement. */
  readonly parsed: Set<string>;
  /** Where the connected database is: the others are on the same server. */
  readonly beside: Session;
}

/** What is kept of a database from one scrape to the next. */
interface DatabaseMemory {
  readonly gates: Gates;
  readonly cache: ResultCache;
  readonly costs: Costs;
  /** When it was last asked, by the clock of `performance`; those that waited longest are asked first. */
  askedMs: number;
}

/** A login that had all the time there was may end this much before it. */
const CLOCK_SLACK_MS = 5;

const NO_LEAD = (): void => undefined;

/**
 * Runs what belongs in other databases than the connected one, a few of them at a time.
 *
 * A connection is opened for its queries and closed after them: one that is kept would make `DROP DATABASE`, renaming
 * and `CREATE DATABASE ... TEMPLATE` fail for as long as walguard runs.
 */
export class Elsewhere {
  readonly #source: ConnectionSource;
  readonly #connections: number;
  readonly #memories = new Map<string, DatabaseMemory>();
  readonly #open = new Set<Session>();

  /** @param connections at most, at one time */
  constructor(source: ConnectionSource, connections: number) {
    this.#source = source;
    this.#connections = connections;
  }

  /** Never rejects. What a database that is gone would have given is left out. */
  async run(plans: readonly PlannedDatabase[], scope: ElsewhereScope): Promise<readonly StepResult[]> {
    const waiting = plans.toSorted((a, b) => this.#memoryOf(a).askedMs - this.#memoryOf(b).askedMs);
    const results = new Map<PlannedDatabase, readonly StepResult[]>();
    const worker = async (): Promise<void> => {
      for (let plan = waiting.shift(); plan !== undefined; plan = waiting.shift())
        results.set(plan, await this.#runIn(plan, scope));
    };
    await Promise.all(Array.from({ length: Math.min(this.#connections, plans.length) }, worker));
    // A page has its samples in the same order each time, whoever ends first.
    return plans.flatMap((plan) => results.get(plan) ?? []);
  }

  async #runIn(plan: PlannedDatabase, scope: ElsewhereScope): Promise<readonly StepResult[]> {
    const memory = this.#memoryOf(plan);
    if (!scope.budget.signal.aborted) memory.askedMs = performance.now();
    memory.gates.begin(scope.beganMs);
    const { served, due } = memory.cache.divide(plan.queries, scope);
    if (due.length === 0) return served;
    let session: Session;
    try {
      session = await this.#connect(plan.database, scope);
    } catch (thrown) {
      const { database } = plan;
      const error = scope.budget.remainingMs() < CLOCK_SLACK_MS ? notReached(database) : asWalguardError(thrown);
      if (error.code === 'TARGET_DATABASE_MISSING') return [];
      return [...served, ...due.map((query) => failedQuery(query, scope, { thrown: error, seconds: 0 }))];
    }
    try {
      const [lane = []] = splitIntoLanes(due, 1, memory.costs);
      const results = await runLane(session, lane, { ...scope, ...memory }, NO_LEAD);
      memory.cache.keep(due, results, scope.beganMs);
      return [...served, ...results];
    } finally {
      await session[Symbol.asyncDispose]();
      this.#open.delete(session);
    }
  }

  async #connect(database: string, { budget, beside }: ElsewhereScope): Promise<Session> {
    if (budget.signal.aborted) throw notReached(database);
    // That the server is what target_session_attrs asks for is known of the session beside this one.
    const options = { ...this.#source.read(), database, sessionAttrs: 'any' } as const;
    const limits = { timeoutMs: budget.remainingMs(), place: beside.place, warn: NO_LEAD };
    const session = await Session.open(options, limits);
    this.#open.add(session);
    if (budget.signal.aborted) session.destroy();
    return session;
  }

  #memoryOf({ database }: PlannedDatabase): DatabaseMemory {
    const known = this.#memories.get(database);
    if (known !== undefined) return known;
    const memory = { gates: createGates(), cache: createResultCache(), costs: createCosts(), askedMs: 0 };
    this.#memories.set(database, memory);
    return memory;
  }

  /** Forgets all results: other databases are there, or another server, or the same in another role. */
  clear(): void {
    this.#memories.clear();
  }

  /** Drops all connections at once. */
  destroy(): void {
    for (const session of this.#open) session.destroy();
    this.#open.clear();
  }
}

function notReached(database: string): WalguardError {
  return new WalguardError(
    'QUERY_DEADLINE',
    `the time of the scrape was over before the database ${database} was asked`,
    {
      hint: "Raise --databases.connections, or Prometheus' scrape_timeout and --scrape.timeout.",
    },
  );
}
