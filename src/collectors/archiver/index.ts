import type { Collector, ResultHandler, SampleSink } from '../../core/collector.ts';
import type { TargetFacts } from '../../core/facts.ts';
import type { Family } from '../../core/family.ts';
import { parseWalFileName, type WalFileName } from '../../core/lsn.ts';
import * as families from './families.ts';
import { archiveLag } from './lag.ts';
import { type ArchiverReading, isArchivingExpected, toReading } from './reading.ts';
import { archiverSql } from './sql.ts';
import { ARCHIVER_STATES, archiverState, type ProcessSighting, recentSightings } from './state.ts';

const FIRST_VERSION_WITH_PROCESS = 140_000;

/** What is remembered of one target's archiver from scrape to scrape. */
interface ArchiverMemory {
  sightings: readonly ProcessSighting[];
  lastArchived: WalFileName | undefined;
}

/**
 * Is WAL being archived, and if not, why not: pg_stat_archiver, the backlog in archive_status, and the process.
 *
 * @param stalledAfterMs how long nothing may be archived while something waits
 */
export function createArchiverCollector(stalledAfterMs: number): Collector {
  const memory: ArchiverMemory = { sightings: [], lastArchived: undefined };
  return {
    name: 'archiver',
    help: 'The WAL archiver: what it did, what waits, and its state.',
    enabledByDefault: true,
    families: families.ARCHIVER_FAMILIES,
    choose: (facts) => ({
      kind: 'query',
      sql: archiverSql(facts.listsArchiveStatus),
      timeoutMs: 1_000,
      seesPublic: false,
      open: (sink) => readArchiver(facts, (reading) => emit(reading, memory, stalledAfterMs / 1_000, sink)),
    }),
  };
}

function readArchiver(facts: TargetFacts, use: (reading: ArchiverReading) => void): ResultHandler {
  const row = new Map<string, string>();
  let names: readonly string[] = [];
  return {
    columns: (columns) => (names = columns.map(({ name }) => name)),
    row(cells) {
      for (const [index, name] of names.entries()) {
        const cell = cells[index];
        if (typeof cell === 'string') row.set(name, cell);
      }
    },
    end: () =>
      use(
        toReading((name) => row.get(name), {
          inRecovery: facts.inRecovery,
          showsProcess: facts.version >= FIRST_VERSION_WITH_PROCESS && facts.readsAllStats,
          segmentBytes: facts.walSegmentBytes,
        }),
      ),
  };
}

function emit(reading: ArchiverReading, memory: ArchiverMemory, stalledAfterSeconds: number, sink: SampleSink): void {
  const add = createAdder(sink);
  const expected = isArchivingExpected(reading);
  remember(reading, memory);
  add(families.EXPECTED, expected ? 1 : 0);
  add(families.CONFIGURED, reading.configured ? 1 : 0);
  add(families.ARCHIVED, reading.archivedCount);
  add(families.FAILED, reading.failedCount);
  add(families.LAST_ARCHIVED, reading.lastArchivedTime);
  add(families.LAST_FAILED, reading.lastFailedTime);
  add(families.STATS_RESET, reading.statsReset);
  add(families.ARCHIVED_LSN, memory.lastArchived?.end);
  if (expected) emitWhileExpected(reading, memory, add);
  const present = archiverState(reading, memory.sightings, stalledAfterSeconds);
  for (const state of ARCHIVER_STATES) {
    sink.add(families.STATE, sink.labels(['state'], [state]), state === present ? 1 : 0);
  }
}

/** What a node that is not to archive has left over (a demoted primary keeps old .ready files) says nothing. */
function emitWhileExpected(reading: ArchiverReading, memory: ArchiverMemory, add: Adder): void {
  const lag = archiveLag(reading, memory.lastArchived);
  add(families.PROCESS_UP, reading.processes === undefined ? undefined : Math.min(1, reading.processes));
  add(families.READY_SEGMENTS, reading.readySegments);
  add(families.OLDEST_READY, reading.oldestReadyTime);
  add(families.LATENCY, latency(reading));
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

function remember(reading: ArchiverReading, memory: ArchiverMemory): void {
  const { serverTime, processes, lastArchivedFile, segmentBytes } = reading;
  // A standby has no archiver, which must not count against it once it is promoted.
  const counts = processes !== undefined && isArchivingExpected(reading);
  // After the server's clock went back, what was seen later than now says nothing.
  const before = memory.sightings.filter((sighting) => sighting.serverTime <= serverTime);
  memory.sightings = counts ? recentSightings([...before, { serverTime, seen: processes > 0 }]) : [];
  if (lastArchivedFile === undefined) memory.lastArchived = undefined;
  // A .history file carries no position: what was archived before it still holds.
  else if (!lastArchivedFile.endsWith('.history'))
    memory.lastArchived = parseWalFileName(lastArchivedFile, segmentBytes);
}

/** The server lists times of files in whole seconds, so the difference can come out a little below zero. */
function latency({ lastArchivedTime, lastArchivedClosed }: ArchiverReading): number | undefined {
  if (lastArchivedTime === undefined || lastArchivedClosed === undefined) return undefined;
  return Math.max(0, lastArchivedTime - lastArchivedClosed);
}
