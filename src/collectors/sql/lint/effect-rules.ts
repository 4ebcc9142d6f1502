import { type Finding, warning } from '../../../core/finding.ts';
import type { BranchColumn } from '../branch.ts';
import { isSnapshot } from '../columns.ts';
import type { ColumnSpec } from '../schema.ts';
import { readTags } from '../tags.ts';
import { inVersionRange } from '../version.ts';
import {
  type CheckedBlock,
  type CheckedColumn,
  type CheckedPack,
  columnsOf,
  placeKey,
  placeOf,
} from './checked-pack.ts';
import { checkReach, isEverTaken } from './server-rules.ts';

/** What is written down and does nothing. */
export function checkEffects(packs: readonly CheckedPack[], blocks: readonly CheckedBlock[]): readonly Finding[] {
  return [
    ...packs.flatMap(skippedBlocks),
    ...checkReach(blocks),
    ...blocks.flatMap(rolesThatCancel),
    ...blocks.flatMap(scopeTwice),
    ...columnsNeverThere(columnsOf(blocks)),
    ...columnsOf(blocks).flatMap((checked) => [...idleKeys(checked), ...noMapping(checked)]),
  ];
}

function skippedBlocks(pack: CheckedPack): readonly Finding[] {
  return pack.drafts
    .filter(({ block }) => block.skip === true)
    .map(({ branch: { key } }) =>
      warning('CHECK_NO_EFFECT', `${key} is never loaded, for it says skip: true`, {
        where: pack.where([key, 'skip']),
        hint: 'Take skip out, or the block; enabled: false leaves it to a flag.',
      }),
    );
}

function rolesThatCancel(checked: CheckedBlock): readonly Finding[] {
  const { block, branch } = checked;
  const tags = readTags(block.tags ?? []);
  if (!tags.primary || !tags.standby) return [];
  const message = `the tags of ${branch.key} name both roles, which is as good as none`;
  return [
    warning('CHECK_NO_EFFECT', message, { where: placeOf(checked, ['tags']), hint: 'Take one of them out, or both.' }),
  ];
}

function scopeTwice(checked: CheckedBlock): readonly Finding[] {
  const { block, branch } = checked;
  if (block.per_database !== true || branch.conditions.scope !== 'named') return [];
  const message = `per_database of ${branch.key} does nothing: it runs in the databases that the block names`;
  const hint = 'Take it out, or target_databases and the tags dbname:NAME.';
  return [warning('CHECK_NO_EFFECT', message, { where: placeOf(checked, ['per_database']), hint })];
}

function idleKeys({ owner, column }: CheckedColumn): readonly Finding[] {
  const { spec, path, source } = column;
  return idleKeysOf(column, owner.branch.dialect === 'pg_exporter').map(([key, why]) =>
    warning('CHECK_NO_EFFECT', `${key} of the column ${source} does nothing: ${why}`, {
      where: placeOf(owner, [...path, key]),
      hint: spec.usage === 'DISCARD' ? 'Take it out, or give the column another usage.' : 'Take it out.',
    }),
  );
}

type IdleKey = readonly [key: keyof ColumnSpec, why: string];

function idleKeysOf(column: BranchColumn, namesSource: boolean): readonly IdleKey[] {
  const { spec } = column;
  const given = (keys: readonly (keyof ColumnSpec)[], why: string): readonly IdleKey[] =>
    keys.filter((key) => spec[key] !== undefined).map((key) => [key, why] as const);
  const renamed = !namesSource && spec.rename !== undefined ? given(['name'], 'rename is there too') : [];
  switch (spec.usage) {
    case 'DISCARD':
      return given(['rename', 'scale', 'default'], 'the column is discarded');
    case 'LABEL':
      return [
        ...given(['scale', 'default'], 'a label is text'),
        ...(renamed.length > 0 || namesSource
          ? renamed
          : given(['name'], 'a label has the name of its column, or what rename says')),
      ];
    case 'HISTOGRAM':
      return [
        ...(isSnapshot(spec) ? [] : given(['scale', 'default'], 'the server has counted the histogram')),
        ...renamed,
      ];
    default:
      return renamed;
  }
}

/** Blocks may share their columns by an alias: one of them is enough that has such servers. */
function columnsNeverThere(columns: readonly CheckedColumn[]): readonly Finding[] {
  const bounded = columns.filter(({ owner, column }) => column.spec.pg_version !== undefined && isEverTaken(owner));
  const placed = bounded.map((each) => ({ ...each, where: placeOf(each.owner, [...each.column.path, 'pg_version']) }));
  const wanted = new Set(placed.filter(isEverThere).map(({ where }) => placeKey(where)));
  return placed
    .filter(({ where }) => !wanted.has(placeKey(where)))
    .map(({ column: { source, spec }, where }) => {
      const message = `the column ${source} is never expected: its block runs on no server of pg_version ${spec.pg_version}`;
      return warning('CHECK_NO_EFFECT', message, { where, hint: 'Correct pg_version, or take the column out.' });
    });
}

function isEverThere({ owner, column: { spec } }: CheckedColumn): boolean {
  return isEverTaken(owner, ({ version }) => inVersionRange(version, spec.pg_version ?? ''));
}

function noMapping({ owner, column: { spec, path, source } }: CheckedColumn): readonly Finding[] {
  if (spec.usage !== 'MAPPEDMETRIC' || Object.keys(spec.metric_mapping ?? {}).length > 0) return [];
  const message = `the column ${source} never gives a sample: it is a MAPPEDMETRIC without a metric_mapping`;
  return [
    warning('CHECK_NO_EFFECT', message, { where: placeOf(owner, path), hint: 'Add metric_mapping: {text: number}.' }),
  ];
}
