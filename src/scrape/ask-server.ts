import type { ResultHandler } from '../core/collector.ts';
import type { Heartbeat, TargetFacts } from '../core/facts.ts';
import { createFactsReader, FACTS_SQL } from '../postgres/facts.ts';
import type { Session } from '../postgres/session.ts';
import type { Budget } from './budget.ts';
import { DATABASES_SQL } from './databases.ts';
import { failedResult, type StepResult } from './run-lane.ts';

/** The name under which the list of databases is accounted for. */
const DATABASES_COLLECTOR = 'databases';

/** What the server says of itself in front of a scrape. */
export interface Learnt extends DatabaseList {
  readonly facts: TargetFacts;
  readonly heartbeat: Heartbeat;
}

interface DatabaseList {
  /** All that one can connect to; empty if they were not asked for. */
  readonly databases: readonly string[];
  /** Why there is no list of databases; empty if there is, or none was asked for. */
  readonly failures: readonly StepResult[];
}

/**
 * Asks for the facts and, where collectors run in several databases, for the list of these, in one turn.
 *
 * @throws what ended the facts query, or TARGET_WRONG_ROLE
 */
export async function askServer(session: Session, budget: Budget, listsDatabases: boolean): Promise<Learnt> {
  const reader = createFactsReader();
  // A slow server is not one that is down: the whole time may go by.
  const limits = { timeoutMs: budget.remainingMs(), seesPublic: false };
  const answered = session.run({ sql: FACTS_SQL, ...limits }, reader.handler);
  const listed = listsDatabases ? listDatabases(session, budget) : { databases: [], failures: [] };
  const [, list] = await Promise.all([answered, listed]);
  const { facts, heartbeat } = reader.read();
  session.checkRole(facts);
  return { facts, heartbeat, ...list };
}

/** Never rejects: without the list the connected database is scraped. */
async function listDatabases(session: Session, budget: Budget): Promise<DatabaseList> {
  const started = performance.now();
  const databases: string[] = [];
  const handler: ResultHandler = {
    columns: () => undefined,
    row: ([name]) => databases.push(name ?? ''),
    end: () => undefined,
  };
  try {
    await session.run({ sql: DATABASES_SQL, timeoutMs: budget.remainingMs(), seesPublic: false }, handler);
    return { databases, failures: [] };
  } catch (thrown) {
    const seconds = (performance.now() - started) / 1_000;
    return { databases: [], failures: [failedResult({ collector: DATABASES_COLLECTOR }, seconds, budget, thrown)] };
  }
}
