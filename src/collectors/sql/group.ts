import { WalguardError, type Where } from '../../core/error.ts';
import { type Branch, overlap, sharesFamily } from './branch.ts';
import type { Block } from './schema.ts';

/** A block on its way to a collector. */
export interface Draft {
  /** The collector it asks to be part of. */
  readonly name: string;
  readonly block: Block;
  readonly branch: Branch;
  readonly where: () => Where;
}

/** Blocks that are one collector: each server takes one of them. */
export interface Group {
  readonly name: string;
  readonly drafts: readonly [Draft, ...Draft[]];
}

/**
 * The name of a block's collector, as flags and labels say it: without the `pg_` most blocks start with, and in small
 * letters, for the name of an environment variable does not tell them apart.
 */
export function collectorName(key: string, block: Pick<Block, 'name'>): string {
  return (block.name ?? key).toLowerCase().replace(/^pg_/, '');
}

/**
 * Puts the blocks of one name together. Those that a server would take both of become collectors of their own, named
 * by their keys, if they have no family in common or predicates are to choose among them; else that is a problem.
 */
export function groupDrafts(drafts: readonly Draft[]): {
  readonly groups: readonly Group[];
  readonly problems: readonly WalguardError[];
} {
  const groups: { name: string; drafts: [Draft, ...Draft[]] }[] = [];
  const problems: WalguardError[] = [];
  for (const [index, draft] of drafts.entries()) {
    const named = groups.filter(({ drafts: [first] }) => first.name === draft.name);
    const clash = findClash(
      draft,
      drafts.slice(0, index).filter(({ name }) => name === draft.name),
    );
    if (clash !== undefined) problems.push(clash);
    const open = named.filter((group) =>
      group.drafts.every(({ branch }) => overlap(branch, draft.branch) === undefined),
    );
    const related = open.find((group) => group.drafts.some(({ branch }) => sharesFamily(branch, draft.branch)));
    const home = related ?? open[0];
    if (home !== undefined) {
      home.drafts.push(draft);
    } else if (clash === undefined) {
      const name = named.length === 0 ? draft.name : collectorName(draft.branch.key, {});
      groups.push({ name, drafts: [draft] });
    }
  }
  return { groups, problems };
}

function findClash(draft: Draft, earlier: readonly Draft[]): WalguardError | undefined {
  for (const { branch } of earlier) {
    const server = overlap(draft.branch, branch);
    if (server === undefined || !sharesFamily(draft.branch, branch) || arePredicated(draft.branch, branch)) continue;
    const message = `${draft.branch.key} and ${branch.key} both apply to ${server}`;
    const hint = 'Bound them by runonserver, tags or a predicate_query, or give one another name.';
    return new WalguardError('PACK_DUPLICATE_COLLECTOR', message, { where: draft.where(), hint });
  }
  return undefined;
}

/** True if only their queries can say, at each scrape, which of the two runs. */
function arePredicated(one: Branch, other: Branch): boolean {
  return [one, other].some(({ conditions }) => conditions.predicates.length > 0);
}
