import type { ReportedHour } from './document.ts';
import { type Part, type ReadMessage, rounded } from './part.ts';

const HOUR_MS = 3_600_000;
/** More than a year. Of a log that goes on for longer, the hours that come later are left out. */
const MOST_HOURS = 10_000;
const ERRORS: ReadonlySet<string> = new Set(['ERROR', 'FATAL', 'PANIC']);

type Hour = { -readonly [K in Exclude<keyof ReportedHour, 'time'>]: number };

export function createHours(): Part<readonly ReportedHour[]> {
  const hours = new Map<number, Hour>();
  return {
    add(message) {
      const { atMs } = message.record;
      if (atMs === undefined) return;
      const at = Math.floor(atMs / HOUR_MS);
      const hour = hours.get(at) ?? emptyHour();
      if (hours.size >= MOST_HOURS && !hours.has(at)) return;
      hours.set(at, hour);
      addTo(hour, message);
    },
    report: () =>
      [...hours]
        .toSorted(([a], [b]) => a - b)
        .map(([at, hour]) => ({
          time: new Date(at * HOUR_MS).toISOString(),
          ...hour,
          checkpointSeconds: rounded(hour.checkpointSeconds),
          statementSeconds: rounded(hour.statementSeconds),
        })),
  };
}

function emptyHour(): Hour {
  return {
    messages: 0,
    errors: 0,
    checkpoints: 0,
    checkpointBuffers: 0,
    checkpointSeconds: 0,
    connections: 0,
    statements: 0,
    statementSeconds: 0,
    temporaryFiles: 0,
    temporaryBytes: 0,
    lockWaits: 0,
  };
}

function addTo(hour: Hour, { record: { severity }, event }: ReadMessage): void {
  hour.messages += 1;
  if (severity !== undefined && ERRORS.has(severity)) hour.errors += 1;
  switch (event?.kind) {
    case 'checkpoint_done':
      hour.checkpoints += 1;
      hour.checkpointBuffers += event.done.buffers;
      hour.checkpointSeconds += event.done.totalSeconds;
      return;
    case 'connection':
      hour.connections += 1;
      return;
    case 'statement':
      hour.statements += 1;
      hour.statementSeconds += event.seconds;
      return;
    case 'temporary_file':
      hour.temporaryFiles += 1;
      hour.temporaryBytes += event.bytes;
      return;
    case 'lock_wait':
      hour.lockWaits += 1;
      return;
    default:
  }
}
