import {
  blocksOf,
  type CheckedBlock,
  type CheckedPack,
  placeInText,
  placeOf,
} from '../../collectors/sql/lint/checked-pack.ts';
import { type PlacedSql, queriesOf } from '../../collectors/sql/lint/query-rules.ts';
import { checkPredicate, checkResult } from '../../collectors/sql/lint/result-rules.ts';
import type { Column, Predicate } from '../../core/collector.ts';
import { asWalguardError, type WalguardError } from '../../core/error.ts';
import type { TargetFacts } from '../../core/facts.ts';
import { errorFinding, type Finding } from '../../core/finding.ts';
import type { SkipReason } from '../../core/reasons.ts';
import { type ConnectionOptions, targetName } from '../../postgres/connection-options.ts';
import { dropAfter } from '../../postgres/drop-after.ts';
import { readFacts } from '../../postgres/read-facts.ts';
import { Session } from '../../postgres/session.ts';
import { refuseConsole } from './named-target.ts';
import { readTypes } from '../../postgres/types.ts';
import { createAnswerReader } from '../../scrape/gates.ts';

const TIMEOUT_MS = 10_000;
/** For all that is asked together. */
const ALL_TIMEOUT_MS = 60_000;

/** A block that was not described, by its key: it does not suit the server, or says `skip: true`. */
export interface LeftOut {
  readonly block: string;
  readonly reason: SkipReason | 'skip';
}

/** What a server says of the queries of packs. */
export interface DescribedTarget {
  readonly target: string;
  /** Undefined if it did not answer. */
  readonly facts: TargetFacts | undefined;
  /** The keys of the blocks whose queries were described. */
  readonly described: readonly string[];
  readonly leftOut: readonly LeftOut[];
  readonly findings: readonly Finding[];
}

/** A query that the server knows the columns of. */
interface Described {
  readonly block: CheckedBlock;
  readonly query: PlacedSql;
  readonly columns: readonly Column[];
}

/**
 * Has a server describe the queries of the blocks that suit it. None is run: each is parsed, in a transaction that is
 * read only. What walguard asks itself is all that runs: what server it is, and which extensions and schemas it has.
 */
export async function describeOnTarget(
  options: ConnectionOptions,
  packs: readonly CheckedPack[],
): Promise<DescribedTarget> {
  const target = targetName(options);
  const nothing = { target, facts: undefined, described: [], leftOut: [] };
  try {
    await using session = await Session.open(options, {
      timeoutMs: TIMEOUT_MS,
      place: undefined,
      warn: () => undefined,
    });
    dropAfter(session, ALL_TIMEOUT_MS);
    refuseConsole(session, target);
    return { target, ...(await describeOver(session, packs)) };
  } catch (thrown) {
    return { ...nothing, findings: [errorFinding(asWalguardError(thrown))] };
  }
}

async function describeOver(session: Session, packs: readonly CheckedPack[]): Promise<Omit<DescribedTarget, 'target'>> {
  const facts = await readFacts(session, TIMEOUT_MS);
  const asked = new Map<string, Promise<boolean>>();
  const blocks = blocksOf(packs);
  const reasons = await Promise.all(blocks.map((block) => whyLeftOut(session, block, facts, asked)));
  const suited = blocks.filter((_, index) => reasons[index] === undefined);
  const results = await Promise.all(
    suited.flatMap((block) => queriesOf(block).map((query) => describe(session, block, query))),
  );
  const described = results.filter((result) => 'columns' in result);
  const types = await readTypes(
    session,
    new Set(described.flatMap(({ columns }) => columns.map(({ typeOid }) => typeOid))),
    TIMEOUT_MS,
  );
  const typed = (columns: readonly Column[]) =>
    columns.map((column) => ({
      ...column,
      type: types.get(column.typeOid) ?? { name: 'unknown type', category: 'U' },
    }));
  return {
    facts,
    described: suited.map(({ branch }) => branch.key),
    leftOut: [
      ...packs.flatMap(skippedBlocks),
      ...blocks.flatMap(({ branch }, index) => {
        const reason = reasons[index];
        return reason === undefined ? [] : [{ block: branch.key, reason }];
      }),
    ],
    findings: [
      ...results.filter((result) => 'severity' in result),
      ...described.flatMap(({ block, query, columns }) =>
        query.isPredicate ? checkPredicate(block, query, columns) : checkResult(block, facts.version, typed(columns)),
      ),
    ],
  };
}

function skippedBlocks({ drafts }: CheckedPack): readonly LeftOut[] {
  return drafts.flatMap(({ block, branch }) =>
    block.skip === true ? [{ block: branch.key, reason: 'skip' as const }] : [],
  );
}

async function whyLeftOut(
  session: Session,
  { branch: { conditions } }: CheckedBlock,
  facts: TargetFacts,
  asked: Map<string, Promise<boolean>>,
): Promise<SkipReason | undefined> {
  const [reason] = [...conditions.checks].find(([, holds]) => !holds(facts)) ?? [];
  if (reason !== undefined) return reason;
  // Those of the pack are not run.
  for (const predicate of conditions.predicates.filter((each) => each.reason !== 'predicate')) {
    const answer = asked.get(predicate.sql) ?? ask(session, predicate);
    asked.set(predicate.sql, answer);
    if (!(await answer)) return predicate.reason;
  }
  return undefined;
}

async function ask(session: Session, { sql }: Predicate): Promise<boolean> {
  const { handler, read } = createAnswerReader();
  await session.run({ sql, timeoutMs: TIMEOUT_MS, seesPublic: false }, handler);
  return read();
}

async function describe(session: Session, block: CheckedBlock, query: PlacedSql): Promise<Described | Finding> {
  const { sql } = query;
  try {
    const columns = await session.parse({ sql, timeoutMs: TIMEOUT_MS, seesPublic: block.pack.seesPublic });
    return { block, query, columns };
  } catch (thrown) {
    const error = asWalguardError(thrown);
    if (error.code.startsWith('TARGET_')) throw error;
    return placed(error, block, query, session.offsetOf(error, sql));
  }
}

/** What is missing may be what a predicate of the pack asks for. */
function placed(error: WalguardError, block: CheckedBlock, query: PlacedSql, offset: number | undefined): Finding {
  const { path, sql, isPredicate } = query;
  const where = offset === undefined ? placeOf(block, path) : placeInText(block, path, sql.slice(0, offset));
  const finding = { ...errorFinding(error), where };
  const asksFirst = block.branch.conditions.predicates.some(({ reason }) => reason === 'predicate');
  if (error.code !== 'QUERY_OBJECT_MISSING' || !asksFirst || isPredicate) return finding;
  return {
    ...finding,
    severity: 'warning',
    hint: 'Here its predicate query may say no; if it says yes, correct the query.',
  };
}
