import { createHash } from 'node:crypto';

import { type PackDocument, readPack } from '../collectors/sql/load-pack.ts';
import { readTextIfThere } from '../config/read-text-file.ts';

/** Written by the build. Without it, as in tests of the sources, packs are read from their YAML. */
const COMPILED = new URL('../packs.json', import.meta.url);

/** A pack as its schema gives it, and of which text. */
interface CompiledPack {
  readonly sha256: string;
  readonly value: PackDocument['value'];
}

type CompiledPacks = Readonly<Record<string, CompiledPack>>;

let known: CompiledPacks | undefined;

/**
 * Reads a pack that comes with walguard: its YAML only where somebody has changed it since the build, for that takes
 * a third of a second at each start.
 *
 * @throws WalguardErrors with all that does not fit a pack
 */
export function readShippedPack(file: string, text: string): PackDocument {
  known ??= JSON.parse(readTextIfThere(COMPILED) ?? '{}') as CompiledPacks;
  return takeCompiled(known[file], file, text);
}

/** @param compiled of the pack as it was built; undefined if it was not */
export function takeCompiled(compiled: CompiledPack | undefined, file: string, text: string): PackDocument {
  if (compiled?.sha256 !== hashOf(text)) return readPack(file, text);
  return {
    value: compiled.value,
    where: (path) => readPack(file, text).where(path),
    whereIn: (path, before) => readPack(file, text).whereIn(path, before),
  };
}

/** @param packs the text of each pack, by its name */
export function compilePacks(packs: ReadonlyMap<string, string>): CompiledPacks {
  return Object.fromEntries(
    Array.from(packs, ([file, text]) => [file, { sha256: hashOf(text), value: readPack(file, text).value }] as const),
  );
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
