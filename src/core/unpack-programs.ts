/**
 * Hands a stream through a program and gives what that makes of it. Throws SOURCE_PROGRAM_MISSING and
 * SOURCE_PROGRAM_FAILED, and what reading the source throws.
 */
export type Filter = (argv: readonly string[], source: AsyncIterable<Uint8Array>) => AsyncIterable<Buffer>;

/** Programs that unpack their standard input, by the ending of what they unpack. */
export const UNPACK_PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  // Above 27 it asks for a window as large as pg_basebackup may have been told to use.
  zst: ['zstd', '-dcq', '--long=31'],
  bz2: ['bzip2', '-dc'],
  xz: ['xz', '-dc'],
  lzma: ['xz', '-dc', '--format=lzma'],
  lz: ['lzip', '-dc'],
  lzo: ['lzop', '-dc'],
  Z: ['gzip', '-dc'],
};
