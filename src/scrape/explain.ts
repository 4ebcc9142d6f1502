import { type Collector, DEFAULT_PRIORITY, type Predicate, type QueryStep } from '../core/collector.ts';
import { asWalguardError, type WalguardError } from '../core/error.ts';
import type { TargetFacts } from '../core/facts.ts';
import type { SkipReason } from '../core/reasons.ts';
import type { Session } from '../postgres/session.ts';
import { createAnswerReader, createGates, type Gates } from './gates.ts';
import { createCosts, splitIntoLanes } from './lanes.ts';
import { planScrape, type PlannedQuery } from './plan.ts';

/** What a predicate answered. */
export interface ExplainedAnswer {
  readonly sql: string;
  readonly answer: boolean;
}

/** A query that a scrape would run, and when. */
export interface ExplainedQuery {
  readonly collector: string;
  readonly database: string;
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
  readonly reason: SkipReason;
  readonly answers: readonly ExplainedAnswer[];
}

/** A collector that would fail, for its predicate cannot be asked. */
export interface ExplainedFailure {
  readonly collector: string;
  readonly error: WalguardError;
}

/** What the first scrape of a server would do. */
export interface Explanation {
  readonly queries: readonly ExplainedQuery[];
  /** Collectors that need no query of their own: they run when the queries have ended. */
  readonly derived: readonly string[];
  readonly skipped: readonly ExplainedSkip[];
  readonly failed: readonly ExplainedFailure[];
}

/** What of a walguard decides how a scrape goes. */
export interface ScrapeSettings {
  readonly collectors: readonly Collector[];
  /** Connections that a scrape has at most. */
  readonly connections: number;
  readonly scrapeTimeoutMs: number;
}

interface Asked {
  readonly query: PlannedQuery;
  readonly answers: readonly ExplainedAnswer[];
  readonly verdict: 'open' | SkipReason | WalguardError;
}

/**
 * Says what a scrape would do, by its own plan. Of the collectors' SQL only the predicates are run, as the scrape would
 * ask them: read only, in order, up to the first no.
 */
export async function explainScrape(
  session: Session,
  facts: TargetFacts,
  { collectors, connections, scrapeTimeoutMs }: ScrapeSettings,
): Promise<Explanation> {
  const { queries, derived, skipped } = planScrape(facts, collectors, { collect: undefined, exclude: new Set() });
  const asked = await askPredicates(session, queries, scrapeTimeoutMs);
  const running = new Map(
    asked.flatMap(({ query, answers, verdict }) => (verdict === 'open' ? [[query, answers]] : [])),
  );
  const lanes = splitIntoLanes([...running.keys()], connections, createCosts());
  return {
    queries: lanes.flatMap((lane, laneIndex) =>
      lane.map((query, index) => ({
        collector: query.collector.name,
        database: facts.database,
        connection: laneIndex + 1,
        place: index + 1,
        priority: query.step.priority ?? DEFAULT_PRIORITY,
        timeoutMs: Math.min(query.step.timeoutMs, scrapeTimeoutMs),
        ttlMs: query.step.ttlMs,
        answers: running.get(query) ?? [],
      })),
    ),
    derived: derived.map(({ collector }) => collector.name),
    skipped: [
      ...skipped.map(({ collector, reason }) => ({ collector: collector.name, reason, answers: [] })),
      ...asked.flatMap(({ query, answers, verdict }) =>
        typeof verdict === 'object' || verdict === 'open'
          ? []
          : [{ collector: query.collector.name, reason: verdict, answers }],
      ),
    ],
    failed: asked.flatMap(({ query, verdict }) =>
      typeof verdict === 'object' ? [{ collector: query.collector.name, error: verdict }] : [],
    ),
  };
}

/** One query after the other: an answer counts for all who ask the same. */
async function askPredicates(
  session: Session,
  queries: readonly PlannedQuery[],
  mostMs: number,
): Promise<readonly Asked[]> {
  const gates = createGates();
  const known = new Map<string, boolean>();
  gates.begin(performance.now());
  const asked: Asked[] = [];
  for (const query of queries) {
    const verdict = await passGate(session, query.step, mostMs, {
      ...gates,
      learn(predicate, answer) {
        known.set(predicate.sql, answer);
        gates.learn(predicate, answer);
      },
    });
    asked.push({ query, verdict, answers: answersOf(query.step, known) });
  }
  return asked;
}

async function passGate(session: Session, step: QueryStep, mostMs: number, gates: Gates): Promise<Asked['verdict']> {
  try {
    for (;;) {
      const next = gates.next(step);
      if (typeof next === 'string') return next;
      gates.learn(next, await ask(session, next, { ...step, timeoutMs: Math.min(step.timeoutMs, mostMs) }));
    }
  } catch (thrown) {
    return asWalguardError(thrown);
  }
}

async function ask(session: Session, { sql }: Predicate, { timeoutMs, seesPublic }: QueryStep): Promise<boolean> {
  const { handler, read } = createAnswerReader();
  // As the scrape does: what is more than one statement is not run.
  await session.parse({ sql, timeoutMs, seesPublic });
  await session.run({ sql, timeoutMs, seesPublic }, handler);
  return read();
}

/** Up to the first no: what comes after it is not asked. */
function answersOf({ predicates = [] }: QueryStep, known: ReadonlyMap<string, boolean>): readonly ExplainedAnswer[] {
  const firstNo = predicates.findIndex(({ sql }) => known.get(sql) !== true);
  return predicates.slice(0, firstNo < 0 ? undefined : firstNo + 1).flatMap(({ sql }) => {
    const answer = known.get(sql);
    return answer === undefined ? [] : [{ sql, answer }];
  });
}
