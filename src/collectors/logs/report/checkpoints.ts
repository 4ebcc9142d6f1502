import { CHECKPOINT_CAUSES, type CheckpointDone } from '../event-kinds.ts';
import { createBounded } from './bounded.ts';
import type { ReportedCheckpoints } from './document.ts';
import { countsOf, increase, type Part, rounded, zeros } from './part.ts';

const MOST_WORDS = 200;

export function createCheckpoints(): Part<ReportedCheckpoints> {
  const started = zeros(CHECKPOINT_CAUSES);
  const words = createBounded({ create: () => ({ times: 0 }), scores: [({ times }) => times], most: MOST_WORDS });
  const sums = { completed: 0, restartpoints: 0, warnings: 0, ...NOTHING_DONE };
  return {
    add({ record: { message }, event }) {
      if (event?.kind === 'checkpoint_started') {
        increase(started, event.cause);
        words.of(message.slice(message.indexOf(':') + 2)).times += 1;
      } else if (event?.kind === 'checkpoint_warning') sums.warnings += 1;
      else if (event?.kind === 'checkpoint_done') {
        sums.completed += 1;
        if (message.startsWith('restart')) sums.restartpoints += 1;
        addDone(sums, event.done, Number(/ longest=([\d.]+) s/.exec(message)?.[1] ?? 0));
      }
    },
    report: () => ({
      ...sums,
      writeSeconds: rounded(sums.writeSeconds),
      syncSeconds: rounded(sums.syncSeconds),
      totalSeconds: rounded(sums.totalSeconds),
      started: countsOf(started),
      startedByWords: countsOf(new Map(words.entries().map(([key, { times }]) => [key, times]))),
    }),
  };
}

const NOTHING_DONE = {
  buffers: 0,
  walFilesAdded: 0,
  walFilesRemoved: 0,
  walFilesRecycled: 0,
  writeSeconds: 0,
  syncSeconds: 0,
  totalSeconds: 0,
  longestWriteSeconds: 0,
  longestSyncSeconds: 0,
  longestTotalSeconds: 0,
  longestFileSyncSeconds: 0,
  distanceBytes: 0,
  largestDistanceBytes: 0,
};

function addDone(sums: typeof NOTHING_DONE, done: CheckpointDone, fileSyncSeconds: number): void {
  sums.buffers += done.buffers;
  sums.walFilesAdded += done.added;
  sums.walFilesRemoved += done.removed;
  sums.walFilesRecycled += done.recycled;
  sums.writeSeconds += done.writeSeconds;
  sums.syncSeconds += done.syncSeconds;
  sums.totalSeconds += done.totalSeconds;
  sums.longestWriteSeconds = Math.max(sums.longestWriteSeconds, done.writeSeconds);
  sums.longestSyncSeconds = Math.max(sums.longestSyncSeconds, done.syncSeconds);
  sums.longestTotalSeconds = Math.max(sums.longestTotalSeconds, done.totalSeconds);
  sums.longestFileSyncSeconds = Math.max(sums.longestFileSyncSeconds, fileSyncSeconds);
  sums.distanceBytes += done.distanceBytes ?? 0;
  sums.largestDistanceBytes = Math.max(sums.largestDistanceBytes, done.distanceBytes ?? 0);
}
