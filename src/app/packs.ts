import type { PackCollector, PackOptions } from '../collectors/sql/load-pack.ts';
import { fingerprintUserPacks, loadUserPacks, readPackText } from './load-packs.ts';
import { loadDefaultPacks, offerOptionalPacks } from './shipped-packs.ts';

/** Where the collectors of packs come from. All throw WalguardErrors with the problems of all packs at once. */
export interface Packs {
  readonly byDefault: (options: PackOptions) => readonly PackCollector[];
  readonly offered: (queryPaths: readonly string[], options: PackOptions) => readonly PackCollector[];
  /** Of what the files of the user hold now; those that cannot be read count as empty. */
  readonly fingerprint: (queryPaths: readonly string[]) => string;
  readonly ofUser: (
    queryPaths: readonly string[],
    options: PackOptions,
    taken: ReadonlySet<string>,
  ) => readonly PackCollector[];
}

/** Each is read when it is asked for. */
export const PACKS: Packs = {
  byDefault: loadDefaultPacks,
  offered: offerOptionalPacks,
  fingerprint: fingerprintUserPacks,
  ofUser: loadUserPacks,
};

/** Those that come with walguard do not change while it runs. */
export function rememberDefaultPacks(): Packs['byDefault'] {
  return once(PACKS.byDefault);
}

/** Each is read once, for many servers: they share its collectors, which keep nothing of a server. */
export function readPacksOnce(byDefault: Packs['byDefault']): Packs {
  const read = once(readPackText);
  return {
    byDefault,
    offered: once(PACKS.offered),
    fingerprint: once((paths) => fingerprintUserPacks(paths, read)),
    ofUser: once((paths, options, taken) => loadUserPacks(paths, options, taken, read)),
  };
}

function once<Given extends readonly unknown[], Found>(find: (...given: Given) => Found): (...given: Given) => Found {
  const known = new Map<string, Found>();
  return (...given) => {
    const key = JSON.stringify(given, (_key, value: unknown) =>
      value instanceof Set ? [...(value as ReadonlySet<unknown>)] : value,
    );
    const found = known.get(key) ?? find(...given);
    known.set(key, found);
    return found;
  };
}
