import type { Family } from '../../core/family.ts';
import { labelName } from './names.ts';
import { inVersionRange } from './version.ts';
import type { Block, ColumnSpec, Usage } from './schema.ts';

/** The variant of a collector's query for some versions and roles. */
export interface Branch {
  /** The block's key in its pack. */
  readonly key: string;
  readonly sql: string;
  readonly timeoutMs: number;
  readonly columns: readonly BranchColumn[];
  /** The names of the labels that every metric of the branch has, in order. */
  readonly labelNames: readonly string[];
  readonly suitsVersion: (version: number) => boolean;
  readonly suitsRole: (inRecovery: boolean) => boolean;
}

export interface BranchColumn {
  readonly name: string;
  readonly usage: Usage;
  readonly spec: ColumnSpec;
  /** Undefined for labels and discarded columns. */
  readonly family: Family | undefined;
}

const DEFAULT_TIMEOUT_MS = 1_000;

/** @param familyOf gives the one Family object of a name, shared by all branches of a collector */
export function toBranch(
  key: string,
  block: Block,
  familyOf: (column: string, spec: ColumnSpec) => Family | undefined,
): Branch {
  const columns = columnsOf(block).map(([name, spec]) => ({
    name,
    usage: spec.usage,
    spec,
    family: familyOf(name, spec),
  }));
  const { runonserver, min_version: min, max_version: max, tags } = block;
  return {
    key,
    sql: block.query,
    timeoutMs: block.timeout === undefined ? DEFAULT_TIMEOUT_MS : block.timeout * 1_000,
    columns,
    labelNames: labelNamesOf(block),
    suitsVersion: (version) =>
      (runonserver === undefined || inVersionRange(version, runonserver)) &&
      (min === undefined || version >= min) &&
      (max === undefined || version < max),
    suitsRole: (inRecovery) => tags === undefined || tags.includes(inRecovery ? 'standby' : 'primary'),
  };
}

/** The columns of a block, in the order they are declared. */
export function columnsOf(block: Block): readonly (readonly [string, ColumnSpec])[] {
  return block.metrics.flatMap((entry) => Object.entries(entry));
}

/** The labels of a block's metrics; a label whose column is there on some versions only is empty on the others. */
export function labelNamesOf(block: Block): readonly string[] {
  return columnsOf(block).flatMap(([name, spec]) => (spec.usage === 'LABEL' ? [labelName(name, spec)] : []));
}

/** Servers on which branches are compared: each major at its first and a late release, in both roles. */
const COMPARED_SERVERS = Array.from({ length: 18 }, (_, index) => 13 + index).flatMap((major) =>
  [0, 99].flatMap((minor) =>
    [false, true].map((inRecovery) => ({ major, version: major * 10_000 + minor, inRecovery })),
  ),
);

/** A server both branches would run on, as words for an error; undefined if there is none. */
export function overlap(one: Branch, other: Branch): string | undefined {
  const shared = COMPARED_SERVERS.find(({ version, inRecovery }) =>
    [one, other].every((branch) => branch.suitsVersion(version) && branch.suitsRole(inRecovery)),
  );
  return shared === undefined
    ? undefined
    : `a ${shared.inRecovery ? 'standby' : 'primary'} of PostgreSQL ${shared.major}`;
}
