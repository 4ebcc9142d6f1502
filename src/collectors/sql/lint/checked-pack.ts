import type { LocatedDocument, Path } from '../../../config/document.ts';
import type { Where } from '../../../core/error.ts';
import type { BranchColumn } from '../branch.ts';
import type { Draft } from '../group.ts';

/** A pack that fits its schema, on its way through the rules. */
export interface CheckedPack extends Pick<LocatedDocument<unknown>, 'where' | 'whereIn'> {
  readonly drafts: readonly Draft[];
  /** Its queries may use names of the schema public. */
  readonly seesPublic: boolean;
}

/** A block with its pack. */
export interface CheckedBlock extends Draft {
  readonly pack: CheckedPack;
}

/** The blocks of packs that are not skipped, in order. */
export function blocksOf(packs: readonly CheckedPack[]): readonly CheckedBlock[] {
  return packs.flatMap((pack) =>
    pack.drafts.filter(({ block }) => block.skip !== true).map((draft) => ({ ...draft, pack })),
  );
}

/** Where a part of a block stands. */
export function placeOf({ pack, branch }: CheckedBlock, path: Path): Where {
  return pack.where([branch.key, ...path]);
}

/** Where a place in the text of a part of a block is written. */
export function placeInText({ pack, branch }: CheckedBlock, path: Path, before: string): Where {
  return pack.whereIn([branch.key, ...path], before);
}

/** A column with its block. */
export interface CheckedColumn {
  readonly owner: CheckedBlock;
  readonly column: BranchColumn;
}

export function columnsOf(blocks: readonly CheckedBlock[]): readonly CheckedColumn[] {
  return blocks.flatMap((owner) => owner.branch.columns.map((column) => ({ owner, column })));
}

/** Equal for equal places. */
export function placeKey({ file, line, column }: Where): string {
  return [file, line, column].join(':');
}
