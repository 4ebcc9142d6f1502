import type { Collector, ResultHandler, SampleSink } from '../../core/collector.ts';
import type { TargetFacts } from '../../core/facts.ts';
import type { Family } from '../../core/family.ts';
import type { ServerSighting } from '../../core/server-watch.ts';
import * as families from './families.ts';
import { archivedEnd, archiveLag } from './lag.ts';
import { type ArchiverMemory, NO_MEMORY, remember } from './memory.ts';
import { type ArchiverReading, isArchivingExpected, toReading } from './reading.ts';
import { toSighting } from './sighting.ts';
import { archiverSql } from './sql.ts';
import { ARCHIVER_STATES, archiverState, type ArchiverState, whileLosing } from './state.ts';

const FIRST_VERSION_WITH_PROCESS = 140_000;

/** What joins the archiver with what is known of its archive, where one is read. */
export interface ArchivePorts {
  readonly saw: (sighting: ServerSighting) => void;
  /** Told of each state as the page of metrics has it. */
  readonly sawState?: (state: ArchiverState) => void;
  /** PostgreSQL believes, as it says now, that it archived what the archive does not hold; undefined if that is not known. */
  readonly isLosing: (sighting: ServerSighting) => boolean | undefined;
  /** Somebody wants to know what databases there are. */
  readonly wantsDatabases?: boolean;
}

/**
 * Is WAL being archived, and if not, why not: pg_stat_archiver, the backlog in archive_status, and the process.
 *
 * @param stalledAfterMs how long nothing may be archived while something waits
 */
export function createArchiverCollector(stalledAfterMs: number, ports?: ArchivePorts): Collector {
  const stalledAfterSeconds = stalledAfterMs / 1_000;
  let memory = NO_MEMORY;
  function takeUp(reading: ArchiverReading, sink: SampleSink): void {
    memory = remember(memory, reading, stalledAfterSeconds);
    const state = archiverState(reading, memory, stalledAfterSeconds);
    const sighting = toSighting(reading, memory, state);
    ports?.saw(sighting);
    const shown = ports?.isLosing(sighting) === true ? whileLosing(state) : state;
    ports?.sawState?.(shown);
    emit(reading, memory, shown, sink);
  }
  return {
    name: 'archiver',
    help: 'The WAL archiver: what it did, what waits, and its state.',
    enabledByDefault: true,
    families: families.ARCHIVER_FAMILIES,
    choose: (facts) => ({
      kind: 'query',
      sql: archiverSql({
        listsBacklog: facts.listsArchiveStatus,
        showsStreams: ports !== undefined,
        showsDatabases: ports?.wantsDatabases === true,
      }),
      timeoutMs: 1_000,
      seesPublic: false,
      open: (sink) => readArchiver(facts, (reading) => takeUp(reading, sink)),
    }),
  };
}

function readArchiver(facts: TargetFacts, use: (reading: ArchiverReading) => void): ResultHandler {
  const cells = new Map<string, string>();
  let names: readonly string[] = [];
  return {
    columns: (columns) => (names = columns.map(({ name }) => name)),
    row(row) {
      for (const [index, name] of names.entries()) {
        const cell = row.text(index);
        if (cell !== null) cells.set(name, cell);
      }
    },
    end: () =>
      use(
        toReading((name) => cells.get(name), {
          inRecovery: facts.inRecovery,
          showsProcess: facts.version >= FIRST_VERSION_WITH_PROCESS && facts.readsAllStats,
          showsBaseBackups: facts.readsAllStats,
          segmentBytes: facts.walSegmentBytes,
        }),
      ),
  };
}

function emit(reading: ArchiverReading, memory: ArchiverMemory, present: ArchiverState, sink: SampleSink): void {
  const add = createAdder(sink);
  const expected = isArchivingExpected(reading);
  add(families.EXPECTED, expected ? 1 : 0);
  add(families.CONFIGURED, reading.configured ? 1 : 0);
  add(families.ARCHIVED, reading.archivedCount);
  add(families.FAILED, reading.failedCount);
  add(families.LAST_ARCHIVED, reading.lastArchivedTime);
  add(families.LAST_FAILED, reading.lastFailedTime);
  add(families.STATS_RESET, reading.statsReset);
  add(families.ARCHIVED_LSN, archivedEnd(reading, memory.archived));
  if (expected) emitWhileExpected(reading, memory, add);
  for (const state of ARCHIVER_STATES) {
    sink.add(families.STATE, sink.labels(['state'], [state]), state === present ? 1 : 0);
  }
}

/** What a node that is not to archive has left over (a demoted primary keeps old .ready files) says nothing. */
function emitWhileExpected(reading: ArchiverReading, memory: ArchiverMemory, add: Adder): void {
  const lag = archiveLag(reading, memory.archived);
  add(families.PROCESS_UP, reading.processes === undefined ? undefined : Math.min(1, reading.processes));
  add(families.READY_SEGMENTS, reading.readySegments);
  add(families.OLDEST_READY, reading.oldestReadyTime);
  add(families.LATENCY, latency(memory));
  add(families.LAG_BYTES, lag?.bytes);
  add(families.LAG_SEGMENTS, lag?.segments);
}

type Adder = (family: Family, value: string | number | bigint | undefined) => void;

function createAdder(sink: SampleSink): Adder {
  const labels = sink.labels([], []);
  return (family, value) => {
    if (value !== undefined) sink.add(family, labels, value);
  };
}

/** The server lists times of files in whole seconds, so the difference can come out a little below zero. */
function latency({ newestSegment }: ArchiverMemory): number | undefined {
  if (newestSegment === undefined) return undefined;
  return Math.max(0, newestSegment.archivedTime - newestSegment.closedTime);
}
