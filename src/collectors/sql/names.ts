import { WalguardError, type Where } from '../../core/error.ts';
import { LABEL_NAME, METRIC_NAME, seriesNames } from '../../core/family.ts';
import type { Branch, BranchColumn } from './branch.ts';
import type { ColumnSpec } from './schema.ts';
import { rangesMeet } from './version.ts';

type Place = (column: BranchColumn) => Where;

/**
 * Names in a block that Prometheus does not accept, or that come twice: each would cost the whole page. They follow
 * from the columns, so that the schema cannot tell. Two metrics may share a name if no server has both columns.
 *
 * @param place where a column stands; finding it behind an alias means a walk through the whole document
 */
export function nameProblems(branch: Branch, place: Place): readonly WalguardError[] {
  return [...labelProblems(branch, place), ...metricProblems(branch, place)];
}

function labelProblems({ columns, labelNames }: Branch, place: Place): readonly WalguardError[] {
  const labels = columns.filter(({ spec }) => spec.usage === 'LABEL');
  const hasBuckets = columns.some(({ spec }) => spec.usage === 'HISTOGRAM');
  return labels.flatMap((column, index) => {
    const { alias } = column;
    if (!LABEL_NAME.test(alias)) return [badName('label', alias, place(column))];
    if (alias === 'le' && hasBuckets) return [badName('label beside a histogram', alias, place(column))];
    return labelNames.indexOf(alias) < index ? [repeatedLabel(alias, place(column))] : [];
  });
}

function metricProblems({ columns }: Branch, place: Place): readonly WalguardError[] {
  const taken = new Map<string, ColumnSpec[]>();
  return columns.flatMap((column) => {
    const { families, spec } = column;
    const bad = families.find(({ name }) => !METRIC_NAME.test(name));
    if (bad !== undefined) return [badName('metric', bad.name, place(column))];
    const names = families.flatMap(seriesNames);
    const repeated = names.find((name) =>
      taken.get(name)?.some((twin) => rangesMeet(twin.pg_version, spec.pg_version)),
    );
    for (const name of names) taken.set(name, [...(taken.get(name) ?? []), spec]);
    return repeated === undefined ? [] : [repeatedFamily(repeated, place(column))];
  });
}

function badName(kind: string, name: string, where: Where): WalguardError {
  return new WalguardError('PACK_BAD_NAME', `${JSON.stringify(name)} cannot be the name of a ${kind}`, {
    where,
    hint: 'Add rename: with letters, digits and _; not __ in front.',
  });
}

function repeatedLabel(name: string, where: Where): WalguardError {
  return new WalguardError('PACK_BAD_NAME', `two labels are named ${name}`, { where, hint: 'Add rename: to one.' });
}

function repeatedFamily(name: string, where: Where): WalguardError {
  return new WalguardError('PACK_DUPLICATE_FAMILY', `two columns give the family ${name}`, {
    where,
    hint: 'Add rename: to one, or bound both by pg_version.',
  });
}
