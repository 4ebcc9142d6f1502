import type { Predicate } from '../core/collector.ts';
import { asWalguardError, WalguardError } from '../core/error.ts';
import type { FamilyChunks } from '../exposition/page.ts';
import type { Session, Statement } from '../postgres/session.ts';
import type { Budget } from './budget.ts';
import { createAnswerReader, type Gates } from './gates.ts';
import type { Costs } from './lanes.ts';
import type { CollectorFailed, Outcome, Ran } from './outcome.ts';
import type { PlannedQuery } from './plan.ts';
import type { SeriesLimit } from './series-limit.ts';
import { createStepSink } from './sink.ts';

/** One collector's outcome and, if it is ok, its families. */
export interface StepResult {
  readonly outcome: Outcome;
  readonly families: readonly FamilyChunks[];
}

export interface LaneScope {
  readonly budget: Budget;
  readonly costs: Costs;
  readonly gates: Gates;
  readonly limit: SeriesLimit;
  /** Queries the server has parsed as one statement; the lane adds to it. */
  readonly parsed: Set<string>;
}

/** What a query needs next: its predicate asked, or itself run. */
interface Task {
  readonly query: PlannedQuery;
  /** Undefined if the query may run. */
  readonly predicate: Predicate | undefined;
}

interface Failure {
  readonly thrown: unknown;
  readonly seconds: number;
  /** Undefined if the server refused to parse it. */
  readonly statement?: Statement;
}

/**
 * Runs queries on one session, in rounds that are sent at once. Never rejects: each query has an outcome of its own.
 *
 * Without predicates there is one round. Queries that ask first run in the round after the answer; statements this
 * server has not seen yet are parsed before their round, which costs one more turn.
 *
 * @param lead sends what must go before everything else in the same write
 */
export async function runLane(
  session: Session,
  queries: readonly PlannedQuery[],
  scope: LaneScope,
  lead: () => void,
): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  let waiting = queries;
  let sendLead = lead;
  do {
    const tasks: Task[] = [];
    for (const query of waiting) {
      const next = scope.gates.next(query.step);
      if (next === 'open') tasks.push({ query, predicate: undefined });
      else if (typeof next === 'object') tasks.push({ query, predicate: next });
      else results.push({ outcome: { status: 'skipped', ...whose(query), reason: next }, families: [] });
    }
    const round = await runRound(session, tasks, scope, sendLead);
    sendLead = () => undefined;
    results.push(...round.filter((result) => result !== undefined));
    waiting = tasks.flatMap(({ query }, index) => (round[index] === undefined ? [query] : []));
  } while (waiting.length > 0);
  return results;
}

/** The result of each task; undefined for a query that has been told it may go on. */
async function runRound(
  session: Session,
  tasks: readonly Task[],
  scope: LaneScope,
  lead: () => void,
): Promise<readonly (StepResult | undefined)[]> {
  const refused = new Map<Task, WalguardError>();
  const unseen = tasks.filter((task) => !scope.parsed.has(sqlOf(task)));
  let sendLead = lead;
  if (unseen.length > 0) {
    await Promise.all(
      session.batch(() => {
        lead();
        return unseen.map((task) => parseTask(session, task, scope, refused));
      }),
    );
    sendLead = () => undefined;
  }
  const lap = createLap();
  return await Promise.all(
    session.batch(() => {
      sendLead();
      return tasks.map((task) => runTask(session, task, { ...scope, refusal: refused.get(task) }, lap));
    }),
  );
}

async function runTask(
  session: Session,
  { query, predicate }: Task,
  scope: LaneScope & { readonly refusal: WalguardError | undefined },
  lap: () => number,
): Promise<StepResult | undefined> {
  if (scope.refusal !== undefined) return failedQuery(query, scope, { thrown: scope.refusal, seconds: 0 });
  if (predicate === undefined) return await runQuery(session, query, scope, lap);
  return await askPredicate(session, { query, predicate }, scope, lap);
}

async function parseTask(
  session: Session,
  task: Task,
  scope: LaneScope,
  refused: Map<Task, WalguardError>,
): Promise<void> {
  try {
    await session.parse(toStatement(task, scope));
    scope.parsed.add(sqlOf(task));
  } catch (thrown) {
    refused.set(task, asWalguardError(thrown));
  }
}

async function askPredicate(
  session: Session,
  task: Task & { readonly predicate: Predicate },
  scope: LaneScope,
  lap: () => number,
): Promise<StepResult | undefined> {
  const { handler, read } = createAnswerReader();
  const statement = toStatement(task, scope);
  try {
    await session.run(statement, handler);
  } catch (thrown) {
    return failedQuery(task.query, scope, { thrown, seconds: lap(), statement });
  }
  lap();
  scope.gates.learn(task.predicate, read());
  return undefined;
}

async function runQuery(
  session: Session,
  query: PlannedQuery,
  scope: LaneScope,
  lap: () => number,
): Promise<StepResult> {
  const collector = query.collector.name;
  const sink = createStepSink(scope.limit);
  const handler = query.step.open(sink, query.place);
  const statement = toStatement({ query, predicate: undefined }, scope);
  let rows = 0;
  try {
    await session.run(statement, {
      columns: (columns) => handler.columns(columns),
      row(row) {
        rows++;
        handler.row(row);
      },
      end: () => handler.end(),
      failed() {
        handler.failed?.();
        sink.discard();
      },
    });
  } catch (thrown) {
    sink.discard();
    const error = asWalguardError(thrown);
    const seconds = lap();
    if (error.code !== 'TARGET_CONNECTION_LOST') scope.costs.learn(collector, seconds * 1_000);
    return failedQuery(query, scope, { thrown: error, seconds, statement });
  }
  const seconds = lap();
  scope.costs.learn(collector, seconds * 1_000);
  const { samples, dropped, remarks } = sink;
  const counts = { samples: samples(), dropped: dropped(), remarks: remarks() };
  return { outcome: { status: 'ok', ...whose(query), seconds, rows, ...counts }, families: sink.finish() };
}

/** The outcome of a query that failed, or that could not be sent. */
export function failedQuery(
  query: PlannedQuery,
  { budget }: Pick<LaneScope, 'budget'>,
  { thrown, seconds, statement }: Failure,
): StepResult {
  const { step } = query;
  const error = asWalguardError(thrown);
  const cutShort = error.code === 'QUERY_TIMEOUT' && statement !== undefined && statement.timeoutMs < step.timeoutMs;
  const told = cutShort ? atDeadline(query.collector.name, error) : error;
  const { outcome, families } = failedResult(whose(query), seconds, budget, told);
  return { outcome: step.fatal === true ? { ...outcome, fatal: true } : outcome, families };
}

/** The outcome of a collector that failed; a connection dropped at the deadline failed for the deadline. */
export function failedResult(
  ran: Ran,
  seconds: number,
  budget: Budget,
  thrown: unknown,
): StepResult & { readonly outcome: CollectorFailed } {
  const error = asWalguardError(thrown);
  const dropped = budget.signal.aborted && error.code === 'TARGET_CONNECTION_LOST';
  const told = dropped ? atDeadline(ran.collector, error) : error;
  return { outcome: { status: 'failed', ...ran, seconds, error: told }, families: [] };
}

function atDeadline(collector: string, cause: WalguardError): WalguardError {
  return new WalguardError('QUERY_DEADLINE', 'the time of the scrape was over before the query ended', {
    hint: "Raise Prometheus' scrape_timeout and --scrape.timeout, or switch the collector off.",
    where: { collector },
    cause,
  });
}

function whose({ collector, place }: PlannedQuery): Ran {
  return { collector: collector.name, ...(place === undefined ? {} : { database: place.database }) };
}

function toStatement(task: Task, { budget }: LaneScope): Statement {
  const { seesPublic, timeoutMs } = task.query.step;
  return { sql: sqlOf(task), seesPublic, timeoutMs: Math.min(timeoutMs, budget.remainingMs()) };
}

function sqlOf({ query, predicate }: Task): string {
  return predicate?.sql ?? query.step.sql;
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
