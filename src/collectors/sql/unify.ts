import { WalguardError, type Where } from '../../core/error.ts';
import type { Family } from '../../core/family.ts';
import type { Branch } from './branch.ts';

/**
 * Families about which the branches of a collector disagree: dashboards would break with an upgrade of the server.
 * Packs of other exporters may have other labels on other versions, as the pack of pg_exporter has.
 */
export function unifyFamilies(
  branches: readonly Branch[],
  where: (path: readonly PropertyKey[]) => Where,
): readonly WalguardError[] {
  const known = new Map<string, Family>();
  return branches.flatMap(({ key, columns, dialect }) =>
    columns.flatMap(({ families, path }) =>
      families.flatMap((family) => {
        const first = known.get(family.name) ?? family;
        known.set(family.name, first);
        const labelsFit = dialect !== 'walguard' || labelsOf(first) === labelsOf(family);
        if (first.type === family.type && labelsFit) return [];
        const message = `${family.name} is a ${describe(family)} here and a ${describe(first)} in another branch`;
        const hint = 'Give it the same usage and the same labels in every branch, or another name.';
        return [new WalguardError('PACK_DUPLICATE_FAMILY', message, { where: where([key, ...path]), hint })];
      }),
    ),
  );
}

function labelsOf({ labelNames }: Family): string {
  return labelNames.join();
}

function describe({ type, labelNames }: Family): string {
  return `${type} with ${labelNames.length === 0 ? 'no labels' : `the labels ${labelNames.join(', ')}`}`;
}
