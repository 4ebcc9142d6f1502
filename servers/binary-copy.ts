import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type BinaryPackage, binaryPackage, type Major } from './binaries.ts';
import { copyTree } from './copy-tree.ts';
import { unlessCode } from './error-codes.ts';

const dayMs = 24 * 3600 * 1000;
/** Cleaners of temporary folders remove old files one by one, so a copy is made anew before it is old (macOS: 3 days). */
const renewAfterMs = 2 * dayMs;
/** Long enough for whoever still runs servers from a copy that was renewed since. */
const removeAfterMs = 5 * dayMs;

/**
 * A runnable copy of a major's binaries in the temporary folder, kept for later runs: the folder with bin, lib, share.
 *
 * A copy because the checkout may lie where the server's account cannot read (/root), may be read-only, and lacks the
 * symbolic links when npm ran with --ignore-scripts. Any number of processes may ask at once: each copy has a name of
 * its own, never moves, and the link to the newest is replaced in one step. Throws when the package is missing, the
 * disk full, or the folder in the temporary folder not this user's alone.
 */
export async function runnableBinaries(major: Major): Promise<string> {
  const source = binaryPackage(major);
  const shelf = await openShelf();
  const link = join(shelf, `${source.name}-${source.version}`);
  const present = await freshCopy(link);
  if (present !== undefined) return present;
  await removeAbandoned(shelf);
  const copy = await makeCopy(shelf, source);
  const meanwhile = await freshCopy(link);
  if (meanwhile !== undefined) {
    await rm(copy, { recursive: true, force: true });
    return meanwhile;
  }
  await symlink(basename(copy), `${copy}.link`);
  await rename(`${copy}.link`, link);
  return copy;
}

/** In a shared /tmp another user may have made the folder first, to have their program run: refuse it. */
async function openShelf(): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const shelf = join(await realpath(tmpdir()), `walguard-postgres-${uid}`);
  await mkdir(shelf).catch(unlessCode('EEXIST'));
  const found = await lstat(shelf);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o022) !== 0) {
    throw new Error(
      `${shelf} is not a folder that only this user can write to, so programs in it are not to be trusted: remove it, or set TMPDIR.`,
    );
  }
  await chmod(shelf, 0o755);
  return shelf;
}

async function freshCopy(link: string): Promise<string | undefined> {
  const copy = await realpath(link).catch(unlessCode('ENOENT'));
  if (copy === undefined) return undefined;
  const ageMs = await ageOf(copy);
  return ageMs !== undefined && ageMs < renewAfterMs ? copy : undefined;
}

async function makeCopy(shelf: string, source: BinaryPackage): Promise<string> {
  const copy = await mkdtemp(join(shelf, `${source.version}-`));
  try {
    await copyTree(source.nativeDirectory, copy, { directoryMode: 0o755, fileMode: readableByAll });
    await makeSymlinks(copy);
    return copy;
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    throw new Error(`Cannot copy PostgreSQL's binaries from ${source.nativeDirectory} to ${copy}.`, { cause: error });
  }
}

function readableByAll(mode: number): number {
  return (mode & 0o100) === 0 ? 0o644 : 0o755;
}

/** npm cannot pack symbolic links: the package lists them as from its root, and its install script would make them. */
async function makeSymlinks(copy: string): Promise<void> {
  const list = await readFile(join(copy, 'pg-symlinks.json'), 'utf8');
  const links = JSON.parse(list) as readonly { readonly source: string; readonly target: string }[];
  for (const link of links) {
    const place = join(copy, link.target.replace(/^native\//, ''));
    await symlink(join(copy, link.source.replace(/^native\//, '')), place).catch(unlessCode('EEXIST'));
  }
}

async function removeAbandoned(shelf: string): Promise<void> {
  for (const name of await readdir(shelf)) {
    const path = join(shelf, name);
    const ageMs = await ageOf(path);
    if (ageMs !== undefined && ageMs > removeAfterMs) await rm(path, { recursive: true, force: true });
  }
}

async function ageOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(unlessCode('ENOENT'));
  return found && Date.now() - found.mtimeMs;
}
