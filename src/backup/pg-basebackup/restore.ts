import { basename, join } from 'node:path';

import type { CopyPlace, FindCopy, Restorer, RestoreRequest, TarRestorer } from '../../core/drill.ts';
import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { filtersIn } from '../../process/filter-program.ts';
import { namesIn } from '../../storage/folder.ts';
import { lookThrough } from '../../storage/restored-data.ts';
import { readForRestore } from '../../storage/restored-files.ts';
import { combine } from './combine.ts';
import type { Copying } from './copying.ts';
import { type FoundCopy, layoutOf } from './layout.ts';
import { NO_PROOF, readProof } from './proof.ts';
import { restorePlain } from './restore-plain.ts';
import { restoreTars } from './restore-tars.ts';

export interface BaseBackupRestoreOptions {
  /** The folder with the backups, as it is configured. */
  readonly path: string;
  /** What programs see. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What one of the chain is put into. */
type Target = Copying['to'];

const MAX_NAMES = 20_000;

/** Puts back what pg_basebackup wrote into a folder, by `restoreCopies`. */
export function restoreBaseBackups({ path, environment }: BaseBackupRestoreOptions): Restorer {
  const method = 'pg_basebackup';
  // A backup is called by its path below the folder, which is a backup itself if it is called by its own name.
  const find: FindCopy = ({ label }) => {
    const itself = printable(basename(path)) === label ? [path] : [];
    return Promise.resolve({ folders: [join(path, label), ...itself] });
  };
  return { method, restore: restoreCopies(find, environment) };
}

/**
 * Puts back copies as pg_basebackup makes them: both formats, packed or not, with their tablespaces, each file compared
 * with the manifest; chains by pg_combinebackup. It only reads where they lie.
 */
export function restoreCopies(find: FindCopy, environment: Readonly<Record<string, string>>): Restorer['restore'] {
  return async (request) => {
    const copies: FoundCopy[] = [];
    for (const backup of request.chain) copies.push(await findCopy(await find(backup)));
    const told = tellProgress(request);
    const restoreOne = (copy: FoundCopy, to: Target, tablespace?: Copying['tablespace']): Promise<boolean> =>
      restoreCopy(copy, { to, count: told.add, tablespace, signal: request.signal }, environment);
    const [only, ...others] = copies;
    if (only !== undefined && others.length === 0) {
      const isProven = await restoreOne(only, request);
      return { bytes: told.bytes(), verifiedBy: isProven ? 'manifest' : undefined };
    }
    const isProven = await combine({ copies, request, restoreOne, environment });
    const written = [request.dataDirectory, request.tablespaceDirectory].map(lookThrough);
    const bytes = (await Promise.all(written)).reduce((sum, each) => sum + each.bytes, 0);
    return { bytes, verifiedBy: isProven ? 'manifest' : undefined };
  };
}

/** What puts back copies in tars that others made, and without a manifest. */
export function tarRestorer(environment: Readonly<Record<string, string>>): TarRestorer {
  return async (copy, request) => {
    const told = tellProgress(request);
    const { signal } = request;
    await restoreTars({ to: request, count: told.add, proof: NO_PROOF, signal }, copy, filtersIn(environment)(signal));
    return { bytes: told.bytes(), verifiedBy: undefined };
  };
}

async function findCopy({ folders, tablespaces = new Map() }: CopyPlace): Promise<FoundCopy> {
  for (const path of folders) {
    const names = await namesIn(path, MAX_NAMES).catch(() => []);
    const layout = layoutOf(names);
    if (layout.kind !== 'other') return { path, layout, tablespaces };
  }
  throw new WalguardError('SOURCE_NOT_FOUND', `${printable(folders[0] ?? '')} is no longer there, or is no backup`, {
    hint: 'See who removes backups while they are restored, and start the drill again.',
  });
}

/** @returns true if it was compared with a manifest */
async function restoreCopy(
  { path, layout, tablespaces }: FoundCopy,
  given: Omit<Copying, 'from' | 'proof' | 'unlinked'>,
  environment: Readonly<Record<string, string>>,
): Promise<boolean> {
  const { to, signal } = given;
  const proof = await readProof(path, signal);
  if (layout.kind === 'plain') await restorePlain({ ...given, unlinked: tablespaces, from: path, proof });
  else if (to !== undefined) {
    const tars = layout.tars.map((tar) => ({
      ...tar,
      pieces: (until: AbortSignal) => readForRestore(join(path, tar.name), until),
    }));
    await restoreTars({ ...given, to, proof }, { name: path, tars }, filtersIn(environment)(signal));
  }
  return proof.hasManifest;
}

const TOLD_EVERY_MS = 200;

function tellProgress({ progress }: RestoreRequest): { add: (bytes: number) => void; bytes: () => number } {
  let done = 0;
  let toldMs = 0;
  return {
    add(bytes) {
      done += bytes;
      const nowMs = Date.now();
      if (nowMs - toldMs < TOLD_EVERY_MS) return;
      toldMs = nowMs;
      progress(done);
    },
    bytes: () => done,
  };
}
