import type { Collector, DerivedStep, ResultHandler, SampleSink } from '../../core/collector.ts';
import { declareFamily, type Family } from '../../core/family.ts';
import { cellsOf } from '../../core/row.ts';
import { COUNTED_FAMILIES } from './families.ts';

/** What the server says of its log: settings by name, and the names of its databases. */
export interface LogSettings {
  readonly settings: ReadonlyMap<string, string>;
  readonly databases: readonly string[];
}

/** How the reading of a log stands. */
export interface LogReading {
  /** Everything that is to be read could be read at the last look. */
  readonly isUp: boolean;
  readonly files: number;
  readonly readBytes: number;
  readonly skippedBytes: number;
  readonly behindBytes: number;
  /** By the log's own clock, Unix seconds; undefined before the first message. */
  readonly lastMessageSeconds: number | undefined;
}

/** Somebody who reads the log of the server, all the time. */
export interface LogPorts {
  readonly learn: (said: LogSettings) => void;
  readonly reading: () => LogReading;
  readonly emitCounts: (sink: SampleSink) => void;
}

const UP = declareFamily(
  'walguard_log_up',
  'gauge',
  "1 if all of the server's log that is to be read could be read at the last look.",
);
const FILES = declareFamily('walguard_log_files', 'gauge', "Files of the server's log that are followed.");
const READ = declareFamily('walguard_log_read_bytes_total', 'counter', "Bytes of the server's log that were read.");
const SKIPPED = declareFamily(
  'walguard_log_skipped_bytes_total',
  'counter',
  'Bytes that were not counted: too far behind, of a message that is too long, or no message at all.',
);
const BEHIND = declareFamily(
  'walguard_log_behind_bytes',
  'gauge',
  "Bytes of the server's log that are there and were not read yet.",
);
const LAST = declareFamily(
  'pg_log_last_message_timestamp_seconds',
  'gauge',
  'The time of the newest message that was read, as the log has it.',
);
const READING_FAMILIES: readonly Family[] = [UP, FILES, READ, SKIPPED, BEHIND, LAST];

const SQL = `
SELECT name, setting FROM pg_settings
 WHERE name IN ('log_line_prefix', 'log_directory', 'log_filename', 'log_destination', 'logging_collector', 'data_directory')
UNION ALL SELECT 'database', datname FROM pg_database WHERE datallowconn`;

/**
 * What the server's log says, counted, also while the server is down; and what is asked of the server for it.
 *
 * @param ports undefined: nobody reads the log
 */
export function createLogCollectors(ports: LogPorts | undefined): readonly Collector[] {
  const enabledByDefault = ports !== undefined;
  const shown: DerivedStep = {
    kind: 'derived',
    emit(sink) {
      if (ports === undefined) return;
      emitReading(ports.reading(), sink);
      ports.emitCounts(sink);
    },
  };
  const settings: Collector = {
    name: 'log_settings',
    help: "Where the server's log is, its log_line_prefix, and which databases there are, for the collector logs.",
    enabledByDefault,
    families: [],
    choose: () => ({ kind: 'query', sql: SQL, timeoutMs: 1_000, seesPublic: false, open: () => readSettings(ports) }),
  };
  const logs: Collector = {
    name: 'logs',
    help: "The server's log, counted as it is written: errors, checkpoints, lock waits, refused logins, crashes. On where --logs.path says where it is.",
    enabledByDefault,
    families: [...READING_FAMILIES, ...COUNTED_FAMILIES],
    choose: () => shown,
    withoutServer: shown,
  };
  return [logs, settings];
}

function readSettings(ports: LogPorts | undefined): ResultHandler {
  const settings = new Map<string, string>();
  const databases: string[] = [];
  return {
    columns: () => undefined,
    row(row) {
      const [name, value] = cellsOf(row);
      if (typeof name !== 'string' || typeof value !== 'string') return;
      if (name === 'database') databases.push(value);
      else settings.set(name, value);
    },
    end: () => ports?.learn({ settings, databases }),
  };
}

function emitReading(reading: LogReading, sink: SampleSink): void {
  const labels = sink.labels([], []);
  sink.add(UP, labels, reading.isUp ? 1 : 0);
  sink.add(FILES, labels, reading.files);
  sink.add(READ, labels, reading.readBytes);
  sink.add(SKIPPED, labels, reading.skippedBytes);
  sink.add(BEHIND, labels, reading.behindBytes);
  if (reading.lastMessageSeconds !== undefined) sink.add(LAST, labels, reading.lastMessageSeconds);
}
