import { basename, join } from 'node:path';

import type { Dump } from '../../core/dumps.ts';
import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import type { Filter } from '../../core/unpack-programs.ts';
import { factsAt } from '../../storage/folder.ts';
import { readHead } from '../../storage/read-file.ts';
import { readForRestore } from '../../storage/restored-files.ts';
import { unpacked } from '../../storage/unpack.ts';
import { isArchive, readArchive } from './archive.ts';
import { TOC_NAME } from './directory.ts';
import { isTar } from './file.ts';
import { readTextHead } from './text.ts';

/** What a dump holds once it is unpacked. */
export interface DumpContents {
  readonly path: string;
  readonly kind: 'directory' | 'custom' | 'tar' | 'script';
  /** How its file is packed; empty if it is not. */
  readonly packing: string;
  /** The first bytes of its table of contents, or of the script. */
  readonly head: Buffer;
}

const HEAD_BYTES = 65_536;
const TAR_BLOCK_BYTES = 512;
/** What encrypts; no key is here. */
const ENCRYPTIONS: ReadonlySet<string> = new Set(['gpg', 'pgp', 'age', 'enc', 'aes']);

/** Looks into a dump. Throws DRILL_NO_METHOD for one that is encrypted, DRILL_RESTORE_FAILED for what is none. */
export async function readContents(
  root: string,
  { file, packing }: Dump,
  { filter, signal }: { readonly filter: Filter; readonly signal: AbortSignal },
): Promise<DumpContents> {
  if (ENCRYPTIONS.has(packing)) throw encrypted(file, packing);
  const path = await pathOf(root, file);
  if ((await factsAt(path))?.kind === 'folder')
    return { path, kind: 'directory', packing: '', head: await readHead(join(path, TOC_NAME), HEAD_BYTES) };
  const head = await headOf(orDamaged(file, unpacked(readForRestore(path, signal), packing, filter)));
  if (isArchive(head)) return { path, kind: 'custom', packing, head };
  if (isTar(head)) return { path, kind: 'tar', packing, head: head.subarray(TAR_BLOCK_BYTES) };
  if (readTextHead(head) !== undefined) return { path, kind: 'script', packing, head };
  throw noDump(file, 'it does not begin as a dump does');
}

/** A folder that is a dump itself is called by its own name. */
async function pathOf(root: string, file: string): Promise<string> {
  const path = join(root, file);
  return (await factsAt(path).catch(() => undefined)) === undefined && basename(root) === file ? root : path;
}

async function headOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    read.push(piece);
    bytes += piece.length;
    if (bytes >= HEAD_BYTES) break;
  }
  return Buffer.concat(read).subarray(0, HEAD_BYTES);
}

/** The newest major version that it tells of: of its server, or of the pg_dump that made it. */
export function majorOf({ kind, head }: DumpContents): number | undefined {
  const told = kind === 'script' ? versionsInText(head) : versionsInArchive(head);
  const majors = told.flatMap((text) => /^\D*(\d+)/.exec(text)?.[1] ?? []).map(Number);
  return majors.length === 0 ? undefined : Math.max(...majors);
}

function versionsInArchive(head: Buffer): readonly string[] {
  const read = readArchive(head, Infinity);
  return read.kind === 'archive' ? read.head.versions : [];
}

function versionsInText(head: Buffer): readonly string[] {
  const lines = head.toString('utf8').matchAll(/^-- Dumped (?:from database|by pg_dump|by pg_dumpall) version (\d+)/gm);
  return [...lines].map(([, version = '']) => version);
}

/** What cannot be unpacked is the fault of the dump. */
export async function* orDamaged(file: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  try {
    for await (const piece of pieces) yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  } catch (thrown) {
    if (thrown instanceof WalguardError && thrown.code !== 'SOURCE_PROGRAM_FAILED') throw thrown;
    if (!(thrown instanceof Error) || thrown.name === 'AbortError') throw thrown;
    throw noDump(file, `it cannot be unpacked: ${thrown.message}`);
  }
}

export function noDump(file: string, why: string): WalguardError {
  return new WalguardError('DRILL_RESTORE_FAILED', `${printable(file)} cannot be restored: ${why}`, {
    hint: 'Look into the log of the job that makes it (a full disk, a lost connection), and make it again.',
  });
}

function encrypted(file: string, packing: string): WalguardError {
  return new WalguardError('DRILL_NO_METHOD', `${printable(file)} is encrypted (${packing}), and walguard has no key`, {
    hint: 'Decrypt it for the drill into a folder of its own, and describe that as a repository.',
  });
}
