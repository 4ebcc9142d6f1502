import type { Backup } from '../../core/catalogue.ts';
import { formatLsn, type Lsn } from '../../core/lsn.ts';
import type { Copy } from './folder.ts';

/**
 * Tells each incremental backup what it needs: the one that began where it says, and what that needs in turn. One that
 * is not here keeps its place, by a name that no backup has.
 */
export function linkChains(copies: readonly Copy[]): readonly Backup[] {
  const byStart = new Map<string, Copy>();
  for (const copy of copies) {
    const { wal } = copy.backup;
    if (wal !== undefined) byStart.set(keyOf(wal.start, copy), copy);
  }
  return copies.map((copy) => ({ ...copy.backup, needs: ancestors(copy, byStart) }));
}

function ancestors(copy: Copy, byStart: ReadonlyMap<string, Copy>): readonly string[] {
  const labels: string[] = [];
  const seen = new Set([copy]);
  for (let from = copy.incrementalFrom; from !== undefined;) {
    const parent = byStart.get(keyOf(from, copy));
    if (parent === undefined || seen.has(parent)) return [...labels, `(the backup that began at ${formatLsn(from)})`];
    seen.add(parent);
    labels.push(parent.backup.label);
    from = parent.incrementalFrom;
  }
  return labels;
}

/** Backups of several clusters may lie in one folder. */
function keyOf(start: Lsn, { backup }: Copy): string {
  return `${backup.systemIdentifier ?? ''} ${start}`;
}
