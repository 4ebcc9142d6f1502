import type { Finding } from '../../../core/finding.ts';
import { blocksOf, type CheckedPack } from './checked-pack.ts';
import { checkEffects } from './effect-rules.ts';
import { checkFamilies, type KnownFamily } from './family-rules.ts';
import { checkNames } from './name-rules.ts';
import { checkCopies, checkStatements } from './query-rules.ts';
import { checkGaps, checkOverlaps } from './server-rules.ts';

/**
 * What a person should know of packs that fit their schema, beyond what loading them refuses.
 *
 * @param shipped families that come with walguard
 */
export function lintPacks(packs: readonly CheckedPack[], shipped: readonly KnownFamily[]): readonly Finding[] {
  const blocks = blocksOf(packs);
  return [
    ...checkStatements(blocks),
    ...checkNames(blocks),
    ...checkFamilies(blocks, shipped),
    ...checkOverlaps(blocks),
    ...packs.flatMap(checkGaps),
    ...checkEffects(packs, blocks),
    ...checkCopies(blocks),
  ];
}
