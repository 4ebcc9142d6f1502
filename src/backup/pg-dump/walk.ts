import { basename, join } from 'node:path';

import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { checkTime, missingSource, unlessAborted, unreadableSource } from '../../storage/file-errors.ts';
import { type FileFacts, identityOf } from '../../storage/file-facts.ts';
import { entriesOf, factsAt, factsIn, type NamedEntry, type NamedFile } from '../../storage/folder.ts';
import { TOC_NAME } from './directory.ts';
import { isHidden } from './names.ts';

/** A folder of databases with folders of days. */
const MAX_DEPTH = 2;
const MOST_FILES = 50_000;
/** A dump of a directory has a file for each table and large object. */
const MOST_NAMES = 500_000;

/** What lies in a folder that pg_dump wrote. */
interface FoundFolder {
  readonly entries: readonly NamedFile[];
  /** When a file last came into it, or went. */
  readonly timeSeconds: number;
}

/** A file, or a folder that pg_dump wrote. */
export interface Found {
  readonly path: string;
  /** Below the folder that is read. */
  readonly file: string;
  readonly sizeBytes: number;
  /** When anything of it was written last. */
  readonly timeSeconds: number;
  /** Another one once it was changed. */
  readonly look: string;
  readonly folder: FoundFolder | undefined;
}

export interface Walk {
  readonly signal: AbortSignal;
  /** What a folder was when it was walked through last, if it is known to be whole and nothing came into it since. */
  readonly remembered: (path: string, folder: FileFacts) => Found | undefined;
  readonly found: Found[];
  readonly problems: WalguardError[];
}

interface Place {
  readonly path: string;
  readonly file: string;
  readonly depth: number;
}

/** All files below a folder that may be dumps. Throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE, SOURCE_BAD_ANSWER. */
export async function walkDumps(root: string, walk: Walk): Promise<void> {
  const facts = await asked(root, walk, factsAt(root));
  if (facts?.kind !== 'folder') throw missingSource(root);
  const seen = new Set([identityOf(facts)]);
  await visit({ path: root, file: '', depth: 0 }, facts, { walk, seen });
}

interface Round {
  readonly walk: Walk;
  readonly seen: Set<string>;
}

async function visit(place: Place, folder: FileFacts, round: Round): Promise<void> {
  const { walk } = round;
  checkTime(walk.signal, place.path);
  const known = walk.remembered(place.path, folder);
  if (known !== undefined) {
    walk.found.push(known);
    return;
  }
  const listed = await asked(place.path, walk, entriesOf(place.path, MOST_NAMES));
  if (listed === undefined) throw tooMany(place.path, MOST_NAMES);
  if (listed.some(({ name }) => name === TOC_NAME))
    await addFolder(place, listed, { walk, folderSeconds: folder.timeSeconds });
  else await visitEntries(place, listed, round);
}

async function addFolder(
  { path, file }: Place,
  listed: readonly NamedEntry[],
  { walk, folderSeconds }: { readonly walk: Walk; readonly folderSeconds: number },
): Promise<void> {
  const names = listed.map(({ name }) => name);
  const entries = (await asked(path, walk, factsIn(path, names))).filter(({ kind }) => kind === 'file');
  const sizeBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  const timeSeconds = entries.reduce((last, entry) => Math.max(last, entry.timeSeconds), 0);
  const look = `${entries.length} ${sizeBytes} ${timeSeconds}`;
  const folder = { entries, timeSeconds: folderSeconds };
  walk.found.push({ path, file: file === '' ? basename(path) : file, sizeBytes, timeSeconds, look, folder });
}

async function visitEntries(place: Place, listed: readonly NamedEntry[], round: Round): Promise<void> {
  const { walk, seen } = round;
  const names = listed.flatMap(({ name }) => (isHidden(name) ? [] : [name]));
  if (walk.found.length + names.length > MOST_FILES) throw tooMany(place.path, MOST_FILES);
  for (const { name, ...facts } of await asked(place.path, walk, factsIn(place.path, names))) {
    const identity = identityOf(facts);
    if (seen.has(identity)) continue;
    seen.add(identity);
    const inner = {
      path: join(place.path, name),
      file: place.file === '' ? name : `${place.file}/${name}`,
      depth: place.depth + 1,
    };
    if (facts.kind === 'file') walk.found.push(toFound(inner, facts));
    else if (facts.kind === 'folder' && place.depth < MAX_DEPTH) await visitInner(inner, facts, round);
  }
}

/** What one folder does not let be seen, the others do. */
async function visitInner(place: Place, facts: FileFacts, round: Round): Promise<void> {
  try {
    await visit(place, facts, round);
  } catch (thrown) {
    checkTime(round.walk.signal, place.path);
    if (!(thrown instanceof WalguardError) || thrown.code !== 'SOURCE_UNREADABLE') throw thrown;
    round.walk.problems.push(thrown);
  }
}

function toFound({ path, file }: Place, facts: FileFacts): Found {
  const { sizeBytes, timeSeconds } = facts;
  return {
    path,
    file,
    sizeBytes,
    timeSeconds,
    look: `${identityOf(facts)} ${sizeBytes} ${timeSeconds}`,
    folder: undefined,
  };
}

async function asked<T>(path: string, { signal }: Walk, answer: Promise<T>): Promise<T> {
  try {
    return await unlessAborted(answer, signal, path);
  } catch (thrown) {
    throw unreadableSource(path, thrown);
  }
}

function tooMany(path: string, limit: number): WalguardError {
  return new WalguardError(
    'SOURCE_BAD_ANSWER',
    `${printable(path)} holds more than ${limit} files, so it is no folder of dumps`,
    {
      hint: 'Correct path, or keep dumps in a folder of their own.',
    },
  );
}
