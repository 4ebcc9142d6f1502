import { joinLabels } from '../core/backup-labels.ts';
import type {
  ArchiveContents,
  ArchiveSource,
  BackupCatalogue,
  BackupSource,
  KnownOfServer,
} from '../core/catalogue.ts';
import type { DrillHistory, DrillSource } from '../core/drill-history.ts';
import type { DumpCatalogue, DumpSource } from '../core/dumps.ts';
import type { Logger } from '../core/logger.ts';
import type { AcceptedGap, RepositoryInput, RepositoryPolicy, SourceState } from '../core/recoverability.ts';
import { segmentAt, segmentsPerLog } from '../core/segments.ts';
import { readWalName } from '../core/wal-names.ts';
import type { BelievedArchive } from './beliefs.ts';
import { SourceWatch } from './source-watch.ts';

/** A source and how long one reading of it may take. */
export interface TimedSource<T> {
  readonly source: T;
  readonly timeLimitMs: number;
}

/** One store to watch. */
export interface WatchedRepository {
  readonly name: string;
  readonly intervalMs: number;
  readonly policy: Omit<RepositoryPolicy, 'acceptedGaps'>;
  /** By the names of their first and last segments. */
  readonly acceptedGaps: readonly {
    readonly from: string;
    readonly to: string;
    readonly reason?: string | undefined;
  }[];
  readonly archive: TimedSource<ArchiveSource> | undefined;
  readonly backups: readonly TimedSource<BackupSource>[];
  readonly dumps?: readonly TimedSource<DumpSource>[];
  /** Undefined where nobody says where drills report. */
  readonly drills?: TimedSource<DrillSource> | undefined;
}

type Problematic = Pick<BackupCatalogue | DumpCatalogue | DrillHistory, 'problems'>;

interface CatalogueSource<T> {
  readonly method: string;
  readonly read: (signal: AbortSignal) => Promise<T>;
}

type Watch = Pick<SourceWatch<unknown>, 'state' | 'start' | 'readNow' | typeof Symbol.asyncDispose>;

export interface WatchContext {
  /** What the server told last. */
  readonly known: () => KnownOfServer;
  readonly onRead: () => void;
  readonly log: Logger;
}

/** What one backup source said last. */
export interface BackupReading {
  readonly method: string;
  /** Undefined until it was first read. */
  readonly catalogue: BackupCatalogue | undefined;
}

/** The sources of one repository, each read on its own schedule. */
export class RepositoryWatch implements AsyncDisposable {
  readonly name: string;
  readonly #repository: WatchedRepository;
  readonly #known: WatchContext['known'];
  readonly #log: Logger;
  readonly #archive: SourceWatch<ArchiveContents> | undefined;
  readonly #backups: readonly SourceWatch<BackupCatalogue>[];
  readonly #dumps: readonly SourceWatch<DumpCatalogue>[];
  readonly #drills: SourceWatch<DrillHistory> | undefined;
  #hasChecked = false;

  constructor(repository: WatchedRepository, { known, onRead, log }: WatchContext) {
    const { name, intervalMs, archive, backups, dumps = [], drills } = repository;
    this.name = name;
    this.#repository = repository;
    this.#known = known;
    this.#log = log;
    const shared = { intervalMs, onRead, log };
    if (archive !== undefined)
      this.#archive = new SourceWatch({
        ...shared,
        name: { repository: name, source: 'archive', method: archive.source.method },
        read: (signal) => archive.source.read({ ...known(), segmentBytesOfBackups: this.#told }, signal),
        timeLimitMs: archive.timeLimitMs,
        onRead: () => {
          this.#tellImpossible();
          onRead();
        },
      });
    const watch = <T extends Problematic>(
      kind: 'backup' | 'dump' | 'drill',
      { source, timeLimitMs }: TimedSource<CatalogueSource<T>>,
    ): SourceWatch<T> =>
      new SourceWatch({
        ...shared,
        name: { repository: name, source: kind, method: source.method },
        read: (signal) => source.read(signal),
        problemsOf: ({ problems }) => problems,
        timeLimitMs,
      });
    this.#backups = backups.map((each) => watch('backup', each));
    this.#dumps = dumps.map((each) => watch('dump', each));
    if (drills !== undefined) this.#drills = watch('drill', drills);
  }

  get sources(): readonly SourceState[] {
    return this.#watches.map(({ state }) => state);
  }

  get readings(): readonly BackupReading[] {
    return this.#backups.map(({ state: { method }, value }) => ({ method, catalogue: value }));
  }

  /** Of the input what costs nothing to have, for each scrape. */
  get archived(): BelievedArchive {
    return { archive: this.#archive?.value, policy: this.#repository.policy };
  }

  get input(): RepositoryInput {
    const { name, policy, acceptedGaps } = this.#repository;
    const archive = this.#archive?.value;
    const segmentBytes = this.#segmentBytes;
    return {
      name,
      policy: { ...policy, acceptedGaps: segmentBytes === undefined ? [] : toRanges(acceptedGaps, segmentBytes) },
      archive,
      catalogue: withLabels(joinCatalogues(this.readings), archive),
      dumps: joinDumps(this.#dumps.flatMap(({ value }) => value ?? [])),
      drills: this.#drills?.value,
    };
  }

  /** Says once which accepted gaps no segment can have; before the size of segments is known nobody can tell. */
  #tellImpossible(): void {
    const { name, acceptedGaps } = this.#repository;
    const segmentBytes = this.#segmentBytes;
    if (this.#hasChecked || segmentBytes === undefined) return;
    this.#hasChecked = true;
    const impossible = acceptedGaps.filter((gap) => toRanges([gap], segmentBytes).length === 0);
    if (impossible.length === 0) return;
    const names = impossible.map(({ from, to }) => `${from} to ${to}`);
    this.#log.warn(
      { repository: name, segmentBytes, gaps: names, hint: 'Correct accepted_gaps.' },
      'accepted gaps are of no segments of this size',
    );
  }

  get #segmentBytes(): number | undefined {
    return this.#known().segmentBytes ?? this.#archive?.value?.segmentBytes;
  }

  /** By the newest backup that tells it. */
  get #told(): number | undefined {
    const told = this.readings.flatMap(({ catalogue }) => catalogue?.backups ?? []);
    const newestFirst = told.toSorted((a, b) => b.stopTimeSeconds - a.stopTimeSeconds);
    return newestFirst.find(({ wal }) => wal?.segmentBytes !== undefined)?.wal?.segmentBytes;
  }

  get #watches(): readonly Watch[] {
    const single = [this.#archive, this.#drills].filter((watch) => watch !== undefined);
    return [...single, ...this.#backups, ...this.#dumps];
  }

  start(): void {
    for (const watch of this.#watches) watch.start();
  }

  /** Reads every source once, for a command that does not go on. */
  async readNow(): Promise<void> {
    // Backups tell the size of segments where the archive is packed in a way that cannot be looked into.
    await Promise.all(this.#watches.map(async (watch) => watch === this.#archive || (await watch.readNow())));
    await this.#archive?.readNow();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch[Symbol.asyncDispose]()));
  }
}

/** What all backup sources say together; undefined until one was read. */
export function joinCatalogues(readings: readonly BackupReading[]): BackupCatalogue | undefined {
  const known = readings.flatMap(({ method, catalogue }) => (catalogue === undefined ? [] : [{ method, catalogue }]));
  if (known.length === 0) return undefined;
  const catalogues = known.map(({ catalogue }) => catalogue);
  const failures = catalogues.flatMap(({ lastFailureSeconds }) => lastFailureSeconds ?? []);
  const running = catalogues.flatMap((catalogue) => (catalogue.running === undefined ? [] : [catalogue.running]));
  return {
    backups: known.flatMap(({ method, catalogue }) => catalogue.backups.map((backup) => ({ ...backup, method }))),
    running: running.length === 0 ? undefined : running.flat(),
    lastFailureSeconds: failures.length === 0 ? undefined : Math.max(...failures),
    problems: catalogues.flatMap(({ problems }) => problems),
  };
}

/** What all sources of dumps say together; undefined until one was read. */
function joinDumps(catalogues: readonly DumpCatalogue[]): DumpCatalogue | undefined {
  if (catalogues.length === 0) return undefined;
  return {
    dumps: catalogues.flatMap(({ dumps }) => dumps),
    running: catalogues.reduce((sum, { running }) => sum + running, 0),
    problems: catalogues.flatMap(({ problems }) => problems),
  };
}

function withLabels(
  catalogue: BackupCatalogue | undefined,
  archive: ArchiveContents | undefined,
): BackupCatalogue | undefined {
  if (catalogue === undefined || archive === undefined) return catalogue;
  return { ...catalogue, backups: joinLabels(catalogue.backups, archive.labels) };
}

/** A name that is impossible with segments of this size is of no segment that could be missing. */
function toRanges(gaps: WatchedRepository['acceptedGaps'], segmentBytes: number): readonly AcceptedGap[] {
  return gaps.flatMap(({ from, to, reason }) => {
    const [first, last] = [readWalName(from), readWalName(to)];
    if (first?.kind !== 'segment' || last?.kind !== 'segment') return [];
    if (Math.max(first.segmentInLog, last.segmentInLog) >= segmentsPerLog(segmentBytes)) return [];
    return [
      { timeline: first.timeline, first: segmentAt(first, segmentBytes), last: segmentAt(last, segmentBytes), reason },
    ];
  });
}
