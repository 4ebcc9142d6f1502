import type { ArchiveSource } from '../../core/catalogue.ts';
import { WalguardError } from '../../core/error.ts';
import { createIdentities } from '../../core/wal-marks.ts';
import { isWalFolderName } from '../../core/wal-names.ts';
import type { Launch } from '../../process/launch.ts';
import { type PgBackRestPlace, placeArguments } from '../../process/pgbackrest.ts';
import { failedProgram, type ProgramResult, runProgram } from '../../process/run-program.ts';
import type { ListedFolder } from '../../storage/listed-folder.ts';
import { readTexts, type WantedText } from '../../storage/listed-texts.ts';
import { contentsOf } from '../../storage/tree-contents.ts';
import { chooseCluster, parseArchiveInfo } from './archive-info.ts';
import { isEncrypted, toFolder } from './listed-folder.ts';
import { parseListing, type RepositoryListing } from './listing.ts';

export interface PgBackRestProgramOptions extends PgBackRestPlace {
  /** The program, and arguments that it always has. */
  readonly command: readonly string[];
  readonly launch: Launch;
  /** After this time all folders are listed again, not only the newest. */
  readonly rescanIntervalMs?: number;
}

/** Runs a command of pgBackRest that reads the repository; undefined if what it names is not there. */
export type AskRepository = (command: 'repo-ls' | 'repo-get', args: readonly string[]) => Promise<Buffer | undefined>;

/** A name takes some 150 bytes; more than a million of them are not asked through a program. */
const MAX_OUTPUT_BYTES = 256 * 1_048_576;
const DEFAULT_RESCAN_INTERVAL_MS = 3_600_000;
/** FileMissingError of pgBackRest (src/build/error/error.yaml). */
const FILE_MISSING = 55;
/** Segments come into the newest folder, late ones into the one before. */
const LAST_FOLDERS = 2;

/** The WAL of one stanza, as pgBackRest itself lists it: wherever the repository is, and with the keys it has. */
export function createPgBackRestProgram(options: PgBackRestProgramOptions): ArchiveSource {
  const { stanza } = options;
  let folders: ReadonlyMap<string, ListedFolder> = new Map();
  let listedId: string | undefined;
  let rescanAtMs = 0;

  async function listFolders(archiveId: string, ask: AskRepository): Promise<ReadonlyMap<string, ListedFolder>> {
    const path = `archive/${stanza}/${archiveId}`;
    if (archiveId !== listedId || Date.now() >= rescanAtMs) {
      const found = await splitByFolder(await list(ask, path, ['--recurse']), folders);
      rescanAtMs = Date.now() + (options.rescanIntervalMs ?? DEFAULT_RESCAN_INTERVAL_MS);
      return found;
    }
    const root = await list(ask, path, []);
    const found = new Map([['', await toFolder('', root, folders.get(''))]]);
    const names = [...root.keys()].filter(isWalFolderName).toSorted();
    for (const [index, name] of names.entries()) {
      const known = index < names.length - LAST_FOLDERS ? folders.get(name) : undefined;
      found.set(name, known ?? (await toFolder(name, await list(ask, `${path}/${name}`, []), folders.get(name))));
    }
    return found;
  }

  return {
    method: 'pgbackrest',
    async read(known, signal) {
      const nowSeconds = Date.now() / 1000;
      const ask = askBy(options, signal);
      const cluster = chooseCluster(parseArchiveInfo((await info(ask, stanza))?.toString('latin1') ?? '') ?? [], known);
      if (cluster === undefined) throw missingStanza(stanza);
      const { archiveId, systemIdentifier } = cluster;
      if (archiveId !== listedId) folders = new Map();
      const listed = await listFolders(archiveId, ask);
      if (hasEmptyFolder(listed) && (await info(ask, stanza)) === undefined) throw missingStanza(stanza);
      folders = await readTexts(listed, (wanted) => ask('repo-get', [pathOf(stanza, archiveId, wanted)]));
      listedId = archiveId;
      const all = [...folders.values()];
      const reading = { folders: all, identities: createIdentities(), known, nowSeconds, encrypted: isEncrypted(all) };
      return { ...(await contentsOf(reading)), systemIdentifier };
    },
  };
}

async function info(ask: AskRepository, stanza: string): Promise<Buffer | undefined> {
  return await ask('repo-get', [`archive/${stanza}/archive.info`]);
}

/** A repository that goes away while it is listed, a mount for instance, is listed as one without files. */
function hasEmptyFolder(listed: ReadonlyMap<string, ListedFolder>): boolean {
  const ofWal = [...listed].filter(([name]) => name !== '');
  return ofWal.length === 0 || ofWal.some(([, folder]) => folder.listed.size === 0);
}

async function list(ask: AskRepository, path: string, args: readonly string[]): Promise<RepositoryListing> {
  const stdout = await ask('repo-ls', ['--output=json', ...args, path]);
  return stdout === undefined ? new Map() : parseListing(stdout.toString('latin1'));
}

function pathOf(stanza: string, archiveId: string, { folder, file }: WantedText): string {
  return `archive/${stanza}/${archiveId}/${folder === '' ? '' : `${folder}/`}${file.fileName}`;
}

/** The folders of an archive by their names, its own by ''. */
async function splitByFolder(
  listing: RepositoryListing,
  known: ReadonlyMap<string, ListedFolder>,
): Promise<ReadonlyMap<string, ListedFolder>> {
  const byFolder = new Map<string, Map<string, RepositoryFile>>([['', new Map()]]);
  for (const [path, file] of listing) {
    const at = path.indexOf('/');
    const folder = byFolder.get(path.slice(0, Math.max(0, at))) ?? new Map<string, RepositoryFile>();
    byFolder.set(path.slice(0, Math.max(0, at)), folder.set(path.slice(at + 1), file));
  }
  const named = [...byFolder].filter(([name]) => name === '' || isWalFolderName(name));
  const ordered = named.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const found = new Map<string, ListedFolder>();
  for (const [name, files] of ordered) found.set(name, await toFolder(name, files, known.get(name)));
  return found;
}

type RepositoryFile = RepositoryListing extends ReadonlyMap<string, infer File> ? File : never;

function askBy({ command, launch, ...place }: PgBackRestProgramOptions, signal: AbortSignal): AskRepository {
  return async (name, args) => {
    const argv = [...command, name, ...args, ...placeArguments(place)];
    const result = await runProgram({ maxOutputBytes: MAX_OUTPUT_BYTES, ...launch }, argv, signal);
    return answerOf(result);
  };
}

function answerOf(result: ProgramResult): Buffer | undefined {
  if (result.exitCode === 0) return result.stdout;
  if (result.exitCode === FILE_MISSING) return undefined;
  throw failedProgram(result, 'Run it by hand as the user walguard runs as, and correct what it names.');
}

function missingStanza(stanza: string): WalguardError {
  return new WalguardError('SOURCE_NOT_FOUND', `pgBackRest knows no stanza ${stanza}: it has no archive.info`, {
    hint: 'Correct the stanza in the configuration, or create it by `pgbackrest stanza-create`.',
  });
}
