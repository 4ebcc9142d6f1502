import type { CheckedPack } from '../../collectors/sql/lint/checked-pack.ts';
import type { KnownFamily } from '../../collectors/sql/lint/family-rules.ts';
import { lintPacks } from '../../collectors/sql/lint/index.ts';
import {
  type PackCollector,
  type PackOptions,
  readDrafts,
  readPack,
  toCollectors,
} from '../../collectors/sql/load-pack.ts';
import { findPackFiles } from '../../config/pack-files.ts';
import { readTextFile } from '../../config/read-text-file.ts';
import { realPath } from '../../config/real-path.ts';
import { collect, type WalguardError } from '../../core/error.ts';
import { errorFinding, type Finding } from '../../core/finding.ts';
import { checkTogether, shippedCollectors } from '../collectors.ts';
import { DEFAULT_PACKS, OPTIONAL_PACKS, readShipped, REPLACING_PACKS, seesPublic } from '../shipped-packs.ts';

const SAID = 'the path';

/** Packs that were read, and what was found in them. */
export interface LoadedPacks {
  readonly files: readonly string[];
  /** Those that fit their schema. */
  readonly packs: readonly CheckedPack[];
  readonly findings: readonly Finding[];
}

interface Loaded {
  readonly pack: CheckedPack;
  readonly collectors: readonly PackCollector[];
}

/** Reads the packs that a user names, as a walguard that loads them all would, and looks for more than that. */
export function loadNamedPacks(paths: readonly string[], ownTags: ReadonlySet<string>): LoadedPacks {
  const problems: WalguardError[] = [];
  const found = paths.flatMap((path) =>
    (collect(problems, () => findPackFiles(path, SAID)) ?? []).map((file) => ({ file, mayBeEmpty: file !== path })),
  );
  const files = [...new Map(found.map((each) => [realPath(each.file), each])).values()];
  const loaded = files.flatMap(({ file, mayBeEmpty }) => {
    const text = collect(problems, () => readTextFile(file, SAID));
    return text === undefined ? [] : load(file, text, { ownTags, mayBeEmpty }, problems);
  });
  const names = files.map(({ file }) => file);
  collect(problems, () =>
    checkTogether(
      loaded.flatMap(({ collectors }) => collectors),
      names,
    ),
  );
  const packs = loaded.map(({ pack }) => pack);
  return { files: names, packs, findings: [...problems.map(errorFinding), ...lintPacks(packs, knownFamilies(names))] };
}

/** Reads the packs that come with walguard; those that stand in the place of others each by itself. */
export function loadShippedPacks(ownTags: ReadonlySet<string>): LoadedPacks {
  const problems: WalguardError[] = [];
  const sets = [[...DEFAULT_PACKS, ...OPTIONAL_PACKS], ...REPLACING_PACKS.map((file) => [file])].map((files) =>
    files.flatMap((file) =>
      load(file, readShipped(file), { ownTags, seesPublic: seesPublic(file), dialect: 'walguard' }, problems),
    ),
  );
  const packs = sets.map((loaded) => loaded.map(({ pack }) => pack));
  return {
    files: [...DEFAULT_PACKS, ...OPTIONAL_PACKS, ...REPLACING_PACKS],
    packs: packs.flat(),
    findings: [...problems.map(errorFinding), ...packs.flatMap((set) => lintPacks(set, []))],
  };
}

/** One that does not fit the schema is nothing but its problems. */
function load(file: string, text: string, options: PackOptions, problems: WalguardError[]): readonly Loaded[] {
  const document = collect(problems, () => readPack(file, text, options.mayBeEmpty));
  if (document === undefined) return [];
  const { where, whereIn } = document;
  const pack = { where, whereIn, drafts: readDrafts(document, options), seesPublic: options.seesPublic ?? true };
  return [{ pack, collectors: collect(problems, () => toCollectors(document, options)) ?? [] }];
}

function knownFamilies(files: readonly string[]): readonly KnownFamily[] {
  return shippedCollectors(files).flatMap(({ name, families }) =>
    families.map((family) => ({ family, owner: `walguard's collector ${name}` })),
  );
}
