import { type Finding, warning } from '../../../core/finding.ts';
import { COMPARED_SERVERS, majorOf, overlap, sharesFamily, suits } from '../branch.ts';
import type { ServerFacts } from '../conditions.ts';
import { type Draft, groupDrafts } from '../group.ts';
import { type CheckedBlock, type CheckedPack, placeOf } from './checked-pack.ts';

/** The newest major that walguard is tested with. */
const NEWEST_MAJOR = 19;
const SUPPORTED = COMPARED_SERVERS.filter((server) => majorOf(server) <= NEWEST_MAJOR);

/** Blocks of one name that a server takes both of, and have no family in common: that is loaded, but as two collectors. */
export function checkOverlaps(blocks: readonly CheckedBlock[]): readonly Finding[] {
  return blocks.flatMap((block, index) => {
    for (const earlier of blocks.slice(0, index)) {
      if (earlier.pack !== block.pack || earlier.name !== block.name) continue;
      const server = overlap(earlier.branch, block.branch);
      if (server === undefined || sharesFamily(earlier.branch, block.branch)) continue;
      const message = `${block.branch.key} and ${earlier.branch.key} are both named ${block.name}, and ${server} takes both, as two collectors`;
      const hint = 'Give one another name, or bound them by runonserver or tags.';
      return [warning('CHECK_OVERLAP', message, { where: block.where(), hint })];
    }
    return [];
  });
}

/** Versions that no block of a collector covers, while it covers older and newer ones in the same role. */
export function checkGaps({ drafts }: CheckedPack): readonly Finding[] {
  const { groups } = groupDrafts(drafts.filter(({ block }) => block.skip !== true));
  return groups.flatMap(({ name, drafts: members }) => {
    const gaps = [false, true].map((inRecovery) => gapMajors(members, inRecovery).join(' and '));
    const [onPrimary = '', onStandby = ''] = gaps;
    const [{ where }] = members;
    if (onPrimary === onStandby) return onPrimary === '' ? [] : [gap(name, `PostgreSQL ${onPrimary}`, where())];
    return [
      ...(onPrimary === '' ? [] : [gap(name, `a primary of PostgreSQL ${onPrimary}`, where())]),
      ...(onStandby === '' ? [] : [gap(name, `a standby of PostgreSQL ${onStandby}`, where())]),
    ];
  });
}

function gap(name: string, servers: string, where: Finding['where']): Finding {
  const message = `${name} has no block for ${servers}, but for older and newer ones`;
  return warning('CHECK_GAP', message, { where, hint: 'Widen the bounds of one of its blocks, or add one.' });
}

function gapMajors(drafts: readonly Draft[], inRecovery: boolean): readonly number[] {
  const servers = SUPPORTED.filter((server) => server.inRecovery === inRecovery);
  const covered = servers.map((server) => drafts.some(({ branch }) => suits(branch, server)));
  const between = servers.filter(
    (_, index) => !covered[index] && index > covered.indexOf(true) && index < covered.lastIndexOf(true),
  );
  return covered.includes(true) ? [...new Set(between.map(majorOf))] : [];
}

/** True if some supported server, or any newer one, takes the block. */
export function isEverTaken({ branch }: CheckedBlock, and: (server: ServerFacts) => boolean = () => true): boolean {
  // Which releases of PgBouncer there will be, nobody knows.
  if (branch.conditions.isForConsole) return true;
  return COMPARED_SERVERS.some((server) => suits(branch, server) && and(server));
}

/** A block that no server takes. */
export function checkReach(blocks: readonly CheckedBlock[]): readonly Finding[] {
  return blocks
    .filter((block) => !isEverTaken(block))
    .map((block) =>
      warning('CHECK_NO_EFFECT', `${block.branch.key} suits no server that walguard supports`, {
        where: placeOf(block, []),
        hint: 'walguard reads PostgreSQL 13 and newer: remove the block, or correct its bounds.',
      }),
    );
}
