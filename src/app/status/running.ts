import type { ServerView } from '../../core/recoverability.ts';
import { toTime } from '../../core/words.ts';
import type { StatusRepository } from '../../http/schema.ts';
import type { BackupReading } from '../../recoverability/repository-watch.ts';
import { runningOf } from '../../recoverability/running.ts';

/** The backups that run now, of all sources of a repository; null if none of them tells. */
export function toRunning(
  readings: readonly BackupReading[],
  server: ServerView | undefined,
): StatusRepository['running'] {
  const told = readings.map((reading) => ({ ...reading, running: runningOf(reading, server?.baseBackups) }));
  if (told.every(({ running }) => running === undefined)) return null;
  return told.flatMap(({ method, running = [] }) =>
    running.map(({ type, startTimeSeconds, doneBytes, expectedBytes }) => ({
      method,
      type: type ?? null,
      started_at: toTime(startTimeSeconds),
      done_bytes: doneBytes ?? null,
      expected_bytes: expectedBytes ?? null,
    })),
  );
}
