import { declareFamily, type Family, type FamilyType } from '../../core/family.ts';

const MOMENT = "Unix time by the server's clock";

export const EXPECTED = family(
  'expected',
  'gauge',
  '1 if this node should archive WAL now: archive_mode is always, or on and it is not in recovery.',
);
export const CONFIGURED = family('command_configured', 'gauge', '1 if archive_command or archive_library is set.');
export const PROCESS_UP = family('up', 'gauge', '1 if the archiver process runs; not known before PostgreSQL 14.');
export const ARCHIVED = family(
  'archived_total',
  'counter',
  'WAL files PostgreSQL believes it archived since the statistics were reset.',
);
export const FAILED = family(
  'failed_total',
  'counter',
  'Failed attempts to archive that PostgreSQL counts; it counts none for a command that hangs, is killed or exits above 125.',
);
export const LAST_ARCHIVED = family(
  'last_archived_timestamp_seconds',
  'gauge',
  `${MOMENT} at which a file was last archived.`,
);
export const LAST_FAILED = family(
  'last_failed_timestamp_seconds',
  'gauge',
  `${MOMENT} at which archiving last failed.`,
);
export const STATS_RESET = family(
  'stats_reset_timestamp_seconds',
  'gauge',
  `${MOMENT} at which the archiver's statistics were reset.`,
);
export const ARCHIVED_LSN = family(
  'archived_lsn_bytes',
  'gauge',
  'WAL position at the end of the last archived segment, as PostgreSQL says, in bytes.',
);
export const READY_SEGMENTS = family('ready_segments', 'gauge', 'Complete WAL segments that wait to be archived.');
export const OLDEST_READY = family(
  'oldest_ready_timestamp_seconds',
  'gauge',
  `${MOMENT} at which the oldest waiting file was closed; none when nothing waits.`,
);
export const LATENCY = family(
  'segment_latency_seconds',
  'gauge',
  'Seconds from closing the newest archived segment to its being archived.',
);
export const LAG_BYTES = family(
  'lag_bytes',
  'gauge',
  'WAL written (on a standby received) after the end of the last archived segment, in bytes.',
);
export const LAG_SEGMENTS = family('lag_segments', 'gauge', 'Complete WAL segments after the last archived one.');
export const STATE = family('state', 'gauge', '1 for the state the archiver is in, 0 for the others.', ['state']);

export const ARCHIVER_FAMILIES: readonly Family[] = [
  EXPECTED,
  CONFIGURED,
  PROCESS_UP,
  ARCHIVED,
  FAILED,
  LAST_ARCHIVED,
  LAST_FAILED,
  STATS_RESET,
  ARCHIVED_LSN,
  READY_SEGMENTS,
  OLDEST_READY,
  LATENCY,
  LAG_BYTES,
  LAG_SEGMENTS,
  STATE,
];

function family(name: string, type: FamilyType, help: string, labelNames?: readonly string[]): Family {
  return declareFamily(`pg_archiver_${name}`, type, help, labelNames);
}
