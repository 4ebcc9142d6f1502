import { systemCode, WalguardError } from '../core/error.ts';
import { bytesText } from '../core/words.ts';
import { availableBytes } from '../storage/disk.ts';
import type { Plan } from './plan.ts';

/** What a server writes beside its data: logs, statistics, temporary files; and what nobody thought of. */
const MARGIN = 1.2;
const HINT = 'Make room there, or let drills.directory name a folder on a larger disk.';
const MAX_WAL_BYTES = 2 * 1024 ** 3;
const SPARE_SEGMENTS = 8;

/**
 * What the restored server may take on disk; WAL that was replayed is removed again now and then, so only a part of it is
 * there at one time.
 */
export function neededBytes({ backup, chain, wantedLsn, segmentBytes }: Plan): number {
  const size = backup.sizeBytes ?? chain.reduce((sum, each) => sum + (each.sizeBytes ?? each.storedBytes ?? 0), 0);
  const start = backup.wal?.start;
  const wal = start === undefined || wantedLsn === undefined || wantedLsn < start ? 0 : Number(wantedLsn - start);
  return Math.ceil(size * MARGIN) + Math.min(wal, MAX_WAL_BYTES) + SPARE_SEGMENTS * segmentBytes;
}

/** @param freeBytes undefined if the system does not tell */
export function refuseFullDisk(neededNow: number, freeBytes: number | undefined, directory: string): void {
  if (freeBytes === undefined || freeBytes >= neededNow) return;
  const message = `${directory} has ${bytesText(freeBytes)} free, and the restored server needs ${bytesText(neededNow)}`;
  throw new WalguardError('DRILL_NO_SPACE', message, {
    hint: HINT,
  });
}

/** So much stays free for everybody else, whatever the drill needs. */
const FLOOR_BYTES = 128 * 1024 ** 2;
const LOOK_MS = 2_000;

/** Does what writes, and ends it before it fills the disk. Throws DRILL_NO_SPACE then. */
export async function whileThereIsRoom<T>(
  directory: string,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const full = new AbortController();
  const look = async (): Promise<void> => {
    if (((await availableBytes(directory)) ?? Infinity) < FLOOR_BYTES) full.abort();
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  try {
    return await run(AbortSignal.any([signal, full.signal]));
  } catch (thrown) {
    if (!full.signal.aborted && systemCode(thrown) !== 'ENOSPC') throw thrown;
    const message = `${directory} has less than ${bytesText(FLOOR_BYTES)} left`;
    throw new WalguardError('DRILL_NO_SPACE', message, { hint: HINT, cause: thrown });
  } finally {
    clearInterval(timer);
  }
}
