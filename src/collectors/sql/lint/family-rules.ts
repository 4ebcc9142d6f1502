import { type Finding, warning } from '../../../core/finding.ts';
import type { Family } from '../../../core/family.ts';
import { type CheckedBlock, columnsOf, placeOf } from './checked-pack.ts';

/** A family, and who declares it: `queries.yaml:12`, or a collector of walguard. */
export interface KnownFamily {
  readonly family: Family;
  readonly owner: string;
}

/**
 * Families that do not say the same everywhere: dashboards would break with the server's version, or with a file that
 * is loaded or not.
 *
 * @param shipped those that come with walguard, which a pack of the user may replace
 */
export function checkFamilies(blocks: readonly CheckedBlock[], shipped: readonly KnownFamily[]): readonly Finding[] {
  const known = new Map(shipped.map((each) => [each.family.name, each]));
  return columnsOf(blocks).flatMap(({ owner, column }) =>
    column.families.flatMap((family) => {
      const other = known.get(family.name);
      if (other === undefined) {
        const { file = '', line } = placeOf(owner, column.path);
        known.set(family.name, { family, owner: `${file}:${line}` });
        return [];
      }
      const said = describeFamily(family);
      const saidThere = describeFamily(other.family);
      if (said === saidThere) return [];
      const message = `${family.name} is a ${said} here and a ${saidThere} in ${other.owner}`;
      const hint = 'Give it the same usage and the same labels everywhere, or another name.';
      return [warning('CHECK_FAMILIES_DISAGREE', message, { where: placeOf(owner, column.path), hint })];
    }),
  );
}

/** As dashboards see it: the order of labels does not matter to them. */
function describeFamily({ type, labelNames }: Family): string {
  const labels = labelNames.length === 0 ? 'no labels' : `the labels ${labelNames.toSorted().join(', ')}`;
  return `${type} with ${labels}`;
}
