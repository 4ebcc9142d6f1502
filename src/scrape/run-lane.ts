import { asWalguardError, WalguardError } from '../core/error.ts';
import type { FamilyChunks } from '../exposition/page.ts';
import type { Session, Statement } from '../postgres/session.ts';
import type { Budget } from './budget.ts';
import type { Costs } from './lanes.ts';
import type { Outcome } from './outcome.ts';
import type { PlannedQuery } from './plan.ts';
import { createStepSink } from './sink.ts';

/** One collector's outcome and, if it is ok, its families. */
export interface StepResult {
  readonly outcome: Outcome;
  readonly families: readonly FamilyChunks[];
}

export interface LaneScope {
  readonly budget: Budget;
  readonly costs: Costs;
  /** Queries the server has parsed as one statement; the lane adds to it. */
  readonly parsed: Set<string>;
}

/**
 * Runs queries on one session, all sent at once. Never rejects: each query has an outcome of its own.
 *
 * Queries this server has not seen yet are parsed first, which costs one more turn.
 *
 * @param lead sends what must go before everything else in the same write
 */
export async function runLane(
  session: Session,
  queries: readonly PlannedQuery[],
  scope: LaneScope,
  lead: () => void,
): Promise<readonly StepResult[]> {
  const refused = new Map<PlannedQuery, WalguardError>();
  const unseen = queries.filter(({ step }) => !scope.parsed.has(step.sql));
  let sendLead = lead;
  if (unseen.length > 0) {
    await Promise.all(
      session.batch(() => {
        lead();
        return unseen.map((query) => parseQuery(session, query, scope, refused));
      }),
    );
    sendLead = () => undefined;
  }
  const lap = createLap();
  return await Promise.all(
    session.batch(() => {
      sendLead();
      return queries.map((query) => runQuery(session, query, scope, { lap, refusal: refused.get(query) }));
    }),
  );
}

async function parseQuery(
  session: Session,
  query: PlannedQuery,
  scope: LaneScope,
  refused: Map<PlannedQuery, WalguardError>,
): Promise<void> {
  try {
    await session.parse(toStatement(query, scope));
    scope.parsed.add(query.step.sql);
  } catch (thrown) {
    refused.set(query, asWalguardError(thrown));
  }
}

async function runQuery(
  session: Session,
  query: PlannedQuery,
  scope: LaneScope,
  { lap, refusal }: { readonly lap: () => number; readonly refusal: WalguardError | undefined },
): Promise<StepResult> {
  const collector = query.collector.name;
  if (refusal !== undefined) return failedResult(collector, 0, scope.budget, refusal);
  const sink = createStepSink();
  const handler = query.step.open(sink);
  const statement = toStatement(query, scope);
  let rows = 0;
  try {
    await session.run(statement, {
      columns: (columns) => handler.columns(columns),
      row(cells) {
        rows++;
        handler.row(cells);
      },
      end: () => handler.end(),
    });
  } catch (thrown) {
    const error = asWalguardError(thrown);
    const seconds = lap();
    if (error.code !== 'TARGET_CONNECTION_LOST') scope.costs.learn(collector, seconds * 1_000);
    const cutShort = error.code === 'QUERY_TIMEOUT' && statement.timeoutMs < query.step.timeoutMs;
    return failedResult(collector, seconds, scope.budget, cutShort ? atDeadline(collector, error) : error);
  }
  const seconds = lap();
  scope.costs.learn(collector, seconds * 1_000);
  const outcome = { status: 'ok', collector, seconds, rows, samples: sink.samples(), dropped: sink.dropped() } as const;
  return { outcome, families: sink.finish() };
}

/** The outcome of a collector that failed; a connection dropped at the deadline failed for the deadline. */
export function failedResult(collector: string, seconds: number, budget: Budget, thrown: unknown): StepResult {
  const error = asWalguardError(thrown);
  const dropped = budget.signal.aborted && error.code === 'TARGET_CONNECTION_LOST';
  const told = dropped ? atDeadline(collector, error) : error;
  return { outcome: { status: 'failed', collector, seconds, error: told }, families: [] };
}

function atDeadline(collector: string, cause: WalguardError): WalguardError {
  return new WalguardError('QUERY_DEADLINE', 'the time of the scrape was over before the query ended', {
    hint: "Raise Prometheus' scrape_timeout and --scrape.timeout, or switch the collector off.",
    where: { collector },
    cause,
  });
}

function toStatement({ step }: PlannedQuery, { budget }: LaneScope): Statement {
  const { sql, seesPublic } = step;
  return { sql, seesPublic, timeoutMs: Math.min(step.timeoutMs, budget.remainingMs()) };
}

/** Gives the seconds since it was last called, or created: what each answer of a pipeline took. */
function createLap(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const seconds = (now - last) / 1_000;
    last = now;
    return seconds;
  };
}
