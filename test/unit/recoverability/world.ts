import {
  type ArchiveContents,
  type Backup,
  type BackupCatalogue,
  emptyArchive,
  type TimelineSwitch,
} from '../../../src/core/catalogue.ts';
import type { DrillReport } from '../../../src/core/drill-report.ts';
import type { Dump, DumpCatalogue } from '../../../src/core/dumps.ts';
import type { Heartbeat } from '../../../src/core/facts.ts';
import type {
  AssessedFinding,
  Assessment,
  RecoverabilityInput,
  RepositoryAssessment,
  RepositoryInput,
  RepositoryPolicy,
  ServerView,
  SourceState,
} from '../../../src/core/recoverability.ts';
import { assess } from '../../../src/recoverability/assess.ts';
import type { FindingName } from '../../../src/recoverability/finding-list.ts';
import { heartbeatOf } from '../support/heartbeats.ts';
import { NOTHING_WANTED } from '../../support/recoverability.ts';

export const MEGABYTE = 1_048_576;
const SEGMENT_BYTES = 16 * MEGABYTE;
export const CLUSTER = '7710864321451968091';

/** When everything is looked at; a segment n came into the archive at `T0 + n * 60` unless told otherwise. */
export const T0 = 1_700_000_000;
export const NOW = T0 + 100_000;

export function arrival(segment: number): number {
  return T0 + segment * 60;
}

/** A position in a segment. */
export function at(segment: number, offset = 0, segmentBytes = SEGMENT_BYTES): bigint {
  return BigInt(segment) * BigInt(segmentBytes) + BigInt(offset);
}

/** `1-3 7` is segments 1, 2, 3 and 7. */
function list(text: string): readonly number[] {
  return text.split(' ').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** @param held by timeline, the segments as `list` reads them */
export function archiveOf(
  held: Readonly<Record<number, string>>,
  given: Partial<Omit<ArchiveContents, 'histories'>> & {
    readonly histories?: Readonly<Record<number, readonly TimelineSwitch[]>>;
    readonly timeOf?: (segment: number) => number;
  } = {},
): ArchiveContents {
  const { histories, timeOf = arrival, ...rest } = given;
  return {
    ...emptyArchive(NOW),
    segmentBytes: SEGMENT_BYTES,
    systemIdentifier: CLUSTER,
    timelines: Object.entries(held).map(([timeline, text]) => {
      const segments = list(text);
      return {
        timeline: Number(timeline),
        segments: Float64Array.from(segments),
        times: Float64Array.from(segments, timeOf),
      };
    }),
    histories: new Map(Object.entries(histories ?? {}).map(([timeline, lines]) => [Number(timeline), lines])),
    ...rest,
  };
}

/** A full backup that began early in segment 2 and ended in segment 3, and needs the archive for that. */
export function backupOf(
  given: Partial<Omit<Backup, 'wal'>> & { readonly wal?: Partial<Backup['wal']> | null } = {},
): Backup {
  const { wal, ...rest } = given;
  const stop = wal?.stop ?? at(3, 200);
  return {
    label: 'a',
    type: 'full',
    startTimeSeconds: undefined,
    stopTimeSeconds: arrival(Number(stop / BigInt(SEGMENT_BYTES))),
    wal: wal === null ? undefined : { timeline: 1, start: at(2, 40), stop, included: false, ...wal },
    systemIdentifier: CLUSTER,
    majorVersion: 150_000,
    needs: [],
    hasErrors: false,
    sizeBytes: undefined,
    storedBytes: undefined,
    ...rest,
  };
}

function catalogueOf(...backups: readonly Backup[]): BackupCatalogue {
  return { backups, running: [], lastFailureSeconds: undefined, problems: [] };
}

/** A primary on timeline 1 that writes segment 11 and archives each segment a second after it was closed. */
export function serverOf(given: Partial<ServerView> = {}): ServerView {
  return {
    timeSeconds: NOW,
    clockSkewSeconds: 0,
    systemIdentifier: CLUSTER,
    timeline: 1,
    inRecovery: false,
    segmentBytes: SEGMENT_BYTES,
    lsn: at(11, 500_000),
    archivingExpected: true,
    archiverState: 'ok',
    archivedEnd: at(11),
    lastArchivedFile: '00000001000000000000000A',
    lastArchivedTimeSeconds: arrival(11) + 1,
    lastArchivedClosedSeconds: arrival(11),
    readySegments: 0,
    oldestReadyTimeSeconds: undefined,
    receivers: [],
    walUntilFullSeconds: undefined,
    walRetainedBytes: new Map(),
    ...given,
  };
}

export function sample(serverTimeSeconds: number, lsn: bigint, given: Partial<Heartbeat> = {}): Heartbeat {
  return heartbeatOf({ serverTimeSeconds, lsn, ...given });
}

interface Given extends Partial<Omit<RecoverabilityInput, 'repositories'>> {
  readonly archive?: ArchiveContents;
  readonly backups?: readonly Backup[];
  readonly dumps?: readonly Dump[];
  /** The newest first. */
  readonly drills?: readonly DrillReport[];
  readonly wanted?: Partial<RepositoryPolicy>;
  readonly repositories?: readonly RepositoryInput[];
}

/** One repository `main`, with its sources as they must be for what is given. */
export function inputOf(given: Given = {}): RecoverabilityInput {
  const { archive, backups, dumps, drills, wanted, ...rest } = given;
  const catalogue = backups === undefined ? undefined : catalogueOf(...backups);
  return {
    nowSeconds: NOW,
    server: undefined,
    heartbeats: [],
    policy: { rpoSeconds: undefined, rtoSeconds: undefined },
    repositories: [
      {
        name: 'main',
        policy: { ...NOTHING_WANTED, ...wanted },
        archive,
        catalogue,
        dumps: dumpsOf(dumps),
        drills: drills === undefined ? undefined : { reports: drills, older: 0, problems: [] },
      },
    ],
    sources: [
      ...(backups === undefined ? [] : [sourceOf({ source: 'backup' })]),
      ...(archive === undefined ? [] : [sourceOf({ source: 'archive' })]),
      ...(dumps === undefined ? [] : [sourceOf({ source: 'dump', method: 'pg_dump' })]),
      ...(drills === undefined ? [] : [sourceOf({ source: 'drill', method: 'drill' })]),
    ],
    ...rest,
  };
}

function dumpsOf(dumps: readonly Dump[] | undefined): DumpCatalogue | undefined {
  return dumps === undefined ? undefined : { dumps, running: 0, problems: [] };
}

/** A good dump of the database `app`, an hour old. */
export function dumpOf(given: Partial<Dump> = {}): Dump {
  return {
    file: 'app.dump',
    scope: 'database',
    datname: 'app',
    format: 'custom',
    packing: '',
    timeSeconds: NOW - 3_600,
    sizeBytes: 10 * MEGABYTE,
    valid: true,
    problem: undefined,
    ...given,
  };
}

export function sourceOf(given: Partial<SourceState>): SourceState {
  return {
    repository: 'main',
    source: 'backup',
    method: 'directory',
    up: true,
    lastSuccessSeconds: NOW,
    readDurationSeconds: 1,
    error: undefined,
    ...given,
  };
}

/** The assessment of the only repository. */
export function assessOne(given: Given): RepositoryAssessment {
  const [repository] = assess(inputOf(given)).repositories;
  if (repository === undefined) throw new Error('There is no repository.');
  return repository;
}

export function findingOf({ findings }: Assessment, name: FindingName): AssessedFinding {
  const found = findings.find(({ finding }) => finding === name);
  if (found === undefined) throw new Error(`There is no finding ${name}.`);
  return found;
}

/** Names of the findings that are present. */
export function presentIn({ findings }: Assessment): readonly string[] {
  return findings.filter(({ present }) => present === true).map(({ finding }) => finding);
}

/** `a: pitr to 1/10` for each backup. */
export function classes({ backups }: RepositoryAssessment): readonly string[] {
  return backups.map(({ backup, recoverability, reaches }) => {
    const to = reaches === undefined ? '' : ` to ${reaches.timeline}/${reaches.last}`;
    return `${backup.label}: ${recoverability}${to}`;
  });
}

/** `1/4-5` for each gap, with `accepted` behind those. */
export function gapTexts({ gaps }: RepositoryAssessment): readonly string[] {
  return gaps.map(
    ({ timeline, first, last, accepted }) => `${timeline}/${first}-${last}${accepted ? ' accepted' : ''}`,
  );
}
