import type { TargetFacts } from '../core/facts.ts';
import { createFactsReader, FACTS_SQL } from './facts.ts';
import type { Session } from './session.ts';

/** Asks what server it is, once. Throws what ended the query, or TARGET_WRONG_ROLE. */
export async function readFacts(session: Session, timeoutMs: number): Promise<TargetFacts> {
  const { handler, read } = createFactsReader();
  await session.run({ sql: FACTS_SQL, timeoutMs, seesPublic: false }, handler);
  const { facts } = read();
  session.checkRole(facts);
  return facts;
}
