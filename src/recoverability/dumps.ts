import type { Dump, DumpCatalogue, DumpScope, DumpSeries, RepositoryDumps } from '../core/dumps.ts';
import { globMatcher } from '../core/glob.ts';
import type { RepositoryInput, ServerView } from '../core/recoverability.ts';

const SCOPE_ORDER: Readonly<Record<DumpScope, number>> = { database: 0, cluster: 1, globals: 2 };

/** What a repository's dumps come to, beside what the server has. Undefined if none were read. */
export function assessDumps(
  { dumps: catalogue, policy }: RepositoryInput,
  server: ServerView | undefined,
): RepositoryDumps | undefined {
  if (catalogue === undefined) return undefined;
  const excluded = (policy.dumpExclude ?? []).map(globMatcher);
  const wanted = server?.databases?.filter((name) => !excluded.some((matches) => matches(name)));
  const series = seriesOf(catalogue, wanted === undefined ? undefined : new Set(wanted));
  return { series, running: catalogue.running, missing: missingFrom(series, wanted) };
}

function seriesOf({ dumps }: DumpCatalogue, wanted: ReadonlySet<string> | undefined): readonly DumpSeries[] {
  const groups = new Map<string, Dump[]>();
  for (const dump of dumps) {
    const key = `${SCOPE_ORDER[dump.scope]} ${dump.datname ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [dump]);
    else group.push(dump);
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, group]) => toSeries(group, wanted));
}

function toSeries(group: readonly Dump[], wanted: ReadonlySet<string> | undefined): readonly DumpSeries[] {
  const [newest, ...older] = group.toSorted((a, b) => b.timeSeconds - a.timeSeconds);
  if (newest === undefined) return [];
  const { scope, datname } = newest;
  const [lastGood, ...before] = [newest, ...older].filter(({ valid }) => valid !== false);
  const alike = before.find(({ format, packing }) => format === lastGood?.format && packing === lastGood?.packing);
  const isWanted = datname === undefined ? true : wanted?.has(datname);
  const shrinkage =
    lastGood === undefined || alike === undefined
      ? undefined
      : { bytes: lastGood.sizeBytes, beforeBytes: alike.sizeBytes };
  return [{ scope, datname, held: group.length, newest, lastGood, shrinkage, isWanted }];
}

/** A dump of the cluster has all of its databases. */
function missingFrom(
  series: readonly DumpSeries[],
  wanted: readonly string[] | undefined,
): readonly string[] | undefined {
  const good = series.filter(({ lastGood }) => lastGood !== undefined);
  if (good.some(({ scope }) => scope === 'cluster')) return wanted === undefined ? undefined : [];
  const held = new Set(good.map(({ datname }) => datname));
  return wanted?.filter((name) => !held.has(name));
}
