import { WalguardError, type Where } from '../../../core/error.ts';
import { errorFinding, type Finding, warning } from '../../../core/finding.ts';
import { overlap } from '../branch.ts';
import { type CheckedBlock, placeInText, placeOf } from './checked-pack.ts';
import { readSql } from './sql-text.ts';

/** A text of SQL in a block. */
export interface PlacedSql {
  readonly sql: string;
  readonly path: readonly PropertyKey[];
  readonly isPredicate: boolean;
}

/** Everything a block has the server run: its query and its predicate queries. */
export function queriesOf({ block }: CheckedBlock): readonly PlacedSql[] {
  const { query, predicate_query: one, predicate_queries: several = [] } = block;
  return [
    { sql: query, path: ['query'], isPredicate: false },
    ...(one === undefined ? [] : [{ sql: one, path: ['predicate_query'], isPredicate: true }]),
    ...several.map(({ predicate_query: sql }, index) => ({
      sql,
      path: ['predicate_queries', index, 'predicate_query'],
      isPredicate: true,
    })),
  ];
}

/** Queries that the server will refuse to run as one statement. */
export function checkStatements(blocks: readonly CheckedBlock[]): readonly Finding[] {
  return blocks.flatMap((block) => queriesOf(block).flatMap((query) => statementProblems(block, query)));
}

function statementProblems(block: CheckedBlock, { sql, path }: PlacedSql): readonly Finding[] {
  const at = (offset: number): Where => placeInText(block, path, sql.slice(0, offset));
  const { statements, parameters } = readSql(sql);
  const [first, second] = statements;
  const problems: Finding[] = [];
  if (first === undefined)
    problems.push(notOne(`${block.branch.key} has no statement in its query`, at(0), 'Write one SELECT.'));
  if (second !== undefined)
    problems.push(
      notOne(
        `the query of ${block.branch.key} holds ${statements.length} statements`,
        at(second),
        'Write one SELECT; several belong in several blocks.',
      ),
    );
  const [parameter] = parameters;
  if (parameter !== undefined)
    problems.push(
      notOne(
        `the query of ${block.branch.key} holds a parameter`,
        at(parameter),
        'Write the value itself; a query of a pack has no parameters.',
      ),
    );
  return problems;
}

function notOne(message: string, where: Where, hint: string): Finding {
  return errorFinding(new WalguardError('QUERY_NOT_ONE_STATEMENT', message, { where, hint }));
}

/** Blocks whose query is that of an earlier one, but for its layout. */
export function checkCopies(blocks: readonly CheckedBlock[]): readonly Finding[] {
  const known = new Map<string, CheckedBlock[]>();
  return blocks.flatMap((block) => {
    const { canonical } = readSql(block.block.query);
    const earlier = known.get(canonical) ?? [];
    known.set(canonical, [...earlier, block]);
    const [original] = earlier;
    if (original === undefined) return [];
    const twice = earlier.find(({ branch }) => overlap(branch, block.branch) !== undefined);
    return [copyOf(block, twice ?? original, twice !== undefined)];
  });
}

function copyOf(block: CheckedBlock, original: CheckedBlock, runsTwice: boolean): Finding {
  const { file = '', line } = original.where();
  const message = `the query of ${block.branch.key} is a copy of that of ${original.branch.key} (${file}:${line})`;
  const hint = runsTwice
    ? 'Declare all columns in one block: as it is, the server runs the query twice.'
    : 'Make one block of them; a column that is not there on all versions is bounded by pg_version.';
  return warning('CHECK_COPY', message, { where: placeOf(block, ['query']), hint });
}
