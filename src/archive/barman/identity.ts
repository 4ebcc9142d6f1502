import type { FileAccess } from '../../storage/file-access.ts';
import { unlessAborted } from '../../storage/file-errors.ts';

/** How the small files beside an archive are read. */
export interface BarmanReader {
  readonly access: FileAccess;
  readonly signal: AbortSignal;
}

const LARGEST_BYTES = 65_536;

/** The cluster that Barman noted for a server at its first contact; undefined if it did not, or cannot be read. */
export async function readSystemIdentifier(
  file: string,
  { access, signal }: BarmanReader,
): Promise<string | undefined> {
  const wanted = { headBytes: LARGEST_BYTES, tailBytes: 0 };
  const ends = await unlessAborted(access.ends(file, wanted), signal, file).catch(() => undefined);
  return /"systemid":\s*"(\d+)"/.exec(ends?.head.toString('latin1') ?? '')?.[1];
}
