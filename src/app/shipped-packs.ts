import { fileURLToPath } from 'node:url';

import { type PackCollector, type PackOptions, toCollectors } from '../collectors/sql/load-pack.ts';
import { realPath } from '../config/real-path.ts';
import { readTextFile } from '../config/read-text-file.ts';
import { readShippedPack } from './compiled-packs.ts';

/** Where queries.yaml and packs/ are. */
const ROOT = new URL('../../', import.meta.url);

const CONSOLE_PACK = 'packs/default/pgbouncer.yaml';

/** What every target gets, by area. */
export const DEFAULT_PACKS = [
  'queries.yaml',
  'packs/default/server.yaml',
  'packs/default/replication.yaml',
  'packs/default/progress.yaml',
  'packs/default/objects.yaml',
  CONSOLE_PACK,
] as const;

/** Of these a collector is on if it is asked for by name. */
export const OPTIONAL_PACKS = [
  'packs/memory.yaml',
  'packs/objects.yaml',
  'packs/postgres_exporter.yaml',
  'packs/statements.yaml',
  'packs/system-objects.yaml',
] as const;

const OF_EXTENSIONS: ReadonlySet<string> = new Set(['packs/memory.yaml', 'packs/statements.yaml']);

/** What comes with walguard and only its path loads: it stands in the place of other collectors. */
export const REPLACING_PACKS = ['packs/postgres_exporter-0.19.yaml'] as const;

/** The packs on by default. They see nothing but PostgreSQL's own names. */
export function loadDefaultPacks(options: PackOptions = {}): readonly PackCollector[] {
  return DEFAULT_PACKS.flatMap((file) =>
    toCollectors(readShippedPack(file, readShipped(file)), { ...options, seesPublic: false, dialect: 'walguard' }).map(
      (collector) => ({
        ...collector,
        only: file === CONSOLE_PACK ? 'console' : 'server',
      }),
    ),
  );
}

/**
 * The optional packs with all their collectors off, so that a flag is enough to switch one on. One that the user loads by
 * its path is left out: there its collectors are on.
 *
 * @param queryPaths the packs of the user
 */
export function offerOptionalPacks(queryPaths: readonly string[], options: PackOptions = {}): readonly PackCollector[] {
  const loaded = new Set(queryPaths.map(realPath));
  return OPTIONAL_PACKS.filter((file) => !loaded.has(realPath(pathOf(file)))).flatMap((file) =>
    toCollectors(readShippedPack(file, readShipped(file)), {
      ...options,
      seesPublic: seesPublic(file),
      dialect: 'walguard',
    }).map((collector) => ({
      ...collector,
      only: 'server',
      enabledByDefault: false,
    })),
  );
}

/** Extensions may be in public; for packs that read none, an operator that somebody put there could fit better. */
export function seesPublic(file: string): boolean {
  return OF_EXTENSIONS.has(file) || REPLACING_PACKS.some((each) => each === file);
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, ROOT));
}

/** The text of a shipped pack. */
export function readShipped(file: string): string {
  return readTextFile(pathOf(file), 'the installation');
}
