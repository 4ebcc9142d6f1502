import { type Collector, DEFAULT_PRIORITY } from '../core/collector.ts';
import { asWalguardError, type WalguardError } from '../core/error.ts';
import type { TargetFacts } from '../core/facts.ts';
import type { SkipReason } from '../core/reasons.ts';
import type { Session } from '../postgres/session.ts';
import { askServer } from './ask-server.ts';
import { type Budget, createBudget } from './budget.ts';
import { type DatabasePatterns, otherDatabases, runElsewhere } from './databases.ts';
import { askPredicates, type Asked, type ExplainedAnswer } from './explain-predicates.ts';
import { createCosts, splitIntoLanes } from './lanes.ts';
import { planScrape, type PlannedDatabase, type PlannedQuery } from './plan.ts';

/** A query that a scrape would run, and when. */
export interface ExplainedQuery {
  readonly collector: string;
  readonly database: string;
  /** It runs in this database alone, whatever others are included. */
  readonly isOnce: boolean;
  /** Both counted from 1; over one connection queries run one after the other. */
  readonly connection: number;
  readonly place: number;
  readonly priority: number;
  /** The most the server may work on it. */
  readonly timeoutMs: number;
  /** How long a result is served again; undefined for the one scrape. */
  readonly ttlMs: number | undefined;
  readonly answers: readonly ExplainedAnswer[];
}

/** A collector that a scrape would pass over. */
export interface ExplainedSkip {
  readonly collector: string;
  /** Undefined for all in which it could run. */
  readonly database: string | undefined;
  readonly reason: SkipReason;
  readonly answers: readonly ExplainedAnswer[];
}

/** What would fail: a collector whose predicate cannot be asked. */
export interface ExplainedFailure {
  readonly collector: string;
  readonly database: string | undefined;
  readonly error: WalguardError;
}

/** What the first scrape of a server would do. */
export interface Explanation {
  readonly facts: TargetFacts;
  readonly queries: readonly ExplainedQuery[];
  /** Collectors that need no query of their own: they run when the queries have ended. */
  readonly derived: readonly string[];
  readonly skipped: readonly ExplainedSkip[];
  readonly failed: readonly ExplainedFailure[];
}

/** What of a walguard decides how a scrape goes. */
export interface ScrapeSettings {
  readonly collectors: readonly Collector[];
  /** Connections to the connected database at most. */
  readonly connections: number;
  readonly databases: DatabasePatterns;
  /** All the time of a scrape. */
  readonly scrapeTimeoutMs: number;
}

export interface ScrapeSessions {
  /** In the connected database. */
  readonly home: Session;
  /** Opens one in another database, for its predicates. */
  readonly open: (database: string) => Promise<Session>;
}

/**
 * Says what a scrape would do, by what it asks the server and by its own plan. Of the collectors' SQL only the
 * predicates are run, as the scrape would ask them.
 *
 * @throws what ended the facts query, or TARGET_WRONG_ROLE
 */
export async function explainScrape(
  { home, open }: ScrapeSessions,
  { collectors, connections, databases, scrapeTimeoutMs }: ScrapeSettings,
): Promise<Explanation> {
  using budget = createBudget(scrapeTimeoutMs, new AbortController().signal);
  const { facts, databases: names, listing } = await askServer(home, budget, runElsewhere(collectors, databases));
  const server = { facts, databases: otherDatabases(names, facts.database, databases) };
  const plan = planScrape(server, collectors, { collect: undefined, exclude: new Set() });
  const asked = [{ queries: await askPredicates(() => Promise.resolve(home), plan.queries, budget), connections }];
  for (const { queries, database } of plan.elsewhere)
    asked.push({ queries: await askElsewhere(open, { queries, database }, budget), connections: 1 });
  const all = asked.flatMap(({ queries }) => queries);
  return {
    facts,
    queries: asked.flatMap(({ queries, connections: count }) =>
      explainOrder(queries, count, { facts, scrapeTimeoutMs }),
    ),
    derived: plan.derived.map(({ collector }) => collector.name),
    skipped: [
      ...plan.skipped.map(({ collector, reason }) => ({ ...whose({ collector }), reason, answers: [] })),
      ...all.flatMap(({ query, verdict, answers }) =>
        typeof verdict === 'object' || verdict === 'open' ? [] : [{ ...whose(query), reason: verdict, answers }],
      ),
    ],
    failed: [
      ...listing.flatMap(({ outcome }) =>
        outcome.status === 'failed'
          ? [{ collector: outcome.collector, database: undefined, error: outcome.error }]
          : [],
      ),
      ...all.flatMap(({ query, verdict }) =>
        typeof verdict === 'object' ? [{ ...whose(query), error: verdict }] : [],
      ),
    ],
  };
}

/** As the scrape has it, what a database that cannot be reached would give fails, and the rest goes on. */
async function askElsewhere(
  open: ScrapeSessions['open'],
  { database, queries }: PlannedDatabase,
  budget: Budget,
): Promise<readonly Asked[]> {
  let session: Session | undefined;
  try {
    return await askPredicates(async () => (session ??= await open(database)), queries, budget);
  } catch (thrown) {
    return queries.map((query) => ({ query, answers: [], verdict: asWalguardError(thrown) }));
  } finally {
    await session?.[Symbol.asyncDispose]();
  }
}

/** The queries of a database that run, over each of its connections in their order. */
function explainOrder(
  asked: readonly Asked[],
  connections: number,
  { facts, scrapeTimeoutMs }: { readonly facts: TargetFacts; readonly scrapeTimeoutMs: number },
): readonly ExplainedQuery[] {
  const running = new Map(
    asked.flatMap(({ query, answers, verdict }) => (verdict === 'open' ? [[query, answers]] : [])),
  );
  const lanes = splitIntoLanes([...running.keys()], connections, createCosts());
  return lanes.flatMap((lane, laneIndex) =>
    lane.map((query, index) => ({
      collector: query.collector.name,
      database: query.place?.database ?? facts.database,
      isOnce: query.place === undefined,
      connection: laneIndex + 1,
      place: index + 1,
      priority: query.step.priority ?? DEFAULT_PRIORITY,
      timeoutMs: Math.min(query.step.timeoutMs, scrapeTimeoutMs),
      ttlMs: query.step.ttlMs,
      answers: running.get(query) ?? [],
    })),
  );
}

function whose({
  collector,
  place,
}: Pick<PlannedQuery, 'collector' | 'place'>): Pick<ExplainedSkip, 'collector' | 'database'> {
  return { collector: collector.name, database: place?.database };
}
