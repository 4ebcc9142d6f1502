import { join } from 'node:path';

import { type ArchiveSource, emptyArchive, type KnownOfServer } from '../../core/catalogue.ts';
import { WalguardError } from '../../core/error.ts';
import { FILE_ACCESS, type FileAccess } from '../../storage/file-access.ts';
import { unlessAborted, unreadableSource } from '../../storage/file-errors.ts';
import { createWalTree, type WalTreeOptions } from '../../storage/wal-tree.ts';
import { chooseCluster, newestArchiveId, parseArchiveInfo } from './archive-info.ts';

export interface PgBackRestFolderOptions extends WalTreeOptions {
  /** Of the repository (repo1-path). */
  readonly path: string;
  readonly stanza: string;
}

const LARGEST_INFO_BYTES = 1_048_576;
const SALTED = 'Salted__';

/** The WAL of one stanza in a repository of pgBackRest that is a folder here. */
export function createPgBackRestFolder(options: PgBackRestFolderOptions): ArchiveSource {
  const { path, stanza, ...treeOptions } = options;
  const access = treeOptions.access ?? FILE_ACCESS;
  const read = createWalTree(treeOptions);
  const folder = join(path, 'archive', stanza);
  return {
    method: 'pgbackrest',
    async read(known, signal) {
      const chosen = await chooseFolder(folder, access, known, signal);
      if (chosen === undefined) throw missingStanza(stanza, folder);
      const { archiveId, encrypted, systemIdentifier } = chosen;
      // A stanza that was made a moment ago.
      if (archiveId === undefined) return emptyArchive(Date.now() / 1_000, systemIdentifier);
      const contents = await read({ path: join(folder, archiveId), encrypted }, known, signal);
      return { ...contents, systemIdentifier: contents.systemIdentifier ?? systemIdentifier };
    },
  };
}

interface ChosenFolder {
  /** Undefined if nothing was archived yet. */
  readonly archiveId: string | undefined;
  readonly encrypted: boolean;
  readonly systemIdentifier: string | undefined;
}

/** Undefined if there is no such stanza. */
async function chooseFolder(
  folder: string,
  access: FileAccess,
  known: KnownOfServer,
  signal: AbortSignal,
): Promise<ChosenFolder | undefined> {
  try {
    const info = await readInfo(folder, access, signal);
    const encrypted = info.startsWith(SALTED);
    const cluster = chooseCluster(parseArchiveInfo(info) ?? [], known);
    if (cluster === undefined) {
      const archiveId = newestArchiveId(await unlessAborted(namesIn(folder, access), signal, folder));
      return archiveId === undefined && info === '' ? undefined : { archiveId, encrypted, systemIdentifier: undefined };
    }
    const { archiveId, systemIdentifier } = cluster;
    const path = join(folder, archiveId);
    const facts = await unlessAborted(access.facts(path), signal, path);
    return { archiveId: facts === undefined ? undefined : archiveId, encrypted, systemIdentifier };
  } catch (thrown) {
    throw unreadableSource(folder, thrown);
  }
}

/** Empty if there is none. */
async function readInfo(folder: string, access: FileAccess, signal: AbortSignal): Promise<string> {
  for (const name of ['archive.info', 'archive.info.copy']) {
    const path = join(folder, name);
    const ends = await unlessAborted(access.ends(path, { headBytes: LARGEST_INFO_BYTES, tailBytes: 0 }), signal, path);
    const text = ends?.head.toString('latin1') ?? '';
    if (text !== '') return text;
  }
  return '';
}

async function namesIn(folder: string, access: FileAccess): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const batch of access.list(folder, false)) found.push(...batch.map(({ name }) => name));
  return found;
}

function missingStanza(stanza: string, folder: string): WalguardError {
  return new WalguardError(
    'SOURCE_NOT_FOUND',
    `There is no stanza ${stanza}: ${folder} holds neither archive.info nor WAL`,
    {
      hint: 'Correct stanza and path in the configuration; the path is that of the repository (repo1-path).',
      where: { file: folder },
    },
  );
}
