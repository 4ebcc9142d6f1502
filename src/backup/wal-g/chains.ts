import type { Backup } from '../../core/catalogue.ts';
import type { NamedBackup } from './to-backup.ts';

/**
 * Tells each delta what it needs: its parent, and what that needs in turn. A parent that is not here keeps its place, by
 * a name that no backup has.
 */
export function linkChains(all: readonly NamedBackup[]): readonly Backup[] {
  const byLabel = new Map(all.map((each) => [each.backup.label, each]));
  return all.map((each) => ({ ...each.backup, needs: ancestors(each, all, byLabel) }));
}

function ancestors(
  of: NamedBackup,
  all: readonly NamedBackup[],
  byLabel: ReadonlyMap<string, NamedBackup>,
): readonly string[] {
  const labels: string[] = [];
  for (let child = of; child.name.parentFile !== undefined;) {
    const parent = child.parent === undefined ? parentByName(child, all) : byLabel.get(child.parent);
    const label = parent?.backup.label ?? child.parent ?? `base_${child.name.parentFile}`;
    labels.push(label);
    if (parent === undefined || labels.indexOf(label) < labels.length - 1) break;
    child = parent;
  }
  return labels;
}

/** The name of a delta tells only where its parent began; of two that began there it is the one made last before it. */
function parentByName({ name, backup }: NamedBackup, all: readonly NamedBackup[]): NamedBackup | undefined {
  const began = all.filter((other) => other.name.startFile === name.parentFile);
  const before = began.filter((other) => other.backup.stopTimeSeconds < backup.stopTimeSeconds);
  return before.toSorted((a, b) => a.backup.stopTimeSeconds - b.backup.stopTimeSeconds).at(-1);
}
