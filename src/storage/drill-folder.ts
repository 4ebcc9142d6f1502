import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { isAbsent, unlessAbsent } from './file-facts.ts';
import { isRunning, markOfThisProcess, type ProcessMark } from './process-mark.ts';

/** Whose a folder is. */
export interface FolderMarker extends ProcessMark {
  readonly id: string;
  readonly repository: string;
  readonly startedSeconds: number;
}

/** A folder that a drill made for itself. */
export interface DrillFolder {
  readonly path: string;
  readonly marker: FolderMarker;
  /** Its drill still runs, as far as one can tell. */
  readonly isAlive: boolean;
}

const PREFIX = 'drill-';
const UNFINISHED = '.new-';
/** Only what holds it is ever removed. */
export const MARKER_FILE = 'walguard-drill.json';
/** A drill on another host cannot be asked whether it lives; it touches its marker every few seconds. */
const SILENT_MS = 60_000;

/** Makes the folder of a drill, with its marker in it from the first moment. Throws what the system says. */
export async function makeDrillFolder(
  root: string,
  drill: Pick<FolderMarker, 'id' | 'repository' | 'startedSeconds'>,
): Promise<string> {
  const marker: FolderMarker = { ...drill, ...(await markOfThisProcess()) };
  const unfinished = join(root, `${UNFINISHED}${drill.id}`);
  const path = join(root, `${PREFIX}${drill.id}`);
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(join(unfinished, MARKER_FILE), `${JSON.stringify(marker)}\n`, { flag: 'wx' });
  await rename(unfinished, path);
  return path;
}

/** Makes a folder where there is none yet, for nobody else. Throws what the system says. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 });
}

/** The folder that all drills share, with those above it, if it is not there yet. */
export async function makeRoot(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o755 });
}

/** Says that the drill of this folder lives. */
export async function keepAlive(path: string): Promise<void> {
  const now = new Date();
  await unlessAbsent(utimes(join(path, MARKER_FILE), now, now));
}

/** The folders of all drills that are there, oldest first; what is not theirs is left out. */
export async function listDrillFolders(root: string): Promise<readonly DrillFolder[]> {
  const names = (await readdir(root)).filter((name) => name.startsWith(PREFIX)).toSorted();
  const found: DrillFolder[] = [];
  for (const name of names) {
    const path = join(root, name);
    const read = await readMarker(path);
    if (read === undefined || name !== `${PREFIX}${read.marker.id}`) continue;
    found.push({ path, marker: read.marker, isAlive: await isRunning(read.marker, read.touchedMs, SILENT_MS) });
  }
  return found;
}

interface ReadMarker {
  readonly marker: FolderMarker;
  readonly touchedMs: number;
}

async function readMarker(path: string): Promise<ReadMarker | undefined> {
  const file = join(path, MARKER_FILE);
  try {
    const marker = JSON.parse(await readFile(file, 'utf8')) as Partial<FolderMarker>;
    if (typeof marker.id !== 'string' || typeof marker.pid !== 'number') return undefined;
    return { marker: marker as FolderMarker, touchedMs: (await stat(file)).mtimeMs };
  } catch (thrown) {
    if (isAbsent(thrown) || thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

/** What a drill that died just there has begun to make is of no use. */
export async function removeUnfinished(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const path = join(root, name);
    const facts = name.startsWith(UNFINISHED) ? await unlessAbsent(stat(path)) : undefined;
    if (facts === undefined || Date.now() - facts.mtimeMs < SILENT_MS) continue;
    await rm(join(path, MARKER_FILE), { force: true });
    // Fails, and should, if there is anything else in it.
    await rmdir(path).catch(() => undefined);
  }
}

/**
 * Removes the folder of a drill with all that is in it; its marker goes last, so that what is left is found again.
 * Refuses what has no marker, or that of another folder. Throws what the system says.
 */
export async function removeDrillFolder(path: string): Promise<void> {
  const read = await readMarker(path);
  if (read === undefined) {
    if ((await unlessAbsent(stat(path))) === undefined) return;
    throw new Error(`${path} has no marker of a drill`);
  }
  if (basename(path) !== `${PREFIX}${read.marker.id}`) throw new Error(`${path} has the marker of another drill`);
  const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 };
  for (const name of await readdir(path)) if (name !== MARKER_FILE) await rm(join(path, name), options);
  await rm(path, options);
}

/** The postmaster that runs, or ran, in a data directory; undefined if none did. */
export async function readPostmaster(dataDirectory: string): Promise<number | undefined> {
  const text = await unlessAbsent(readFile(join(dataDirectory, 'postmaster.pid'), 'utf8'));
  const [pid, directory] = text?.split('\n') ?? [];
  return directory === dataDirectory && Number(pid) > 1 ? Number(pid) : undefined;
}

/** Writes a small file anew, for nobody else. */
export async function writePrivate(path: string, text: string): Promise<void> {
  await using file = await open(path, 'w', 0o600);
  await file.writeFile(text);
}

/** Leaves the folder to the one who asked for it: nobody takes it for that of a drill any more. */
export async function keepFolder(path: string): Promise<void> {
  await rename(join(path, MARKER_FILE), join(path, 'kept.json'));
}
