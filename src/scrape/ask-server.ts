import type { ResultHandler } from '../core/collector.ts';
import type { Heartbeat, TargetFacts } from '../core/facts.ts';
import { createFactsReader, FACTS_SQL } from '../postgres/facts.ts';
import type { Session } from '../postgres/session.ts';
import type { Budget } from './budget.ts';
import { DATABASES_SQL } from './databases.ts';
import { failedResult, type StepResult } from './run-lane.ts';
import { DATABASES_COLLECTOR } from './tally.ts';

/** What the server says of itself in front of a scrape. */
export interface Learnt extends DatabaseList {
  readonly facts: TargetFacts;
  readonly heartbeat: Heartbeat;
}

interface DatabaseList {
  /** All that one can connect to; empty if they were not asked for. */
  readonly databases: readonly string[];
  /** What became of asking for them; empty if they were not asked for. */
  readonly listing: readonly StepResult[];
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
  const listed = listsDatabases ? listDatabases(session, budget) : { databases: [], listing: [] };
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
    row: (row) => databases.push(row.text(0) ?? ''),
    end: () => undefined,
  };
  const ran = { collector: DATABASES_COLLECTOR };
  const secondsSoFar = (): number => (performance.now() - started) / 1_000;
  try {
    await session.run({ sql: DATABASES_SQL, timeoutMs: budget.remainingMs(), seesPublic: false }, handler);
  } catch (thrown) {
    return { databases: [], listing: [failedResult(ran, secondsSoFar(), budget, thrown)] };
  }
  const counts = { rows: databases.length, samples: 0, dropped: new Map() };
  return {
    databases,
    listing: [{ outcome: { status: 'ok', ...ran, seconds: secondsSoFar(), ...counts }, families: [] }],
  };
}
