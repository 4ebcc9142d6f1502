import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import type { Backup } from '../../src/core/catalogue.ts';
import type { RestoredCopy, Restorer, RestoreRequest } from '../../src/core/drill.ts';

/** Files of a small data directory; contents that do not fit into one block, or are empty. */
const FILES: Readonly<Record<string, Buffer>> = {
  PG_VERSION: Buffer.from('15\n'),
  backup_label: Buffer.from('START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\n'),
  'base/1/1259': noise(300_000, 1),
  'base/1/empty': Buffer.alloc(0),
  'base/5/a name with spaces': noise(513, 2),
  'global/pg_control': noise(8192, 3),
  'postgresql.conf': Buffer.from('port = 5432\n'),
};
/** What recovery needs although nothing is in them. */
const FOLDERS = ['pg_notify', 'pg_tblspc', 'pg_wal/archive_status'];

export const TABLESPACE = '16999';
export const IN_TABLESPACE = 'PG_15_202209061/5/2613';

function noise(bytes: number, seed: number): Buffer {
  let state = seed;
  return Buffer.from(
    Array.from({ length: bytes }, () => ((state = (state * 1_103_515_245 + 12_345) % 2 ** 31) >> 16) & 255),
  );
}

/** Writes a data directory; with a tablespace in a folder of its own, to which a link leads. */
export async function makeCopy(path: string, tablespace?: string): Promise<void> {
  for (const [name, content] of Object.entries(FILES)) await put(join(path, name), content);
  for (const name of FOLDERS) await mkdir(join(path, name), { recursive: true });
  if (tablespace === undefined) return;
  await put(join(tablespace, IN_TABLESPACE), noise(20_000, 4));
  await symlink(tablespace, join(path, 'pg_tblspc', TABLESPACE));
}

async function put(path: string, content: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

/** Writes the manifest of what lies in a folder, with checksums by SHA256, beside it or elsewhere. */
export async function writeManifest(path: string, into = path): Promise<void> {
  const lines = [...(await contentsBelow(path))].map(([name, content]) => {
    const checksum = createHash('sha256').update(content).digest('hex');
    return `{ "Path": ${JSON.stringify(name)}, "Size": ${content.length}, "Last-Modified": "2026-11-22 05:33:44 GMT", "Checksum-Algorithm": "SHA256", "Checksum": "${checksum}" }`;
  });
  const range = '{ "Timeline": 1, "Start-LSN": "0/2000028", "End-LSN": "0/2000100" }';
  const text = `{ "PostgreSQL-Backup-Manifest-Version": 1,\n"Files": [\n${lines.join(',\n')}\n],\n"WAL-Ranges": [\n${range}\n],\n`;
  const sum = createHash('sha256').update(text).digest('hex');
  await writeFile(join(into, 'backup_manifest'), `${text}"Manifest-Checksum": "${sum}"}\n`);
}

/** The checksums of all files below a folder, by their paths; links are followed. */
export async function filesBelow(root: string): Promise<ReadonlyMap<string, string>> {
  const contents = [...(await contentsBelow(root))];
  return new Map(contents.map(([name, content]) => [name, createHash('sha256').update(content).digest('hex')]));
}

async function contentsBelow(root: string, path = root): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const name of (await readdir(path)).toSorted()) {
    const inside = join(path, name);
    if ((await stat(inside)).isDirectory())
      for (const [each, content] of await contentsBelow(root, inside)) found.set(each, content);
    else found.set(relative(root, inside), await readFile(inside));
  }
  return found;
}

/** All folders and files below a folder that others may look into. */
export async function openToOthers(root: string): Promise<readonly string[]> {
  const all = await readdir(root, { recursive: true, withFileTypes: true });
  const open: string[] = [];
  for (const { name, parentPath } of all)
    if (((await stat(join(parentPath, name))).mode & 0o077) !== 0) open.push(name);
  return open;
}

/** A tar of what is in a folder, by the program `tar`. */
export function tarOf(path: string, ...args: readonly string[]): Buffer {
  return execFileSync('tar', ['-c', '--format=ustar', ...args, '-C', path, '.'], { maxBuffer: 2 ** 30 });
}

/** Restores the backup of this name into a folder, as a drill does. */
export async function restoreInto(
  restorer: Restorer,
  root: string,
  labels: readonly string[],
  also: Partial<RestoreRequest> = {},
): Promise<RestoredCopy> {
  const inside = (name: string): string => join(root, name);
  const folders = {
    dataDirectory: inside('data'),
    tablespaceDirectory: inside('tablespaces'),
    scratchDirectory: inside('scratch'),
  };
  for (const path of Object.values(folders)) await mkdir(path, { recursive: true, mode: 0o700 });
  return await restorer.restore({
    backup: backupCalled(labels.at(-1) ?? ''),
    chain: labels.map(backupCalled),
    ...folders,
    programDirectory: '/nonexistent',
    progress: () => {},
    signal: new AbortController().signal,
    ...also,
  });
}

/** A full backup of which no more is known. */
export function backupCalled(label: string): Backup {
  return {
    label,
    type: 'full',
    startTimeSeconds: undefined,
    stopTimeSeconds: 0,
    wal: undefined,
    systemIdentifier: undefined,
    majorVersion: 150_000,
    needs: [],
    hasErrors: false,
    sizeBytes: undefined,
    storedBytes: undefined,
  };
}
