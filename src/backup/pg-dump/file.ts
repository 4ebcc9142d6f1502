import { unlessAborted } from '../../storage/file-errors.ts';
import { readFileEnds, unpackHead } from '../../storage/read-through.ts';
import { listTar } from '../../storage/tar.ts';
import { type ArchiveReading, isArchive, readArchive, type TocEntry } from './archive.ts';
import { FOREIGN, type Look, type SeenDump, spoilt, UNSEEN } from './look.ts';
import type { DumpName } from './names.ts';
import { hasItsEnd, readTextHead, scopeOf, type TextHead } from './text.ts';

const HEAD_BYTES = 65_536;
const TAIL_BYTES = 4_096;
/** A table of contents that is longer is not read, and what it would prove is not looked for. */
const MOST_TOC_BYTES = 8_388_608;
/** What pg_dump writes behind the last data, and into a table of contents without any. */
const LAST_ZEROS = Buffer.alloc(5);
const BLOCK_BYTES = 512;
const TAR_END = Buffer.alloc(2 * BLOCK_BYTES);
const MOST_MEMBERS = 20_000;
const CUT_OFF = 'it is cut off';

const PACKINGS: readonly (readonly [name: string, magic: string])[] = [
  ['gz', '1f8b'],
  ['zst', '28b52ffd'],
  ['lz4', '04224d18'],
  ['xz', 'fd377a585a00'],
  ['bz2', '425a68'],
];

/** A file that may be a dump. */
export interface DumpFile {
  readonly path: string;
  readonly name: DumpName;
  readonly signal: AbortSignal;
}

interface Ends {
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly sizeBytes: number;
}

/** Looks at the beginning and the end of a file. Throws what the system says. */
export async function lookAtFile(file: DumpFile): Promise<Look> {
  const { path, name } = file;
  const ends = await readEnds(file, HEAD_BYTES);
  if (ends === undefined) return FOREIGN;
  const { head, tail, sizeBytes } = ends;
  if (sizeBytes === 0) return name.looksLikeDump ? spoilt(path, 'it is empty') : FOREIGN;
  if (name.encryption !== '') return name.looksLikeDump ? { ...UNSEEN, packing: name.encryption } : FOREIGN;
  const packing = packingOf(head);
  if (packing !== '') return await lookAtPacked(file, ends, packing);
  if (isArchive(head)) return await lookAtCustom(file, ends);
  if (isTar(head)) return await lookAtTar(file, ends);
  const text = readTextHead(head);
  if (text !== undefined) return lookAtText(path, text, tail);
  // A script, or the copy of something else, may have such a name too.
  return name.looksLikeDump && !name.isScript ? spoilt(path, 'it does not begin as a dump does') : FOREIGN;
}

function packingOf(head: Buffer): string {
  const found = PACKINGS.find(([, magic]) => head.subarray(0, magic.length / 2).toString('hex') === magic);
  return found?.[0] ?? '';
}

async function readEnds({ path, signal }: DumpFile, headBytes: number): Promise<Ends | undefined> {
  return await unlessAborted(readFileEnds(path, { headBytes, tailBytes: TAIL_BYTES }), signal, path);
}

function lookAtText(path: string, text: TextHead, tail: Buffer): SeenDump {
  const seen: SeenDump = {
    ...UNSEEN,
    format: 'plain',
    datname: text.datname,
    scope: scopeOf(text, tail),
    proof: 'read',
  };
  return hasItsEnd(text, tail) ? { ...seen, valid: true } : spoilt(path, CUT_OFF, seen);
}

/** Of gzip the beginning is unpacked, and all of what is small; of others only all of it tells. */
async function lookAtPacked({ path, name }: DumpFile, { head, sizeBytes }: Ends, packing: string): Promise<Look> {
  const seen: SeenDump = { ...UNSEEN, packing, proof: 'read' };
  if (packing !== 'gz') return name.looksLikeDump ? seen : FOREIGN;
  const unpacked = await unpackHead(head, sizeBytes <= head.length, HEAD_BYTES);
  if (unpacked === undefined) return name.looksLikeDump ? spoilt(path, 'it cannot be unpacked', seen) : FOREIGN;
  return lookAtUnpacked(path, unpacked, seen) ?? (isTar(unpacked.head) ? seen : FOREIGN);
}

/** Undefined if it is neither an archive nor a plain dump. */
export function lookAtUnpacked(
  path: string,
  { head, tail, isWhole }: { readonly head: Buffer; readonly tail?: Buffer; readonly isWhole: boolean },
  seen: SeenDump,
): SeenDump | undefined {
  const end = isWhole ? (tail ?? head.subarray(-TAIL_BYTES)) : undefined;
  const text = readTextHead(head);
  if (text !== undefined) {
    const found: SeenDump = { ...seen, format: 'plain', datname: text.datname, scope: scopeOf(text, end) };
    if (end === undefined) return found;
    return hasItsEnd(text, end) ? { ...found, valid: true } : spoilt(path, CUT_OFF, found);
  }
  const archive = readArchive(head, Infinity);
  if (archive.kind === 'none') return undefined;
  if (archive.kind === 'damaged') return spoilt(path, archive.why, seen);
  const found: SeenDump = { ...seen, format: 'custom', ...toldBy(archive) };
  if (end === undefined) return found;
  return endsInZeros(end, LAST_ZEROS) ? { ...found, valid: true } : spoilt(path, CUT_OFF, found);
}

function toldBy({ head }: Extract<ArchiveReading, { kind: 'archive' }>): Pick<SeenDump, 'datname' | 'beganSeconds'> {
  return { datname: head.datname, beganSeconds: head.beganSeconds };
}

async function lookAtCustom(file: DumpFile, ends: Ends): Promise<Look> {
  const { path } = file;
  const isAll = ends.head.length >= Math.min(ends.sizeBytes, MOST_TOC_BYTES);
  let archive = readArchive(ends.head, ends.sizeBytes);
  if (archive.kind === 'archive' && archive.toc === undefined && !isAll) {
    const more = await readEnds(file, Math.min(ends.sizeBytes, MOST_TOC_BYTES));
    archive = readArchive(more?.head ?? ends.head, ends.sizeBytes);
  }
  if (archive.kind === 'none') return FOREIGN;
  if (archive.kind === 'damaged') return spoilt(path, archive.why, { format: 'custom' });
  const seen: SeenDump = { ...UNSEEN, format: 'custom', ...toldBy(archive), proof: 'restore' };
  const isBehindEnd = archive.toc?.some(({ offset = 0 }) => offset >= ends.sizeBytes) === true;
  if (isBehindEnd || !endsInZeros(ends.tail, lastZeros(archive.toc))) return spoilt(path, CUT_OFF, seen);
  return hasNoData(archive.toc) ? FOREIGN : { ...seen, valid: true };
}

/** Behind the last large object stands the end of all of them, too. */
function lastZeros(toc: readonly TocEntry[] | undefined): Buffer {
  const last = (toc ?? []).reduce<TocEntry | undefined>(
    (found, entry) => ((entry.offset ?? -1) > (found?.offset ?? -1) ? entry : found),
    undefined,
  );
  return last?.kind === 'BLOBS' ? Buffer.concat([LAST_ZEROS, LAST_ZEROS]) : LAST_ZEROS;
}

function endsInZeros(tail: Buffer, zeros: Buffer): boolean {
  return tail.subarray(-zeros.length).equals(zeros);
}

/** It has tables, and nothing of what is in them (--schema-only): that is no dump of a database. */
export function hasNoData(toc: readonly TocEntry[] | undefined): boolean {
  const has = (wanted: string): boolean => toc?.some(({ kind }) => kind === wanted) === true;
  return has('TABLE') && !has('TABLE DATA');
}

export function isTar(head: Buffer): boolean {
  return head.toString('latin1', 0, 8) === 'toc.dat\0' && head.toString('latin1', 257, 262) === 'ustar';
}

async function lookAtTar(file: DumpFile, { tail, sizeBytes }: Ends): Promise<Look> {
  const { path, signal } = file;
  const bare: Partial<SeenDump> = { format: 'tar', proof: 'restore' };
  const listed = await unlessAborted(membersOf(path), signal, path);
  if (listed === undefined) return spoilt(path, 'it is damaged: the header of a file in it is none', bare);
  const tocBytes = listed.members[0]?.sizeBytes ?? 0;
  const ends = await readEnds(file, BLOCK_BYTES + Math.min(tocBytes, MOST_TOC_BYTES));
  const archive = readArchive((ends?.head ?? Buffer.alloc(0)).subarray(BLOCK_BYTES), tocBytes);
  if (archive.kind !== 'archive')
    return spoilt(path, archive.kind === 'damaged' ? archive.why : 'it has no table of contents', bare);
  const seen: SeenDump = { ...UNSEEN, ...bare, ...toldBy(archive) };
  const hasEnd = endsInZeros(tail, TAR_END) && sizeBytes % BLOCK_BYTES === 0;
  if (!hasEnd) return spoilt(path, CUT_OFF, seen);
  const held = new Set(listed.members.map(({ name }) => name));
  // Large objects are in files of other names than their entry has.
  const toc = archive.toc?.filter(({ kind }) => kind !== 'BLOBS');
  const missing = listed.isWhole ? missingIn(toc, (name) => held.has(name)) : [];
  if (missing.length > 0) return spoilt(path, lacks(missing), seen);
  return hasNoData(archive.toc) ? FOREIGN : { ...seen, valid: true };
}

/** Undefined if a header in it is damaged. */
async function membersOf(path: string): Promise<Awaited<ReturnType<typeof listTar>> | undefined> {
  try {
    return await listTar(path, MOST_MEMBERS);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown) throw thrown;
    return undefined;
  }
}

/** Data files of a table of contents that are not there. */
export function missingIn(toc: readonly TocEntry[] | undefined, isThere: (name: string) => boolean): readonly string[] {
  return (toc ?? []).flatMap(({ file }) => (file === '' || isThere(file) ? [] : [file]));
}

export function lacks(missing: readonly string[]): string {
  const more = missing.length === 1 ? '' : ` and ${missing.length - 1} more`;
  return `${missing[0]}${more} of its data files ${missing.length === 1 ? 'is' : 'are'} missing`;
}
