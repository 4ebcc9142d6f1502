import { join } from 'node:path';

import { unlessAborted } from '../../storage/file-errors.ts';
import type { NamedFile } from '../../storage/folder.ts';
import { readFileEnds } from '../../storage/read-through.ts';
import { readArchive } from './archive.ts';
import { hasNoData, lacks, missingIn } from './file.ts';
import { FOREIGN, type Look, type SeenDump, spoilt, UNSEEN } from './look.ts';

/** The name of the file that makes a folder a dump. */
export const TOC_NAME = 'toc.dat';

const MOST_TOC_BYTES = 67_108_864;
/** Behind the names of data files. */
const PACKED = ['', '.gz', '.lz4', '.zst'];

/** A folder that pg_dump wrote, and what lies in it. */
export interface DumpFolder {
  readonly path: string;
  readonly entries: readonly NamedFile[];
  readonly signal: AbortSignal;
}

/** Looks at the table of contents, and whether its files are there. Throws what the system says. */
export async function lookAtFolder({ path, entries, signal }: DumpFolder): Promise<Look> {
  const toc = join(path, TOC_NAME);
  const ends = await unlessAborted(readFileEnds(toc, { headBytes: MOST_TOC_BYTES, tailBytes: 0 }), signal, toc);
  if (ends === undefined) return FOREIGN;
  const archive = readArchive(ends.head, ends.sizeBytes);
  const bare: Partial<SeenDump> = { format: 'directory' };
  if (archive.kind === 'none')
    return spoilt(path, `its ${TOC_NAME} is ${ends.sizeBytes === 0 ? 'empty' : 'none'}`, bare);
  if (archive.kind === 'damaged') return spoilt(path, `of its ${TOC_NAME}, ${archive.why}`, bare);
  const { datname, beganSeconds } = archive.head;
  const seen: SeenDump = { ...UNSEEN, format: 'directory', datname, beganSeconds, proof: 'restore' };
  const sizes = new Map(entries.map(({ name, sizeBytes }) => [name, sizeBytes]));
  // A table without a row takes some bytes too.
  const isThere = (name: string): boolean => PACKED.some((ending) => (sizes.get(name + ending) ?? 0) > 0);
  const missing = missingIn(archive.toc, isThere);
  if (missing.length > 0) return spoilt(path, lacks(missing), seen);
  return hasNoData(archive.toc) ? FOREIGN : { ...seen, valid: archive.toc === undefined ? undefined : true };
}
