import { createReadStream } from 'node:fs';
import { constants, createGunzip } from 'node:zlib';

import { FILE_ACCESS } from './file-access.ts';

const CHUNK_BYTES = 1_048_576;

/** True for what can be unpacked without a program. */
export function isUnpackedHere(packing: string): boolean {
  return packing === '' || packing === 'gz';
}

/** Hands all of a file on, piece by piece, unpacked. @throws what the system or zlib says, or an AbortError */
export async function readThrough(
  path: string,
  packing: string,
  take: (piece: Buffer) => void,
  signal: AbortSignal,
): Promise<void> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES, signal });
  const unpacked = packing === 'gz' ? createGunzip({ chunkSize: CHUNK_BYTES }) : undefined;
  if (unpacked !== undefined) file.on('error', (error) => unpacked.destroy(error)).pipe(unpacked);
  try {
    for await (const piece of unpacked ?? file) take(piece as Buffer);
  } finally {
    file.destroy();
    unpacked?.destroy();
  }
}

/** The beginning of what a file packed by gzip holds. */
export interface UnpackedHead {
  readonly head: Buffer;
  /** It is all there is, and its checksum is right. */
  readonly isWhole: boolean;
}

/**
 * Unpacks the beginning of a gzip file of which the first bytes were read; undefined if not even that can be unpacked.
 *
 * @param isAll the bytes are the whole file
 */
export async function unpackHead(packed: Buffer, isAll: boolean, mostBytes: number): Promise<UnpackedHead | undefined> {
  // Of a file of which only the beginning was read, the end is missing, and that is no error.
  const unpacked = createGunzip(isAll ? {} : { finishFlush: constants.Z_SYNC_FLUSH });
  const pieces: Buffer[] = [];
  let bytes = 0;
  unpacked.end(packed);
  try {
    for await (const piece of unpacked) {
      pieces.push(piece as Buffer);
      bytes += (piece as Buffer).length;
      if (bytes > mostBytes) return { head: Buffer.concat(pieces), isWhole: false };
    }
    return { head: Buffer.concat(pieces), isWhole: isAll };
  } catch {
    return undefined;
  } finally {
    unpacked.destroy();
  }
}

/** The first and last bytes of a file, as `FileAccess` has them. */
export const readFileEnds = FILE_ACCESS.ends;
