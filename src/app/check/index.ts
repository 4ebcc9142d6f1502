import type { Environment, FlagValues } from '../../config/given.ts';
import { readSettings } from '../../config/settings.ts';
import { byPlace } from '../../core/error.ts';
import type { Finding } from '../../core/finding.ts';
import { type NamedTarget, resolveNamedTarget } from './named-target.ts';
import { describeOnTarget, type DescribedTarget } from './describe.ts';
import { loadNamedPacks, loadShippedPacks } from './load.ts';

export interface CheckRequest {
  /** Files, directories and patterns; none for the packs that come with walguard. */
  readonly paths: readonly string[];
  /** The server that is to describe the queries; undefined for none. */
  readonly target: NamedTarget | undefined;
  readonly flags: FlagValues;
  readonly env: Environment;
}

export interface CheckReport {
  readonly files: readonly string[];
  readonly blocks: number;
  /** Sorted by place. */
  readonly findings: readonly Finding[];
  readonly target: DescribedTarget | undefined;
}

/** @throws WalguardErrors with what is wrong with the configuration */
export async function checkPacks({ paths, target, flags, env }: CheckRequest): Promise<CheckReport> {
  const settings = readSettings({ flags, collectorFlags: new Map(), env });
  const tags = new Set(settings.tags);
  const options = target === undefined ? undefined : resolveNamedTarget(target, settings, env).options;
  const { files, packs, findings } = paths.length === 0 ? loadShippedPacks(tags) : loadNamedPacks(paths, tags);
  const described = options === undefined ? undefined : await describeOnTarget(options, packs);
  return {
    files,
    blocks: packs.reduce((sum, { drafts }) => sum + drafts.length, 0),
    findings: once([...findings, ...(described?.findings ?? [])]).toSorted(byPlace),
    target: described,
  };
}

/** What blocks share by an alias is found in each of them. */
function once(findings: readonly Finding[]): readonly Finding[] {
  const byKey = new Map(findings.map((each) => [JSON.stringify([each.code, each.message, each.where]), each]));
  return [...byKey.values()];
}
