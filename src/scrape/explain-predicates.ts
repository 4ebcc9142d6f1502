import type { Predicate, QueryStep } from '../core/collector.ts';
import { asWalguardError, type WalguardError } from '../core/error.ts';
import type { SkipReason } from '../core/reasons.ts';
import type { Session } from '../postgres/session.ts';
import type { Budget } from './budget.ts';
import { createAnswerReader, createGates, type Gates } from './gates.ts';
import type { PlannedQuery } from './plan.ts';

/** What a predicate answered. */
export interface ExplainedAnswer {
  readonly sql: string;
  readonly answer: boolean;
}

/** A query after its predicates were asked: it runs, is skipped, or fails. */
export interface Asked {
  readonly query: PlannedQuery;
  readonly answers: readonly ExplainedAnswer[];
  readonly verdict: 'open' | SkipReason | WalguardError;
}

/**
 * Asks the predicates of the queries of one database as a scrape does: read only, in their order, up to the first no,
 * and what several ask once.
 *
 * @param session is called only if there is something to ask
 * @throws what `session` throws
 */
export async function askPredicates(
  session: () => Promise<Session>,
  queries: readonly PlannedQuery[],
  budget: Budget,
): Promise<readonly Asked[]> {
  const gates = createGates();
  const known = new Map<string, boolean>();
  gates.begin(performance.now());
  const asked: Asked[] = [];
  for (const query of queries) {
    const hasPredicates = (query.step.predicates ?? []).length > 0;
    const verdict = hasPredicates ? await passGate(await session(), query.step, { gates, known, budget }) : 'open';
    asked.push({ query, verdict, answers: answersOf(query.step, known) });
  }
  return asked;
}

interface Scope {
  readonly gates: Gates;
  readonly known: Map<string, boolean>;
  readonly budget: Budget;
}

async function passGate(session: Session, step: QueryStep, { gates, known, budget }: Scope): Promise<Asked['verdict']> {
  try {
    for (;;) {
      const next = gates.next(step);
      if (typeof next === 'string') return next;
      const answer = await ask(session, next, { ...step, timeoutMs: Math.min(step.timeoutMs, budget.remainingMs()) });
      known.set(next.sql, answer);
      gates.learn(next, answer);
    }
  } catch (thrown) {
    return asWalguardError(thrown);
  }
}

async function ask(session: Session, { sql }: Predicate, { timeoutMs, seesPublic }: QueryStep): Promise<boolean> {
  const { handler, read } = createAnswerReader();
  // What is more than one statement is not run.
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
