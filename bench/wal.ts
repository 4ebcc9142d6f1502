import {
  closeSync,
  ftruncateSync,
  futimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { segmentName } from '../src/core/segments.ts';
import { MADE_SEGMENT_BYTES, walHeader } from '../test/support/wal-file.ts';
import { startChild } from './child.ts';
import type { WalReading } from './wal-process.ts';

/** One reading of an archive, and what follows from it. */
export interface WalFinding extends WalReading {
  readonly layout: 'flat' | 'folders';
  readonly reading: 'first' | 'unchanged' | 'changed';
}

/** Files that are looked into at the first reading are among the newest; a header takes a block of the disk. */
const WITH_HEADER = 5_000;
const FOLDER_DIGITS = 16;
/** One that is left out, so that there is a gap to find. */
const MISSING = 1_000;
const LONG_AGO = 1_700_000_000;

/** Measures how long an archive of so many segments takes to be read and assessed, in one folder and in folders of 4 GB. */
export async function measureWal(count: number, say: (text: string) => void): Promise<readonly WalFinding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'walguard-bench-'));
  try {
    say(`wal: ${count} files are made`);
    const names = makeFiles(folder, count);
    say('wal: they are read, all in one folder');
    const flat = await readThrice('flat', folder, count);
    rmSync(join(folder, nameOf(count)));
    sortIntoFolders(folder, names);
    mkdirSync(join(folder, folderOf(count)), { recursive: true });
    say('wal: they are read, in folders of 4 GB');
    const folders = await readThrice('folders', folder, count);
    return [...flat, ...folders];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readThrice(layout: WalFinding['layout'], folder: string, count: number): Promise<readonly WalFinding[]> {
  // As if it had rested for long: a change within the last seconds would have it listed again.
  utimesSync(folder, LONG_AGO, LONG_AGO);
  await using child = startChild('wal-process');
  await child.ask({ path: folder });
  const findings: WalFinding[] = [];
  for (const reading of ['first', 'unchanged', 'changed'] as const) {
    if (reading === 'changed')
      makeFile(join(folder, layout === 'flat' ? '' : folderOf(count), nameOf(count)), count, true);
    findings.push({ layout, reading, ...((await child.ask('read')) as WalReading) });
  }
  return findings;
}

function sortIntoFolders(folder: string, names: readonly string[]): void {
  for (const name of new Set(names.map((each) => each.slice(0, FOLDER_DIGITS)))) mkdirSync(join(folder, name));
  for (const name of names) renameSync(join(folder, name), join(folder, name.slice(0, FOLDER_DIGITS), name));
}

function folderOf(segment: number): string {
  return nameOf(segment).slice(0, FOLDER_DIGITS);
}

function makeFiles(folder: string, count: number): readonly string[] {
  const names: string[] = [];
  for (let segment = 0; segment < count; segment += 1) {
    if (segment === MISSING) continue;
    const name = nameOf(segment);
    makeFile(join(folder, name), segment, segment >= count - WITH_HEADER);
    names.push(name);
  }
  return names;
}

/** Archived long ago, a second after the one before. Without a header it takes no block of the disk. */
function makeFile(path: string, segment: number, withHeader: boolean): void {
  const file = openSync(path, 'w');
  if (withHeader) writeSync(file, walHeader(1, segment));
  ftruncateSync(file, MADE_SEGMENT_BYTES);
  futimesSync(file, LONG_AGO + segment, LONG_AGO + segment);
  closeSync(file);
}

function nameOf(segment: number): string {
  return segmentName(1, segment, MADE_SEGMENT_BYTES);
}
