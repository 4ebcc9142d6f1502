import type { SampleSink } from '../../core/collector.ts';
import type { Family } from '../../core/family.ts';
import type { LogRecord } from '../../core/log-record.ts';
import * as events from './event-kinds.ts';
import { eventOf } from './event.ts';
import * as families from './families.ts';
import { sqlstateClass } from './sqlstate-class.ts';

/** Upper bounds in seconds. */
const BOUNDS: ReadonlyMap<Family, readonly number[]> = new Map([
  [families.CHECKPOINT_DURATION, [0.1, 1, 5, 15, 30, 60, 120, 300, 600, 1_800]],
  [families.AUTOVACUUM, [0.1, 1, 10, 60, 300, 1_800, 7_200, 28_800]],
  [families.AUTOANALYZE, [0.1, 1, 10, 60, 300, 1_800]],
  [families.STATEMENTS, [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]],
]);

/** Between the values of several labels; no name of a database has it. */
const SEPARATOR = '\n';

/** What no application causes by what it asks: the first one is to be seen as an increase. */
const GRAVE = ['ERROR', 'FATAL', 'PANIC'].flatMap((severity) =>
  ['53', '58', 'XX'].map((each) => [severity, each].join(SEPARATOR)),
);

/** Closed sets of the families without datname, all of which start at 0. */
const CLOSED = new Map<Family, readonly string[]>([
  [families.MESSAGES, GRAVE],
  [families.CHECKPOINTS, events.CHECKPOINT_CAUSES],
  [families.CHECKPOINT_WARNINGS, ['']],
  [families.CHECKPOINT_PHASES, ['write', 'sync']],
  [families.CHECKPOINT_BUFFERS, ['']],
  [families.CHECKPOINT_DISTANCE, ['']],
  [families.WAL_FILES, ['added', 'removed', 'recycled']],
  [families.ARCHIVE_FAILURES_FAMILY, events.ARCHIVE_FAILURES],
  [families.RECOVERY, events.RECOVERY_EVENTS],
  [families.CRASHES, events.CRASH_CAUSES],
  [families.REPLICATION, events.REPLICATION_LOSSES],
]);

const PER_DATABASE: readonly Family[] = [
  families.TEMPORARY_FILES,
  families.TEMPORARY_BYTES,
  families.LOCK_WAITS,
  families.LOCK_WAIT_SECONDS,
  families.DEADLOCKS,
  families.CONNECTIONS,
  families.DISCONNECTIONS,
  families.SESSION_SECONDS,
];

interface Distribution {
  /** One for each bound, and one for what is above; not cumulative. */
  readonly counts: number[];
  sum: number;
}

/** Counts as they are kept over a restart: by the family's name and its label values. */
export interface SavedCounts {
  readonly counters: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly histograms: Readonly<
    Record<string, Readonly<Record<string, { readonly counts: readonly number[]; readonly sum: number }>>>
  >;
}

/** What the messages of one server's log come to. Each label has a closed set of values, so its memory is bounded. */
export class LogCounts {
  readonly #counters = new Map<Family, Map<string, number>>();
  readonly #distributions = new Map<Family, Map<string, Distribution>>();
  #databases: ReadonlySet<string> = new Set();

  constructor() {
    for (const family of families.COUNTED_FAMILIES) {
      if (family.type === 'histogram') this.#distributions.set(family, new Map());
      else this.#counters.set(family, new Map((CLOSED.get(family) ?? []).map((value) => [value, 0])));
    }
    this.#distribution(families.CHECKPOINT_DURATION, '');
    this.setDatabases([]);
  }

  /** Databases that exist; of all others, whatever a client calls them, the label is empty. */
  setDatabases(names: readonly string[]): void {
    this.#databases = new Set(names);
    for (const datname of ['', ...names]) {
      for (const family of PER_DATABASE) this.#add(family, datname, 0);
      for (const method of events.AUTHENTICATION_METHODS) {
        if (datname === '') this.#add(families.AUTHENTICATION, [datname, method].join(SEPARATOR), 0);
      }
    }
  }

  add(record: LogRecord): void {
    const { severity, sqlstate } = record;
    // What another program wrote into the log is no message of the server.
    if (severity === undefined && sqlstate === undefined) return;
    this.#add(families.MESSAGES, [severity ?? '', sqlstateClass(sqlstate)].join(SEPARATOR), 1);
    const event = eventOf(record);
    if (event !== undefined) this.#count(event, this.#known(record.datname));
  }

  #count(event: events.LogEvent, datname: string): void {
    switch (event.kind) {
      case 'checkpoint_started':
        return this.#add(families.CHECKPOINTS, event.cause, 1);
      case 'checkpoint_done':
        return this.#countCheckpoint(event.done);
      case 'checkpoint_warning':
        return this.#add(families.CHECKPOINT_WARNINGS, '', 1);
      case 'archive_failure':
        return this.#add(families.ARCHIVE_FAILURES_FAMILY, event.failure, 1);
      case 'recovery':
        return this.#add(families.RECOVERY, event.event, 1);
      case 'crash':
        return this.#add(families.CRASHES, event.cause, 1);
      case 'replication_loss':
        return this.#add(families.REPLICATION, event.loss, 1);
      case 'autovacuum':
        return this.#observe(families.AUTOVACUUM, this.#known(event.datname), event.seconds);
      case 'autoanalyze':
        return this.#observe(families.AUTOANALYZE, this.#known(event.datname), event.seconds);
      default:
        return this.#countOfSession(event, datname);
    }
  }

  #countOfSession(event: OfSession, datname: string): void {
    switch (event.kind) {
      case 'temporary_file':
        this.#add(families.TEMPORARY_FILES, datname, 1);
        return this.#add(families.TEMPORARY_BYTES, datname, event.bytes);
      case 'lock_wait':
        return this.#add(families.LOCK_WAITS, datname, 1);
      case 'lock_acquired':
        return this.#add(families.LOCK_WAIT_SECONDS, datname, event.seconds);
      case 'deadlock':
        return this.#add(families.DEADLOCKS, datname, 1);
      case 'statement':
        return this.#observe(families.STATEMENTS, datname, event.seconds);
      case 'connection':
        return this.#add(families.CONNECTIONS, this.#known(event.datname), 1);
      case 'disconnection':
        this.#add(families.DISCONNECTIONS, this.#known(event.datname), 1);
        return this.#add(families.SESSION_SECONDS, this.#known(event.datname), event.seconds);
      case 'authentication_failure':
        return this.#add(families.AUTHENTICATION, [datname, event.method].join(SEPARATOR), 1);
    }
  }

  #countCheckpoint(done: events.CheckpointDone): void {
    this.#observe(families.CHECKPOINT_DURATION, '', done.totalSeconds);
    this.#add(families.CHECKPOINT_PHASES, 'write', done.writeSeconds);
    this.#add(families.CHECKPOINT_PHASES, 'sync', done.syncSeconds);
    this.#add(families.CHECKPOINT_BUFFERS, '', done.buffers);
    this.#add(families.CHECKPOINT_DISTANCE, '', done.distanceBytes ?? 0);
    for (const action of ['added', 'removed', 'recycled'] as const) this.#add(families.WAL_FILES, action, done[action]);
  }

  #known(datname: string | undefined): string {
    return datname !== undefined && this.#databases.has(datname) ? datname : '';
  }

  #add(family: Family, labels: string, amount: number): void {
    const counters = this.#counters.get(family);
    counters?.set(labels, (counters.get(labels) ?? 0) + amount);
  }

  #observe(family: Family, labels: string, value: number | undefined): void {
    if (value === undefined) return;
    const distribution = this.#distribution(family, labels);
    const bounds = BOUNDS.get(family) ?? [];
    const place = bounds.findIndex((bound) => value <= bound);
    const at = place === -1 ? bounds.length : place;
    distribution.counts[at] = (distribution.counts[at] ?? 0) + 1;
    distribution.sum += value;
  }

  #distribution(family: Family, labels: string): Distribution {
    const known = this.#distributions.get(family);
    const found = known?.get(labels);
    if (found !== undefined) return found;
    const empty = { counts: Array.from({ length: (BOUNDS.get(family)?.length ?? 0) + 1 }, () => 0), sum: 0 };
    known?.set(labels, empty);
    return empty;
  }

  emit(sink: SampleSink): void {
    for (const [family, counters] of this.#counters) {
      for (const [labels, value] of counters) {
        if (this.#isThere(family, labels)) sink.add(family, labelsOf(sink, family, labels), rounded(value));
      }
    }
    for (const [family, distributions] of this.#distributions) {
      const bounds = BOUNDS.get(family) ?? [];
      for (const [labels, { counts, sum }] of distributions) {
        if (!this.#isThere(family, labels)) continue;
        let count = 0;
        const buckets = bounds.map((bound, index) => [bound, String((count += counts[index] ?? 0))] as const);
        const all = String(count + (counts[bounds.length] ?? 0));
        sink.histogram(family, labelsOf(sink, family, labels), { buckets, sum: rounded(sum), count: all });
      }
    }
  }

  /** A database that was dropped takes its series along. */
  #isThere({ labelNames }: Family, labels: string): boolean {
    if (labelNames[0] !== 'datname') return true;
    const [datname = ''] = labels.split(SEPARATOR);
    return datname === '' || this.#databases.has(datname);
  }

  save(): SavedCounts {
    return { counters: byName(this.#counters), histograms: byName(this.#distributions) };
  }

  /** Goes on from what was saved; what a newer version no longer counts is left out. */
  restore({ counters, histograms }: SavedCounts): void {
    for (const [family, values] of this.#counters) {
      for (const [labels, value] of Object.entries(counters[family.name] ?? {})) values.set(labels, value);
    }
    for (const [family, values] of this.#distributions) {
      const length = (BOUNDS.get(family)?.length ?? 0) + 1;
      for (const [labels, { counts, sum }] of Object.entries(histograms[family.name] ?? {})) {
        if (counts.length === length) values.set(labels, { counts: [...counts], sum });
      }
    }
  }
}

function byName<T>(
  all: ReadonlyMap<Family, ReadonlyMap<string, T>>,
): Readonly<Record<string, Readonly<Record<string, T>>>> {
  return Object.fromEntries([...all].map(([{ name }, values]) => [name, Object.fromEntries(values)]));
}

type OfSession = Extract<
  events.LogEvent,
  {
    readonly kind:
      | 'temporary_file'
      | 'lock_wait'
      | 'lock_acquired'
      | 'deadlock'
      | 'statement'
      | 'connection'
      | 'disconnection'
      | 'authentication_failure';
  }
>;

function labelsOf(sink: SampleSink, { labelNames }: Family, labels: string): ReturnType<SampleSink['labels']> {
  return sink.labels(labelNames, labelNames.length === 0 ? [] : labels.split(SEPARATOR));
}

/** Sums of milliseconds as the log has them, without what adding them as binary fractions left. */
function rounded(value: number): string {
  return String(Number(value.toFixed(6)));
}
