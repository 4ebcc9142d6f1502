import { createHash } from 'node:crypto';

import { loadPack, type PackCollector, type PackOptions } from '../collectors/sql/load-pack.ts';
import { findPackFiles } from '../config/pack-files.ts';
import { readTextFile } from '../config/read-text-file.ts';
import { collect, type WalguardError, WalguardErrors } from '../core/error.ts';

const PACKS_FLAG = '--extend.query-path';

/**
 * The collectors of the user's packs.
 *
 * @param paths files, directories and patterns
 * @param taken names of walguard's own collectors: one of a pack with such a name keeps the pg_ in front of its own
 * @param read a file: a pipe can be read but once
 * @throws WalguardErrors with the problems of all packs at once
 */
export function loadUserPacks(
  paths: readonly string[],
  options: PackOptions,
  taken: ReadonlySet<string>,
  read = readPackText,
): readonly PackCollector[] {
  const problems: WalguardError[] = [];
  const load = (file: string, mayBeEmpty: boolean): readonly PackCollector[] =>
    loadPack(file, read(file), { ...options, mayBeEmpty });
  const packs = paths.flatMap((path) => {
    const files = collect(problems, () => findPackFiles(path, PACKS_FLAG)) ?? [];
    return files.flatMap((file) => collect(problems, () => load(file, file !== path)) ?? []);
  });
  if (problems.length > 0) throw new WalguardErrors(problems);
  return withFreeNames(packs, taken);
}

/** A digest of what the files of the user's packs hold now; what cannot be read is told by who loads them. */
export function fingerprintUserPacks(paths: readonly string[], read = readPackText): string {
  const hash = createHash('sha256');
  for (const path of paths)
    for (const file of collect([], () => findPackFiles(path, PACKS_FLAG)) ?? [])
      hash.update(`${file}\0${collect([], () => read(file)) ?? ''}\0`);
  return hash.digest('hex');
}

/** @throws WalguardErrors with CONFIG_FILE_UNREADABLE */
export function readPackText(file: string): string {
  return readTextFile(file, PACKS_FLAG);
}

/** A collector of a pack whose name is taken keeps the pg_ in front of its own. */
export function withFreeNames(packs: readonly PackCollector[], taken: ReadonlySet<string>): readonly PackCollector[] {
  return packs.map((collector) =>
    taken.has(collector.name) ? { ...collector, name: `pg_${collector.name}` } : collector,
  );
}
