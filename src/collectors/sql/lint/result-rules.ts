import type { Column } from '../../../core/collector.ts';
import { WalguardError } from '../../../core/error.ts';
import { errorFinding, type Finding, warning } from '../../../core/finding.ts';
import type { BranchColumn } from '../branch.ts';
import { isSnapshot } from '../columns.ts';
import { findColumns, lacksColumns, type Resolved, sourcesOf } from '../resolve.ts';
import { BOOL } from '../values.ts';
import { type CheckedBlock, placeOf } from './checked-pack.ts';
import type { PlacedSql } from './query-rules.ts';
import { type Suitability, suitability, type TypedColumn } from './type-suits.ts';

/** What the columns of a query's result have against how its block declares them. @param version of the server */
export function checkResult(block: CheckedBlock, version: number, columns: readonly TypedColumn[]): readonly Finding[] {
  const resolved = findColumns(block.branch, version, columns);
  return [
    ...missingColumns(block, resolved, columns),
    ...undeclaredColumns(block, resolved),
    ...[...resolved.found].flatMap(([column, indexes]) =>
      unsuitedTypes(
        block,
        column,
        indexes.flatMap((index) => columns[index] ?? []),
      ),
    ),
  ];
}

function missingColumns(block: CheckedBlock, resolved: Resolved, columns: readonly Column[]): readonly Finding[] {
  const { branch } = block;
  const fails = lacksColumns(branch, resolved);
  const returned = columns.map(({ name }) => name).join(', ');
  return resolved.missing.map((name) => {
    const column = branch.columns.find((each) => sourcesOf(each).includes(name));
    const where = placeOf(block, column?.path ?? ['metrics']);
    const message = `the query of ${branch.key} returns no column ${name}, but ${returned}`;
    const hint = 'Name the column in the query as it is declared; one of some versions only is bounded by pg_version.';
    return fails
      ? errorFinding(new WalguardError('QUERY_BAD_RESULT', message, { where, hint }))
      : warning('CHECK_NOT_RETURNED', message, { where, hint });
  });
}

function undeclaredColumns(block: CheckedBlock, { undeclared }: Resolved): readonly Finding[] {
  const { key, dialect } = block.branch;
  if (undeclared.size === 0) return [];
  const fate = dialect === 'postgres_exporter' ? 'a metric without a type, where it is a number' : 'not used';
  const message = `the query of ${key} returns what is not declared, and so ${fate}: ${[...undeclared.values()].join(', ')}`;
  const hint = 'Declare it, with usage DISCARD if it is not wanted, or take it out of the query.';
  return [warning('CHECK_NOT_DECLARED', message, { where: placeOf(block, ['metrics']), hint })];
}

function unsuitedTypes(block: CheckedBlock, column: BranchColumn, columns: readonly TypedColumn[]): readonly Finding[] {
  const { usage } = column.spec;
  return columns.flatMap((each, index) => {
    const isArray = usage === 'HISTOGRAM' && !isSnapshot(column.spec) && index < 2;
    const suits = suitability(isArray ? 'ARRAY' : usage, each);
    if (suits === 'always') return [];
    const message = `the column ${each.name} is ${withArticle(each.type.name)}, ${OUTCOMES[suits]} as ${isArray ? 'the bounds or counts of a HISTOGRAM' : usage}`;
    return [warning('CHECK_TYPE', message, { where: placeOf(block, column.path), hint: cureOf(usage, each) })];
  });
}

const OUTCOMES: Readonly<Record<Exclude<Suitability, 'always'>, string>> = {
  never: 'which gives no sample',
  sometimes: 'which gives a sample only where the text is a number,',
};

function withArticle(name: string): string {
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

function cureOf(usage: string, { type }: TypedColumn): string {
  if (usage === 'DURATION')
    return type.category === 'T'
      ? 'Use GAUGE, which gives an interval in seconds.'
      : 'Use GAUGE, or return text such as 1m30s.';
  if (usage === 'HISTOGRAM') return 'Return arrays of bounds and counts, and numbers for the sum and the count.';
  return 'Cast it to a number in the query, or give the column the usage LABEL or DISCARD.';
}

/** A predicate query returns one boolean. */
export function checkPredicate(
  block: CheckedBlock,
  { path }: PlacedSql,
  columns: readonly Column[],
): readonly Finding[] {
  const [column, ...others] = columns;
  if (column?.typeOid === BOOL && others.length === 0) return [];
  const message = `a predicate query of ${block.branch.key} does not return one boolean column`;
  const hint = 'Write it as SELECT EXISTS (...), or cast its column to boolean.';
  return [errorFinding(new WalguardError('QUERY_BAD_RESULT', message, { where: placeOf(block, path), hint }))];
}
