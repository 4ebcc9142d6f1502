import { WalguardError, type Where } from '../../core/error.ts';
import { LABEL_NAME, METRIC_NAME } from '../../core/family.ts';
import type { Block, ColumnSpec } from './schema.ts';
import { rangesMeet } from './version.ts';

/** The name of a metric column's family. */
export function familyName(prefix: string, column: string, spec: ColumnSpec): string {
  const name = `${prefix}_${spec.rename ?? column}`;
  return spec.usage === 'DURATION' ? `${name}_milliseconds` : name;
}

/** The name of a label column's label. */
export function labelName(column: string, spec: ColumnSpec): string {
  return spec.rename ?? column;
}

/**
 * Names in a block that Prometheus does not accept, or that come twice: each would cost the whole page. They follow
 * from the columns, so that the schema cannot tell. Two metrics may share a name if no server has both columns.
 */
export function nameProblems(
  key: string,
  block: Block,
  prefix: string,
  where: (path: readonly PropertyKey[]) => Where,
): readonly WalguardError[] {
  const labels = new Map<string, ColumnSpec[]>();
  const metrics = new Map<string, ColumnSpec[]>();
  return block.metrics.flatMap((entry, index) =>
    Object.entries(entry).flatMap(([column, spec]) => {
      if (spec.usage === 'DISCARD') return [];
      const isLabel = spec.usage === 'LABEL';
      const name = isLabel ? labelName(column, spec) : familyName(prefix, column, spec);
      // Only for a problem: finding a place behind an alias means a walk through the whole document.
      const place = (): Where => where([key, 'metrics', index, column]);
      if (!(isLabel ? LABEL_NAME : METRIC_NAME).test(name))
        return [badName(isLabel ? 'label' : 'metric', name, place())];
      const taken = isLabel ? labels : metrics;
      const twins = taken.get(name) ?? [];
      taken.set(name, [...twins, spec]);
      if (isLabel) return twins.length === 0 ? [] : [repeatedLabel(name, place())];
      return twins.some((twin) => rangesMeet(twin.pg_version, spec.pg_version)) ? [repeatedFamily(name, place())] : [];
    }),
  );
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
