import type { BadFile } from '../../core/catalogue.ts';
import { systemCode } from '../../core/error.ts';
import { DEFAULT_SEGMENT_BYTES, segmentAt } from '../../core/segments.ts';
import { readWalName } from '../../core/wal-names.ts';
import type { BarmanReader } from './identity.ts';
import { unlessAborted } from '../../storage/file-errors.ts';

/** Some name of WAL, a moment and `duplicate`. */
const DUPLICATE = /^(.+)\.\d{8}T\d{6}Z\.duplicate$/;

/**
 * What Barman put aside (`errors`): a `duplicate` is a segment that it holds with other content, as when two servers
 * archive into one place. Others are older than the first backup, or no WAL at all.
 */
export async function readRefused(
  folder: string,
  segmentBytes: number | undefined,
  { access, signal }: BarmanReader,
): Promise<readonly BadFile[]> {
  const names: string[] = [];
  const batches = access.list(folder, false)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const batch = await unlessAborted(batches.next(), signal, folder);
      if (batch.done === true) break;
      names.push(...batch.value.map(({ name }) => name).filter((name) => DUPLICATE.test(name)));
    }
  } catch (thrown) {
    // What hangs is not waited for.
    void batches.return?.().catch(() => {});
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(systemCode(thrown))) return [];
    throw thrown;
  }
  return names.toSorted().map((name) => toBadFile(name, segmentBytes ?? DEFAULT_SEGMENT_BYTES));
}

function toBadFile(name: string, segmentBytes: number): BadFile {
  const wal = readWalName(DUPLICATE.exec(name)?.[1] ?? '');
  const isSegment = wal?.kind === 'segment';
  return {
    name,
    reason: 'conflicting',
    timeline: isSegment ? wal.timeline : undefined,
    segment: isSegment ? segmentAt(wal, segmentBytes) : undefined,
  };
}
